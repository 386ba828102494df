package io.sluice.ptcomm.writer;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.item.ItemBatch;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The items of one shard that wait for a slice, first in, first out. They stay packed, and whole
 * batches at that, until they are taken.
 *
 * <ol>
 *   <li>A batch goes to the heap while there is room, without any access to state.
 *   <li>When there is none, it and all that follow go to keyed state, numbered.
 *   <li>As soon as half of the heap's part is free, batches come back from state, the eldest first,
 *       until it is full again or state is empty.
 * </ol>
 *
 * <p>Which item of an inode carries its data is decided when the item becomes the first, so in the
 * order of their coming wherever they lay. Mailbox thread only. Memory: {@link QueueSizes}, and one
 * item unpacked.
 */
final class ItemQueue {
    /** The part in keyed state. */
    interface Overflow {
        void put(long number, ItemBatch batch) throws IOException;

        /** Gives the batch and forgets it. */
        ItemBatch remove(long number) throws IOException;
    }

    /** Tells the names of an inode apart. */
    interface Links {
        /**
         * The earlier name that carries the data of an item with several names, {@link
         * Item#NOBODY}, or null when this item is the first.
         */
        byte[] earlier(Item item) throws IOException;
    }

    private final QueueSizes sizes;
    private final Overflow overflow;
    private final Links links;

    private final Queue<ItemBatch> heap = new ArrayDeque<>();
    private long heapBytes;

    /** Numbers of the eldest batch in state, and of the next one to go there. */
    private long eldest;

    private long next;
    private long overflowBytes;
    private long items;

    /** Goes through the first batch of the heap; null before its first item. */
    private ItemBatch.Cursor cursor;

    private Item first;

    ItemQueue(QueueSizes sizes, Overflow overflow, Links links) {
        this.sizes = sizes;
        this.overflow = overflow;
        this.links = links;
    }

    void add(ItemBatch batch) throws IOException {
        if (batch.count() == 0) {
            return;
        }
        items += batch.count();
        long bytes = QueueSizes.of(batch);
        if (eldest == next && heapBytes < sizes.heapBytes()) {
            heap.add(batch);
            heapBytes += bytes;
        } else {
            overflow.put(next++, batch);
            overflowBytes += bytes;
        }
    }

    /** Whether nothing may be added before something has been removed. */
    boolean isFull() {
        return overflowBytes >= sizes.overflowBytes();
    }

    boolean isEmpty() {
        return items == 0;
    }

    /** Number of items, wherever they lie. */
    long items() {
        return items;
    }

    /** Bytes of the part on the heap. */
    long heapBytes() {
        return heapBytes;
    }

    /** Bytes of the part in keyed state. */
    long overflowBytes() {
        return overflowBytes;
    }

    /** The first item, which stays; the queue is not empty. */
    Item first() throws IOException {
        if (first == null) {
            ItemBatch batch = heap.element();
            if (cursor == null) {
                cursor = batch.cursor();
            }
            cursor.advance();
            first = unpacked(batch, cursor);
        }
        return first;
    }

    private Item unpacked(ItemBatch batch, ItemBatch.Cursor at) throws IOException {
        EntryCursor entry = at.entry();
        if (at.reason().isGone()) {
            return Item.tombstone(batch.directory(), entry.name(), at.reason());
        }
        Item item =
                new Item(
                        batch.directory(),
                        entry.name(),
                        at.reason(),
                        entry.kind(),
                        entry.signature(),
                        entry.stat(),
                        entry.target(),
                        null);
        if (!item.hasSeveralNames()) {
            return item;
        }
        byte[] earlier = links.earlier(item);
        return earlier == null ? item : item.linkedTo(earlier);
    }

    /** Takes the first item. */
    Item remove() throws IOException {
        Item removed = first();
        first = null;
        items--;
        if (!cursor.hasNext()) {
            cursor = null;
            heapBytes -= QueueSizes.of(heap.remove());
            refill();
        }
        return removed;
    }

    private void refill() throws IOException {
        if (heapBytes > sizes.heapBytes() / 2) {
            return;
        }
        while (eldest < next && heapBytes < sizes.heapBytes()) {
            ItemBatch batch = overflow.remove(eldest++);
            heap.add(batch);
            heapBytes += QueueSizes.of(batch);
            overflowBytes -= QueueSizes.of(batch);
        }
    }
}
