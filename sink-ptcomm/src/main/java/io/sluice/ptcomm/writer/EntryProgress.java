package io.sluice.ptcomm.writer;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.KryoDataInput;
import com.esotericsoftware.kryo.io.KryoDataOutput;
import com.esotericsoftware.kryo.io.Output;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.Signature;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.StatCodec;
import io.sluice.common.item.Reason;
import io.sluice.common.round.OwedReason;
import io.sluice.ptcomm.codec.DataSum;
import java.io.IOException;

/**
 * How far an entry has got that is sent part by part, so that another attempt can finish it.
 * Written and read as bytes that only this class understands; integers are Kryo's variable-length
 * ones.
 */
final class EntryProgress {
    /** What comes next. */
    enum Stage {
        DATA,
        SUMS,
        BLOCKS
    }

    private static final Stage[] STAGES = Stage.values();
    private static final Outcome.Tape[] TAPES = Outcome.Tape.values();
    private static final OwedReason[] REASONS = OwedReason.values();

    /** The checksum over the data sent; what is added to it is this entry's from its first byte. */
    final DataSum sum = new DataSum();

    Stage stage;

    /** Of the file: the next byte that is due. */
    long position;

    /** Where the run of data ends that is being sent: the file's end, or the current extent's. */
    long runEnd;

    /** Of a file with holes: where the next run begins, the size if nowhere; 0 if not known. */
    long nextData;

    boolean sparse;

    /** Whether all data so far was read as it should be. */
    boolean whole;

    /** The next chunk's hash to be told. */
    int chunk;

    /** Attributes that were sent. */
    int blocks;

    private final KryoDataOutput data = new KryoDataOutput(null);

    /** Where the sum stood behind what was sent, while it is ahead of that; else null. */
    private SumMark mark;

    /** Hashes of chunks that the bridge knows of. */
    private int toldChunks;

    void begin(Stage first, boolean isSparse) {
        sum.reset();
        stage = first;
        position = 0;
        runEnd = 0;
        nextData = 0;
        sparse = isSparse;
        whole = true;
        chunk = 0;
        blocks = 0;
        toldChunks = 0;
        mark = null;
    }

    /** A part of the data is to be sent, which the sum has already, and perhaps more. */
    void part(ReadAhead.Part part, boolean isAhead) {
        position += part.length;
        mark = isAhead ? part.mark : null;
    }

    /** The sum is over what was sent, and no more. */
    void runEnds() {
        mark = null;
    }

    /** What must be known of the entry itself. */
    static void writeEntry(Outcome outcome, Output out) {
        byte[] path = outcome.item.path();
        out.writeVarInt(path.length, true);
        out.writeBytes(path);
        StatCodec.write(outcome.announced, out);
        out.writeByte(outcome.item.reason().ordinal());
        out.writeVarLong(outcome.lookedMs, true);
    }

    /** The entry that {@link #writeEntry} wrote, as an item of its own. */
    static Outcome readEntry(byte[] record) throws IOException {
        try (Input in = new Input(record)) {
            byte[] path = in.readBytes(in.readVarInt(true));
            Stat stat = StatCodec.read(in);
            Reason reason = Reason.of(in.readByte());
            Outcome outcome =
                    new Outcome(
                            new Item(
                                    DirectoryPath.parent(path),
                                    DirectoryPath.name(path),
                                    reason,
                                    EntryKind.PRESENT,
                                    Signature.of(stat),
                                    stat,
                                    null,
                                    null));
            outcome.lookedMs = in.readVarLong(true);
            outcome.announced = stat;
            return outcome;
        } catch (KryoException | IllegalArgumentException | NegativeArraySizeException e) {
            throw new IOException("no record of an open entry", e);
        }
    }

    /** The hashes of chunks that became whole since the last call; eight bytes each. */
    int writeNewChunks(Output out) {
        int from = toldChunks;
        int whole = mark == null ? sum.wholeChunks() : mark.wholeChunks();
        for (; toldChunks < whole; toldChunks++) {
            out.writeLong(sum.wholeChunkHash(toldChunks));
        }
        return (toldChunks - from) * Long.BYTES;
    }

    /** All but the hashes of whole chunks. */
    void write(Outcome outcome, Output out) throws IOException {
        out.writeByte(stage.ordinal());
        out.writeVarLong(position, true);
        out.writeVarLong(runEnd, true);
        out.writeVarLong(nextData, true);
        out.writeByte(
                (sparse ? 1 : 0)
                        | (whole ? 2 : 0)
                        | (outcome.torn ? 4 : 0)
                        | (outcome.lost ? 8 : 0)
                        | outcome.tape.ordinal() << 4);
        out.writeVarInt(chunk, true);
        out.writeVarInt(blocks, true);
        out.writeByte(outcome.owed == null ? 0 : outcome.owed.ordinal() + 1);
        out.writeVarInt(outcome.errno, true);
        out.writeString(outcome.operation);
        if (stage != Stage.BLOCKS && mark != null) {
            mark.write(out);
        } else if (stage != Stage.BLOCKS) {
            data.setOutput(out);
            sum.save(data);
        } else {
            out.writeVarLong(outcome.dataBytes, true);
        }
    }

    /**
     * Goes on from what was written.
     *
     * @param chunks all that {@link #writeNewChunks} wrote
     * @param outcome gets what had become of it
     */
    void resume(byte[] chunks, byte[] latest, Outcome outcome) throws IOException {
        try (Input in = new Input(latest)) {
            begin(STAGES[in.readByte()], false);
            position = in.readVarLong(true);
            runEnd = in.readVarLong(true);
            nextData = in.readVarLong(true);
            int flags = in.readByte();
            sparse = (flags & 1) != 0;
            whole = (flags & 2) != 0;
            outcome.torn = (flags & 4) != 0;
            outcome.lost = (flags & 8) != 0;
            outcome.tape = TAPES[flags >> 4];
            chunk = in.readVarInt(true);
            blocks = in.readVarInt(true);
            int reason = in.readByte();
            outcome.owed = reason == 0 ? null : REASONS[reason - 1];
            outcome.errno = in.readVarInt(true);
            outcome.operation = in.readString();
            long[] hashes = new long[chunks.length / Long.BYTES];
            Input told = new Input(chunks);
            for (int i = 0; i < hashes.length; i++) {
                hashes[i] = told.readLong();
            }
            if (stage != Stage.BLOCKS) {
                sum.resume(new KryoDataInput(in), hashes);
                toldChunks = hashes.length;
                outcome.dataBytes = sum.bytes();
            } else {
                outcome.dataBytes = in.readVarLong(true);
            }
        } catch (KryoException | IndexOutOfBoundsException e) {
            throw new IOException("no progress of an open entry", e);
        }
    }
}
