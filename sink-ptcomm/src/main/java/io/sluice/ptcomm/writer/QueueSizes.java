package io.sluice.ptcomm.writer;

import io.sluice.common.item.ItemBatch;
import java.io.Serializable;

/**
 * How much of a queue lies where, in bytes as {@link #of(ItemBatch)} counts them.
 *
 * <p>Either part may be exceeded by the one batch that fills it. A batch of the index has at most
 * 64 KiB and one entry (4.5 KiB with the longest name and target), and its directory's path. So a
 * subtask with n shards has on the heap at most {@code SUBTASK.heapBytes + n × 70 KiB}, and in
 * keyed state, as live data, at most {@code SUBTASK.overflowBytes + n × 70 KiB}; what was removed
 * from state stays on the disk until RocksDB's next compaction.
 *
 * @param heapBytes of batches on the heap, 1 or more
 * @param overflowBytes of batches in keyed state, 1 or more; when it is full the operator blocks
 */
record QueueSizes(int heapBytes, long overflowBytes) implements Serializable {
    QueueSizes {
        if (heapBytes < 1 || overflowBytes < 1) {
            throw new IllegalArgumentException(
                    "a queue of " + heapBytes + " and " + overflowBytes + " bytes");
        }
    }

    /**
     * For all shards of a subtask together, who share it equally. An ordinary item counts 215 bytes
     * where each is a batch of its own, and 70 in full batches; on the heap it takes that within a
     * tenth. Heap: as much as slices have ({@link BufferSizes}), 78,000 items or more. State: five
     * million items or more, so at least an hour's read of one large file while 1,000 items a
     * second come in; little for a local disk; and with 4096 shards still 256 KiB each.
     */
    static final QueueSizes SUBTASK = new QueueSizes(16 << 20, 1L << 30);

    /**
     * Beyond it more heap saves no state access worth it: state costs some microseconds a batch.
     */
    private static final int MAX_HEAP_BYTES = 1 << 20;

    /**
     * What a batch takes beside its bytes: the record and two array headers, each rounded up, its
     * place in the queue; in state the key, the lengths, and what RocksDB keeps of each record. For
     * both the larger of the two.
     */
    private static final int BATCH_BYTES = 96;

    /** The share of one of so many shards, one or more. */
    QueueSizes share(int shards) {
        return new QueueSizes(
                Math.max(1, Math.min(heapBytes / shards, MAX_HEAP_BYTES)),
                Math.max(1, overflowBytes / shards));
    }

    static long of(ItemBatch batch) {
        return (long) BATCH_BYTES + batch.directory().length + batch.items().length;
    }
}
