package io.sluice.restore;

import java.util.Arrays;

/**
 * That a stream has a record of a path.
 *
 * @param key the path, so that what lies below a name follows it at once: slashes are NULs, and two
 *     NULs end it
 * @param age of the round, 0 for the youngest of the chain
 * @param deleted whether it is a tombstone
 * @param directory whether it is an entry of a directory
 * @param suspect whether it was read from a segment whose sum differs
 * @param shard the stream; with the two that follow, where the record stands
 * @param segment of the stream, from 0
 * @param ordinal of the record among those of the segment, from 0
 */
record Version(
        byte[] key,
        int age,
        boolean deleted,
        boolean directory,
        boolean suspect,
        int shard,
        int segment,
        long ordinal) {
    private static final int DIRECTORY = 1;
    private static final int SUSPECT = 2;

    static byte[] key(byte[] path) {
        byte[] key = Arrays.copyOf(path, path.length + 2);
        for (int i = 0; i < path.length; i++) {
            if (key[i] == '/') {
                key[i] = 0;
            }
        }
        return key;
    }

    byte[] path() {
        byte[] path = Arrays.copyOf(key, key.length - 2);
        for (int i = 0; i < path.length; i++) {
            if (path[i] == 0) {
                path[i] = '/';
            }
        }
        return path;
    }

    boolean isOf(byte[] otherKey) {
        return Arrays.equals(key, otherKey);
    }

    /** Whether another path lies below this one. The root has nothing below it here. */
    boolean isAbove(Version other) {
        int prefix = key.length - 1;
        return other.key.length > key.length
                && Arrays.equals(key, 0, prefix, other.key, 0, prefix)
                && other.key[prefix] != 0;
    }

    /**
     * Sorts by key; within a path, what counts comes first: the youngest round, and in it an entry
     * before a tombstone.
     */
    byte[] toBytes() {
        return new RecordWriter()
                .octets(key)
                .number(age)
                .octet(deleted ? 1 : 0)
                .number(shard)
                .number(segment)
                .number(ordinal)
                .octet((directory ? DIRECTORY : 0) | (suspect ? SUSPECT : 0))
                .toBytes();
    }

    static Version of(byte[] record) {
        int end = 0;
        while (record[end] != 0 || record[end + 1] != 0) {
            end++;
        }
        RecordReader reader = new RecordReader(record, end + 2);
        int age = reader.number();
        boolean deleted = reader.octet() != 0;
        int shard = reader.number();
        int segment = reader.number();
        long ordinal = reader.longNumber();
        int flags = reader.octet();
        return new Version(
                Arrays.copyOf(record, end + 2),
                age,
                deleted,
                (flags & DIRECTORY) != 0,
                (flags & SUSPECT) != 0,
                shard,
                segment,
                ordinal);
    }
}
