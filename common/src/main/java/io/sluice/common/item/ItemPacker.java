package io.sluice.common.item;

import io.sluice.common.entry.EntryCursor;
import java.util.Arrays;

/** Collects the items of one directory for one shard. Reusable; not thread-safe. */
public final class ItemPacker {
    private byte[] bytes = new byte[512];
    private int length;
    private int count;

    /** Adds the entry that the cursor stands on. */
    public void add(Reason reason, EntryCursor entry) {
        int size = entry.end() - entry.start();
        if (length + 1 + size > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + 1 + size));
        }
        bytes[length++] = (byte) reason.ordinal();
        System.arraycopy(entry.buffer(), entry.start(), bytes, length, size);
        length += size;
        count++;
    }

    public int count() {
        return count;
    }

    /** Bytes so far. */
    public int length() {
        return length;
    }

    /** What was added, as one batch; empties this. */
    public ItemBatch take(byte[] directory, int shard) {
        ItemBatch batch = new ItemBatch(directory, shard, count, Arrays.copyOf(bytes, length));
        length = 0;
        count = 0;
        return batch;
    }
}
