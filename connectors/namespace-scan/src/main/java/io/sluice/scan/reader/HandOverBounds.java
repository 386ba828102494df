package io.sluice.scan.reader;

/**
 * How much may wait between walkers and mailbox. A part beyond the bound of bytes still passes
 * through an empty queue.
 *
 * @param parts number of listings: 1024 keep the mailbox busy for about a millisecond at a
 *     microsecond each, long enough to bridge a walker's wake-up; beyond that they are only memory
 * @param bytes of their content: 8 MiB hold about a hundred thousand entries of 80 bytes, or seven
 *     parts of the largest size ({@link DirectoryScan#PART_BYTES}), and are small beside the
 *     network buffers of a task
 */
record HandOverBounds(int parts, long bytes) {
    static final HandOverBounds DEFAULT = new HandOverBounds(1024, 8 << 20);
}
