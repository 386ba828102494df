package io.sluice.ptcomm.writer;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.KryoDataInput;
import com.esotericsoftware.kryo.io.KryoDataOutput;
import com.esotericsoftware.kryo.io.Output;
import io.sluice.ptcomm.codec.DataSum;
import java.io.IOException;

/**
 * Where a running checksum stood behind some part of the data, while the sum itself has gone on.
 * Reusable; not thread-safe.
 */
final class SumMark {
    private final Output saved = new Output(512, -1);
    private final KryoDataOutput data = new KryoDataOutput(saved);
    private int wholeChunks;

    /** Marks where the sum stands now. */
    void set(DataSum sum) throws IOException {
        saved.reset();
        sum.save(data);
        wholeChunks = sum.wholeChunks();
    }

    /** Chunks that were whole, of which the sum itself has the hashes. */
    int wholeChunks() {
        return wholeChunks;
    }

    /** Writes what {@link DataSum#save} did. */
    void write(Output out) {
        out.writeBytes(saved.getBuffer(), 0, saved.position());
    }

    /** Puts the sum back to where it stood. */
    void restore(DataSum sum) throws IOException {
        sum.back(new KryoDataInput(new Input(saved.getBuffer(), 0, saved.position())), wholeChunks);
    }
}
