package io.sluice.ptcomm.writer;

/**
 * How much memory each shard of a subtask gets to read with. A few shards get the best sizes; many
 * share what these few would have, down to a least size each.
 *
 * @param slices buffers of {@code sliceBytes}, the number of slices in flight
 * @param sliceBytes of a slice's buffer; a file larger than half of it is read part by part
 * @param frameBytes largest data frame of such a file
 */
record BufferSizes(int slices, int sliceBytes, int frameBytes) {
    /** For the slices of all shards of a subtask together, as long as each gets its least. */
    private static final int SLICES_BYTES = 16 << 20;

    /** For the frames of all shards of a subtask together, as long as each gets its least. */
    private static final int FRAMES_BYTES = 8 << 20;

    private static final int PAGE_BYTES = 4096;
    private static final int MIN_SLICES = 2;
    private static final int MAX_SLICES = 16;
    private static final int MAX_SLICE_BYTES = 1 << 20;

    /** Enough for the heads of a slice's items with ordinary paths. */
    private static final int MIN_BYTES = 64 * 1024;

    /** The largest multiple of a page that one data frame carries. */
    static final int MAX_FRAME_BYTES = 999_424;

    /** The sizes for a subtask that serves so many shards, one or more. */
    static BufferSizes of(int shards) {
        int slices = Math.max(MIN_SLICES, MAX_SLICES / shards);
        return new BufferSizes(
                slices,
                bytes(SLICES_BYTES / slices / shards, MAX_SLICE_BYTES),
                bytes(FRAMES_BYTES / shards, MAX_FRAME_BYTES));
    }

    private static int bytes(int share, int most) {
        int pages = share / PAGE_BYTES * PAGE_BYTES;
        return Math.max(MIN_BYTES, Math.min(most, pages));
    }
}
