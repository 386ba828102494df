package io.sluice.pipeline.index;

import io.sluice.common.shard.MetadataTargets;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.VoidNamespace;

/**
 * The keyed state of the index: the pages of each directory, which every round goes on with, and
 * beside them small states of the round that runs. Belongs to the task's thread.
 *
 * <table>
 * <caption>Names in the savepoint</caption>
 * <tr><td>{@code directories}, {@code pages}</td><td>{@link Pages}: what is known</td></tr>
 * <tr><td>{@code parts}, {@code readings}</td><td>{@link PartedListings}</td></tr>
 * <tr><td>{@code listed}</td><td>twice the last round that listed the directory; plus 1 if it
 *     could be read</td></tr>
 * <tr><td>{@code departures}</td><td>{@link Departures}</td></tr>
 * <tr><td>{@code due}</td><td>answers about single names, by name: 1 if forced plus 2 if going
 *     (1 byte), packed entry; under a slash the path, under two the metadata server (4 bytes) if
 *     it is known</td></tr>
 * </table>
 */
final class IndexState {
    private static final String DEPARTURES = "departures";
    private static final String DUE = "due";

    /** What holds something while a round runs, and nothing behind its end. */
    static final List<String> OF_A_ROUND =
            List.of(PartedListings.PARTS, PartedListings.READINGS, DEPARTURES, DUE);

    /** No name has a slash: here lies the directory's path. */
    private static final byte[] PATH = {'/'};

    private static final byte[] TARGET = {'/', '/'};

    private final Pages pages;
    private final PartedListings parted;
    private final ValueState<Long> listed;
    private final ValueState<byte[]> departures;
    private final MapState<byte[], byte[]> due;

    IndexState(KeyedStateStore state) {
        pages = new Pages(state);
        parted = new PartedListings(state);
        listed = state.getState(new ValueStateDescriptor<>("listed", LongSerializer.INSTANCE));
        departures =
                state.getState(
                        new ValueStateDescriptor<>(
                                DEPARTURES, BytePrimitiveArraySerializer.INSTANCE));
        due =
                state.getMapState(
                        new MapStateDescriptor<>(
                                DUE,
                                BytePrimitiveArraySerializer.INSTANCE,
                                BytePrimitiveArraySerializer.INSTANCE));
    }

    Pages pages() {
        return pages;
    }

    PartedListings parted() {
        return parted;
    }

    /** What this round knows of a directory as a whole. */
    enum Listed {
        /** There was no listing. */
        NO,
        /** It could not be read. */
        FAILED,
        /** There was a listing with its names, or a part of them. */
        YES
    }

    /** Whether this round has listed the directory of the current key. */
    Listed listed(long round) throws Exception {
        Long last = listed.value();
        if (last == null || last >> 1 != round) {
            return Listed.NO;
        }
        return (last & 1) == 0 ? Listed.FAILED : Listed.YES;
    }

    void markListed(long round, boolean failed) throws Exception {
        listed.update(round << 1 | (failed ? 0 : 1));
    }

    Departures departures() throws Exception {
        byte[] stored = departures.value();
        return stored == null ? Departures.NONE : Departures.of(stored);
    }

    void setDepartures(Departures now) throws Exception {
        if (now.isNone()) {
            departures.clear();
        } else {
            departures.update(now.toBytes());
        }
    }

    /**
     * An answer about a single name.
     *
     * @param going whether the name goes at the round's end, unless that is withheld
     */
    record Answer(boolean forced, boolean going, byte[] entry) {
        private static final int FORCED = 1;
        private static final int GOING = 2;

        static Answer of(byte[] stored) {
            return new Answer(
                    (stored[0] & FORCED) != 0,
                    (stored[0] & GOING) != 0,
                    Arrays.copyOfRange(stored, 1, stored.length));
        }

        byte[] toBytes() {
            byte[] stored = new byte[1 + entry.length];
            stored[0] = (byte) ((forced ? FORCED : 0) | (going ? GOING : 0));
            System.arraycopy(entry, 0, stored, 1, entry.length);
            return stored;
        }
    }

    /** The answer about a name of the directory of the current key, or null. */
    Answer due(byte[] name) throws Exception {
        byte[] stored = due.get(name);
        return stored == null ? null : Answer.of(stored);
    }

    void putDue(byte[] directory, byte[] name, Answer answer) throws Exception {
        due.put(PATH, directory);
        due.put(name, answer.toBytes());
    }

    void removeDue(byte[] name) throws Exception {
        due.remove(name);
    }

    void clearDue() {
        due.clear();
    }

    /** The directory of the current key, which has something due. */
    byte[] directoryOfDue() throws Exception {
        return due.get(PATH);
    }

    void putTargetOfDue(int target) throws Exception {
        due.put(TARGET, ByteBuffer.allocate(Integer.BYTES).putInt(target).array());
    }

    /** The metadata server of the directory of the current key, which has something due. */
    int targetOfDue() throws Exception {
        byte[] stored = due.get(TARGET);
        return stored == null ? MetadataTargets.UNKNOWN : ByteBuffer.wrap(stored).getInt();
    }

    private static boolean isName(byte[] key) {
        return !Arrays.equals(key, PATH) && !Arrays.equals(key, TARGET);
    }

    boolean hasDue() throws Exception {
        for (byte[] name : due.keys()) {
            if (isName(name)) {
                return true;
            }
        }
        return false;
    }

    /** Takes due answers by name. */
    interface AnswerConsumer {
        void accept(byte[] name, Answer answer) throws Exception;
    }

    void forEachDue(AnswerConsumer consumer) throws Exception {
        for (Map.Entry<byte[], byte[]> answer : due.entries()) {
            if (isName(answer.getKey())) {
                consumer.accept(answer.getKey(), Answer.of(answer.getValue()));
            }
        }
    }

    /** Forgets the directory of the current key. Its pages must be empty. */
    void forgetDirectory() throws Exception {
        pages.forget();
        listed.clear();
        departures.clear();
    }

    /** The directories with departures; to be closed. */
    static KeysOf withDepartures(KeyedStateBackend<DirectoryKey> backend) {
        return new KeysOf(backend, DEPARTURES);
    }

    /** The directories with answers that are due; to be closed. */
    static KeysOf withDue(KeyedStateBackend<DirectoryKey> backend) {
        return new KeysOf(backend, DUE);
    }

    /**
     * Goes through the keys that have an entry in a state. It reads a snapshot: what is added or
     * removed meanwhile does not disturb it and is not seen.
     */
    static final class KeysOf implements AutoCloseable {
        private final KeyedStateBackend<DirectoryKey> backend;
        private final Stream<DirectoryKey> stream;
        private final Iterator<DirectoryKey> keys;

        KeysOf(KeyedStateBackend<DirectoryKey> backend, String state) {
            this.backend = backend;
            stream = backend.getKeys(state, VoidNamespace.INSTANCE);
            keys = stream.iterator();
        }

        /** Makes the next key the current one; false behind the last. */
        boolean next() {
            if (!keys.hasNext()) {
                return false;
            }
            backend.setCurrentKey(keys.next());
            return true;
        }

        @Override
        public void close() {
            stream.close();
        }
    }
}
