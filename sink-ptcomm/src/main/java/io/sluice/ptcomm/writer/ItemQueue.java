package io.sluice.ptcomm.writer;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.item.ItemBatch;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The items of one shard that wait for a slice, first in, first out, and those in slices whose
 * outcome is not settled yet. They stay packed, and whole batches at that.
 *
 * <ol>
 *   <li>A batch goes to the heap while there is room, without any access to state.
 *   <li>When there is none, it and all that follow go to keyed state, by their numbers.
 *   <li>As soon as half of the heap's part is free, batches come back from state, the eldest first,
 *       until it is full again or nothing lies in state alone.
 *   <li>A batch is forgotten, here and in state, when all its items are {@link #settled}.
 * </ol>
 *
 * A checkpoint {@link #save saves} in state what lies on the heap alone; then state has all that is
 * not settled, and {@link #ItemQueue(QueueSizes, State, Links, QueueMark) goes on} from it.
 *
 * <p>Which item of an inode carries its data is decided when the item becomes the first, so in the
 * order of their coming wherever they lay. Mailbox thread only. Memory: {@link QueueSizes}, one
 * item unpacked, and the batches of the items in slices, the first and last of which may have
 * others too.
 */
final class ItemQueue {
    /** Batches in keyed state. */
    interface State {
        void put(long number, ItemBatch batch) throws IOException;

        ItemBatch get(long number) throws IOException;

        void remove(long number) throws IOException;
    }

    /** Tells the names of an inode apart. */
    interface Links {
        /**
         * The earlier name that carries the data of an item with several names, {@link
         * Item#NOBODY}, or null when this item is the first.
         */
        byte[] earlier(Item item) throws IOException;
    }

    /** A batch on the heap. */
    private static final class Held {
        final long number;
        final ItemBatch batch;
        boolean inState;

        Held(long number, ItemBatch batch, boolean inState) {
            this.number = number;
            this.batch = batch;
            this.inState = inState;
        }
    }

    private final QueueSizes sizes;
    private final State state;
    private final Links links;

    /** All their items are in slices, or were; the eldest first. */
    private final Deque<Held> taken = new ArrayDeque<>();

    private final Deque<Held> heap = new ArrayDeque<>();
    private long takenBytes;
    private long heapBytes;

    /** Numbers of the eldest batch that lies in state alone, and of the next one to come. */
    private long eldest;

    private long next;
    private long overflowBytes;
    private long items;
    private long unsettled;

    /** Of the eldest batch here, of which there then is one. */
    private int settledOfFirst;

    /** Goes through the first batch of the heap; null before its first item. */
    private ItemBatch.Cursor cursor;

    /** Of the first batch of the heap, when the cursor is made. */
    private int passedOver;

    private Item first;

    ItemQueue(QueueSizes sizes, State state, Links links) {
        this.sizes = sizes;
        this.state = state;
        this.links = links;
    }

    /** Goes on from what state holds. */
    ItemQueue(QueueSizes sizes, State state, Links links, QueueMark mark) throws IOException {
        this(sizes, state, links);
        eldest = mark.first();
        next = mark.next();
        items = mark.items();
        overflowBytes = mark.bytes();
        settledOfFirst = mark.settled();
        passedOver = mark.settled();
        refill();
    }

    void add(ItemBatch batch) throws IOException {
        if (batch.count() == 0) {
            return;
        }
        items += batch.count();
        long bytes = QueueSizes.of(batch);
        long number = next++;
        if (eldest == number && heapBytes < sizes.heapBytes()) {
            eldest = next;
            heap.add(new Held(number, batch, false));
            heapBytes += bytes;
        } else {
            state.put(number, batch);
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

    /** Number of items that wait, wherever they lie. */
    long items() {
        return items;
    }

    /** Bytes of the waiting part on the heap. */
    long heapBytes() {
        return heapBytes;
    }

    /** Bytes of the part that lies in keyed state alone. */
    long overflowBytes() {
        return overflowBytes;
    }

    /** The first item, which stays; the queue is not empty. */
    Item first() throws IOException {
        if (first == null) {
            ItemBatch batch = heap.element().batch;
            if (cursor == null) {
                cursor = batch.cursor();
                for (; passedOver > 0; passedOver--) {
                    cursor.advance();
                }
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
        unsettled++;
        if (!cursor.hasNext()) {
            cursor = null;
            Held whole = heap.remove();
            taken.add(whole);
            takenBytes += QueueSizes.of(whole.batch);
            heapBytes -= QueueSizes.of(whole.batch);
            refill();
        }
        return removed;
    }

    private void refill() throws IOException {
        if (heapBytes > sizes.heapBytes() / 2) {
            return;
        }
        while (eldest < next && heapBytes < sizes.heapBytes()) {
            ItemBatch batch = state.get(eldest);
            heap.add(new Held(eldest++, batch, true));
            heapBytes += QueueSizes.of(batch);
            overflowBytes -= QueueSizes.of(batch);
        }
    }

    /** What became of the eldest item that was taken is known and counted. */
    void settled() throws IOException {
        if (unsettled == 0) {
            throw new IllegalStateException("more items settled than were taken");
        }
        unsettled--;
        settledOfFirst++;
        Held eldestTaken = taken.peek();
        if (eldestTaken != null && settledOfFirst == eldestTaken.batch.count()) {
            taken.remove();
            takenBytes -= QueueSizes.of(eldestTaken.batch);
            settledOfFirst = 0;
            if (eldestTaken.inState) {
                state.remove(eldestTaken.number);
            }
        }
    }

    /** Puts into state what is not settled and not there. */
    QueueMark save() throws IOException {
        save(taken);
        save(heap);
        long mark = eldest;
        if (!taken.isEmpty()) {
            mark = taken.element().number;
        } else if (!heap.isEmpty()) {
            mark = heap.element().number;
        }
        return new QueueMark(
                mark,
                next,
                settledOfFirst,
                items + unsettled,
                takenBytes + heapBytes + overflowBytes);
    }

    private void save(Deque<Held> batches) throws IOException {
        for (Held held : batches) {
            if (!held.inState) {
                state.put(held.number, held.batch);
                held.inState = true;
            }
        }
    }
}
