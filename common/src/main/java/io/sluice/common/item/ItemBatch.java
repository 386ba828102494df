package io.sluice.common.item;

import io.sluice.common.entry.EntryCursor;
import java.util.NoSuchElementException;

/**
 * Items of one directory for one shard: what the index decided must reach the backup. They travel
 * together because they were decided together, share their directory's path, and are read through
 * the same open directory.
 *
 * @param directory path relative to the root
 * @param shard number of the shard
 * @param count number of items
 * @param items packed: for each the reason (1 byte), then the entry as in {@link
 *     io.sluice.common.entry.PackedEntries}
 */
public record ItemBatch(byte[] directory, int shard, int count, byte[] items) {

    public Cursor cursor() {
        return new Cursor(items);
    }

    /** Goes through the items of a batch. Not thread-safe. */
    public static final class Cursor {
        private final byte[] items;
        private final EntryCursor entry = new EntryCursor();
        private int next;
        private Reason reason;

        private Cursor(byte[] items) {
            this.items = items;
        }

        public boolean hasNext() {
            return next < items.length;
        }

        /** Moves to the next item; its entry is then {@link #entry}. */
        public void advance() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            reason = Reason.of(items[next]);
            entry.reset(items, next + 1, items.length).at(next + 1);
            next = entry.end();
        }

        public Reason reason() {
            return reason;
        }

        public EntryCursor entry() {
            return entry;
        }
    }
}
