package io.sluice.ptcomm.writer;

/**
 * How much memory each shard of a subtask gets to read with. A few shards get the best sizes; many
 * share what these few would have, down to a least size each.
 *
 * <p>Bounds of a subtask with n shards and t reading threads, whatever the number, names and sizes
 * of its files. Not all is ever used: buffers of a shard come when it has so much to do.
 *
 * <ul>
 *   <li>Direct memory: {@code n × (slices × sliceBytes + frames × (frameBytes + 8 KiB) + 64 KiB) +
 *       (n + t) × 133 KiB}, the last for long lists and values of extended attributes and for names
 *       (6 KiB without such): with t = 8, 25 MiB for one shard, 37 MiB for 64, 1.5 GiB for 4096;
 *       with t = 32 and more, 32 MiB more for few shards. Where the paths of one entry have more
 *       than 64 KiB together, up to 2 MiB for each shard that meets such ones ({@link
 *       EntryStreamer}). What the receiver has comes on top.
 *   <li>Heap, beside the queue ({@link QueueSizes}): {@code n × slices × 64} items in flight, of
 *       600 bytes each, and their paths and targets, which count against {@code sliceBytes}: at
 *       most {@code n × slices × (sliceBytes + 46 KiB)}, in general a hundredth of it. As many
 *       names of {@link LinkCarriers}. For each shard 8 bytes for each 16 MiB of the one file that
 *       is being read in parts, up to three times while it is read again or the array grows: 1.5
 *       MiB for 1 TiB.
 *   <li>Descriptors: {@code t × (MAX_DIRECTORIES + 3) + n × (directories + 3)}, and the receiver's.
 *   <li>Threads: {@code n + t}.
 * </ul>
 *
 * @param slices buffers of {@code sliceBytes}, the number of slices in flight
 * @param sliceBytes of a slice's buffer; a file larger than half of it is read part by part
 * @param frameBytes largest data frame of such a file
 * @param frames so many of them at a time: one that is sent, and those read ahead
 * @param directories that the writing thread holds open
 */
record BufferSizes(int slices, int sliceBytes, int frameBytes, int frames, int directories) {
    /**
     * For the frames of all shards of a subtask together, as long as each gets its least. Two
     * stripes of the usual size for each of four devices: while those of one round are sent, which
     * come all at once since they are sent in order, each device has its next to read.
     */
    private static final int FRAMES_BYTES = 8 << 20;

    /** For the writing threads of all shards together, as long as each gets one. */
    private static final int DIRECTORIES = 64;

    /**
     * Items come directory by directory, so few open directories are enough; each thread has its
     * own.
     */
    static final int MAX_DIRECTORIES = 16;

    private static final int PAGE_BYTES = 4096;
    private static final int MIN_SLICES = 2;

    /** Of a subtask whose readers need no more. */
    private static final int SLICES = 16;

    private static final int MAX_SLICES = 96;

    /** Of the largest size, for few shards: more share the memory of these. */
    private static final int MAX_LARGE_SLICES = 48;

    /** Of many shards each has few readers anyway. */
    private static final int FEW_SHARDS = 8;

    private static final int MAX_SLICE_BYTES = 1 << 20;

    /** Enough for the heads of a slice's items with ordinary paths. */
    private static final int MIN_BYTES = 64 * 1024;

    /**
     * A few of them fit into a processor's second cache (a stream from memory to a bridge on one
     * machine is 5 to 10 % faster than with a frame of the largest size), and what is done once for
     * each is nothing beside the bytes.
     */
    static final int MAX_FRAME_BYTES = 256 * 1024;

    /**
     * The sizes for a subtask that serves so many shards, one or more. Each of so many reading
     * threads has a slice, and there is half as many again: they are sent in order, so some wait
     * for an elder one that takes longer.
     */
    static BufferSizes of(int shards, int readers) {
        int busy = Math.max(SLICES, Math.min(readers + readers / 2, MAX_SLICES));
        int slices = Math.max(MIN_SLICES, busy / shards);
        int large = shards <= FEW_SHARDS ? Math.min(busy, MAX_LARGE_SLICES) : SLICES;
        int bytes = large * MAX_SLICE_BYTES;
        return new BufferSizes(
                slices,
                bytes(bytes / slices / shards, MAX_SLICE_BYTES),
                bytes(FRAMES_BYTES / shards, MAX_FRAME_BYTES),
                Math.max(1, FRAMES_BYTES / shards / MAX_FRAME_BYTES),
                Math.max(1, Math.min(DIRECTORIES / shards, MAX_DIRECTORIES)));
    }

    private static int bytes(int share, int most) {
        int pages = share / PAGE_BYTES * PAGE_BYTES;
        return Math.max(MIN_BYTES, Math.min(most, pages));
    }
}
