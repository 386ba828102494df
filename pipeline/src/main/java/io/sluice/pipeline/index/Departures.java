package io.sluice.pipeline.index;

import java.nio.ByteBuffer;

/**
 * What goes from a directory at the end of the round. Stands beside the directory's pages from the
 * first mark to the round's end, so that going through these marks visits the directories concerned
 * and no others.
 *
 * <p>Version 1, 26 bytes, big-endian: version (1), gone (8), replaced (8), whole (1), phase (8).
 *
 * @param gone stored children marked as {@link PageWriter#GONE}
 * @param replaced stored children marked as {@link PageWriter#REPLACED}
 * @param whole whether all children go, since the directory itself does
 * @param phase of the descent that found that out, see {@link EndCoordinator}; 0 when there was
 *     none
 */
record Departures(long gone, long replaced, Whole whole, long phase) {
    /** Whether the directory itself is gone, and why. */
    enum Whole {
        /** It is there. */
        NO,
        /** Its name, or one above, is gone. */
        GONE,
        /** Its name, or one above, is something else now: that has been stored already. */
        REPLACED
    }

    static final Departures NONE = new Departures(0, 0, Whole.NO, 0);

    private static final byte VERSION = 1;
    private static final int BYTES = 26;

    boolean isNone() {
        return gone == 0 && replaced == 0 && whole == Whole.NO;
    }

    Departures plus(long moreGone, long moreReplaced) {
        return new Departures(gone + moreGone, replaced + moreReplaced, whole, phase);
    }

    Departures whole(Whole why, long inPhase) {
        return new Departures(gone, replaced, why, inPhase);
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(BYTES)
                .put(VERSION)
                .putLong(gone)
                .putLong(replaced)
                .put((byte) whole.ordinal())
                .putLong(phase)
                .array();
    }

    /**
     * Reads a stored value.
     *
     * @throws IllegalArgumentException for one that no release wrote
     */
    static Departures of(byte[] bytes) {
        if (bytes.length != BYTES || bytes[0] != VERSION || bytes[17] < 0 || bytes[17] > 2) {
            throw new IllegalArgumentException(
                    "damaged marks of a directory in the index, or those of a newer release");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, 1, BYTES - 1);
        return new Departures(in.getLong(), in.getLong(), Whole.values()[in.get()], in.getLong());
    }
}
