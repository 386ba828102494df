package io.sluice.ptcomm.writer;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;

/**
 * The {@link Claim}s of one shard, in keyed state by path: however many, they take no heap. Mailbox
 * thread only.
 */
final class Claims {
    /** The key is the path, a character for each byte. */
    static final MapStateDescriptor<String, byte[]> DESCRIPTOR =
            new MapStateDescriptor<>(
                    "claims", StringSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE);

    /** Takes a claim that no item came for. */
    interface Unclaimed {
        void settle(Claim claim) throws IOException;
    }

    private final MapState<String, byte[]> claims;
    private final Runnable key;
    private final LinkState links;
    private final Output record = new Output(256, -1);
    private boolean any;

    /**
     * @param key makes the shard's key the current one
     */
    Claims(MapState<String, byte[]> claims, Runnable key, LinkState links) throws IOException {
        this.claims = claims;
        this.key = key;
        this.links = links;
        key.run();
        try {
            any = !claims.isEmpty();
        } catch (Exception e) {
            throw new IOException("reading claims", e);
        }
    }

    private Claims() {
        claims = null;
        key = null;
        links = null;
    }

    /** Of a stream that goes back to its points, and so never has claims. */
    static Claims none() {
        return new Claims();
    }

    private static String name(byte[] path) {
        return new String(path, StandardCharsets.ISO_8859_1);
    }

    /** Adds a claim. Later names of its file are linked to it if it carries the data. */
    void add(Claim claim) throws IOException {
        key.run();
        record.reset();
        claim.write(record);
        try {
            claims.put(name(claim.path()), record.toBytes());
        } catch (Exception e) {
            throw new IOException("storing a claim", e);
        }
        any = true;
        if (claim.carriesDataOfSeveralNames()) {
            links.claimed(claim.announced(), claim.path());
        }
    }

    /** Whether no item is to be looked for here. */
    boolean isEmpty() {
        return !any;
    }

    /** The claim to this path, which stays; null without one. */
    Claim find(byte[] path) throws IOException {
        if (!any) {
            return null;
        }
        key.run();
        byte[] found;
        try {
            found = claims.get(name(path));
        } catch (Exception e) {
            throw new IOException("reading a claim", e);
        }
        return found == null ? null : Claim.read(new Input(found));
    }

    /** The item of this path is settled by its claim. */
    void remove(byte[] path) throws IOException {
        key.run();
        try {
            claims.remove(name(path));
        } catch (Exception e) {
            throw new IOException("removing a claim", e);
        }
    }

    /** All items of the round have come: settles and forgets what is left. */
    void settleRest(Unclaimed rest) throws IOException {
        if (!any) {
            return;
        }
        key.run();
        try {
            for (Map.Entry<String, byte[]> left : claims.entries()) {
                rest.settle(Claim.read(new Input(left.getValue())));
            }
            key.run();
            claims.clear();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException("reading claims", e);
        }
        any = false;
    }

    /** The claims in a bridge's records of some entries, from number {@code from} on. */
    void addAll(long first, int count, byte[] records, long from) throws IOException {
        Input in = new Input(records);
        for (int i = 0; i < count; i++) {
            Claim claim = Claim.read(in);
            if (first + i >= from) {
                add(claim);
            }
        }
        if (in.position() != records.length) {
            throw new IOException(
                    "no records of " + count + " entries: " + Arrays.hashCode(records));
        }
    }
}
