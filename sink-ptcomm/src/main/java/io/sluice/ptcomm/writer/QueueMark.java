package io.sluice.ptcomm.writer;

/**
 * What a checkpoint knows of a queue whose batches are all in keyed state.
 *
 * @param first number of the eldest batch
 * @param next number that the next one will get; equal to {@code first} when there is none
 * @param settled items of the eldest batch that are settled, and not to be taken again
 * @param items that are not settled
 * @param bytes of the batches, as {@link QueueSizes} counts them
 */
record QueueMark(long first, long next, int settled, long items, long bytes) {
    static final QueueMark EMPTY = new QueueMark(0, 0, 0, 0, 0);
}
