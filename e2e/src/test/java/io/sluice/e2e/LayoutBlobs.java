package io.sluice.e2e;

/**
 * The bytes of {@code lustre.lov} that a program sets, in hexadecimal: structs lov_user_md_v1 and
 * lov_comp_md_v1 of Lustre's header lustre_user.h, little-endian.
 */
final class LayoutBlobs {
    private static final int COMPOSITE_BYTES = 32;
    private static final int COMPONENT_BYTES = 48;

    private LayoutBlobs() {}

    static String little(long value, int bytes) {
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < bytes; i++) {
            hex.append(String.format("%02x", (value >> (8 * i)) & 0xff));
        }
        return hex.toString();
    }

    /** A version 1 blob without objects. */
    static String plain(int pattern, int stripeBytes, int stripes) {
        return plain(pattern, stripeBytes, stripes, 0xffff);
    }

    /**
     * @param firstOst 0xffff: any
     */
    static String plain(int pattern, int stripeBytes, int stripes, int firstOst) {
        return "d00bd10b"
                + little(pattern, 4)
                + "00".repeat(16)
                + little(stripeBytes, 4)
                + little(stripes, 2)
                + little(firstOst, 2);
    }

    /**
     * @param end -1: the file's
     * @param blob the component's
     */
    record Component(long start, long end, String blob) {}

    /**
     * @param mirrored each component is a mirror of its own
     */
    static String composite(boolean mirrored, Component... components) {
        StringBuilder entries = new StringBuilder();
        StringBuilder blobs = new StringBuilder();
        int head = COMPOSITE_BYTES + COMPONENT_BYTES * components.length;
        for (int i = 0; i < components.length; i++) {
            Component one = components[i];
            entries.append(little(i + 1, 4))
                    .append(little(0, 4))
                    .append(little(one.start, 8))
                    .append(little(one.end, 8))
                    .append(little(head + blobs.length() / 2, 4))
                    .append(little(one.blob.length() / 2, 4))
                    .append("00".repeat(16));
            blobs.append(one.blob);
        }
        return "d00bd60b"
                + little(head + blobs.length() / 2, 4)
                + "00".repeat(6)
                + little(components.length, 2)
                + little(mirrored ? components.length - 1 : 0, 2)
                + "00".repeat(14)
                + entries
                + blobs;
    }
}
