package io.sluice.pipeline.index;

import java.util.Arrays;

/**
 * What the state holds under a directory's key, in one value: so an ordinary directory costs one
 * read and one write.
 *
 * <p>Version 1: version (1 byte), depth (1 byte), length of the path (4 bytes, big-endian), path,
 * and with depth 0 the only page. With depth d the children stand in 2^d pages beside it, each name
 * in the page that the highest d bits of xxh3_64(name) number.
 *
 * @param path of the directory; compared with the one asked for, since the key is a hash
 * @param page the only page, when depth is 0; else empty
 */
record StoredDirectory(byte[] path, int depth, byte[] page) {
    private static final int VERSION = 1;
    private static final int HEAD = 6;

    /** More pages than that would need a directory of more than 10⁹ names. */
    static final int MAX_DEPTH = 20;

    byte[] toBytes() {
        byte[] bytes = new byte[HEAD + path.length + page.length];
        bytes[0] = VERSION;
        bytes[1] = (byte) depth;
        for (int i = 0; i < 4; i++) {
            bytes[2 + i] = (byte) (path.length >>> (24 - 8 * i));
        }
        System.arraycopy(path, 0, bytes, HEAD, path.length);
        System.arraycopy(page, 0, bytes, HEAD + path.length, page.length);
        return bytes;
    }

    /**
     * Reads a stored value.
     *
     * @throws IllegalArgumentException for one that no release wrote
     */
    static StoredDirectory of(byte[] bytes) {
        if (bytes.length < HEAD || bytes[0] != VERSION || bytes[1] < 0 || bytes[1] > MAX_DEPTH) {
            throw new IllegalArgumentException(
                    "damaged directory in the index, or one of a newer release");
        }
        int length = 0;
        for (int i = 0; i < 4; i++) {
            length = (length << 8) | (bytes[2 + i] & 0xff);
        }
        if (length < 0 || length > bytes.length - HEAD) {
            throw new IllegalArgumentException(
                    "damaged directory in the index: a path of " + length + " bytes");
        }
        byte[] path = Arrays.copyOfRange(bytes, HEAD, HEAD + length);
        return new StoredDirectory(
                path, bytes[1], Arrays.copyOfRange(bytes, HEAD + length, bytes.length));
    }
}
