package io.sluice.pipeline.index;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.round.Owed;
import io.sluice.common.round.OwedReason;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.shard.MetadataTargets;
import io.sluice.common.shard.Sharding;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * What the index sends: items, packed by directory and shard, and events for the collector. Belongs
 * to the task's thread.
 */
final class Outbox {
    /**
     * A batch is sent when it is that large, so that one record stays far below Flink's buffers'
     * total.
     */
    private static final int BATCH_BYTES = 64 * 1024;

    private final Output<StreamRecord<ItemBatch>> output;
    private final Sharding sharding;
    private final IndexCounts counts;
    private final ItemPacker[] packers;
    private final PackedEntries tombstone = new PackedEntries(512);
    private final EntryCursor cursor = new EntryCursor();

    Outbox(Output<StreamRecord<ItemBatch>> output, IndexOptions options, IndexCounts counts) {
        this.output = output;
        this.counts = counts;
        sharding = options.sharding();
        packers = new ItemPacker[options.shards()];
    }

    /**
     * Sends the entry to its shard, with the next {@link #flush} at the latest.
     *
     * @param target the metadata server of its directory
     */
    void item(byte[] directory, int target, Reason reason, EntryCursor entry) {
        int shard = sharding.shardOf(entry, target);
        if (packers[shard] == null) {
            packers[shard] = new ItemPacker();
        }
        packers[shard].add(reason, entry);
        if (packers[shard].length() >= BATCH_BYTES) {
            flush(directory, shard);
        }
    }

    /** Sends a tombstone to the shard of the inode that the name had. */
    void tombstone(byte[] directory, PageReader child) {
        tombstone.clear();
        tombstone.gone(child.nameBuffer(), child.nameLength(), child.inode());
        cursor.reset(tombstone.toBytes()).next();
        item(
                directory,
                MetadataTargets.UNKNOWN,
                child.isDirectory() ? Reason.GONE_DIRECTORY : Reason.GONE,
                cursor);
    }

    /** Sends what is packed. All of it must be of this directory. */
    void flush(byte[] directory) {
        for (int shard = 0; shard < packers.length; shard++) {
            flush(directory, shard);
        }
    }

    private void flush(byte[] directory, int shard) {
        ItemPacker packer = packers[shard];
        if (packer != null && packer.count() > 0) {
            counts.add(IndexCount.ITEMS, packer.count());
            output.collect(new StreamRecord<>(packer.take(directory, shard)));
        }
    }

    void owed(byte[] directory, byte[] name, OwedReason reason) {
        owed(DirectoryPath.child(directory, name), reason);
    }

    void owed(byte[] path, OwedReason reason) {
        counts.owed(reason.text());
        event(new Owed(path, reason, -1));
    }

    void event(RoundEvent event) {
        output.collect(DirectoryIndexOperator.EVENTS, new StreamRecord<>(event));
    }
}
