package io.sluice.ptcomm.writer;

import io.sluice.common.item.ItemBatch;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.round.Content;
import io.sluice.common.round.Receipt;
import io.sluice.common.thread.Joins;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The stream of one shard while its round runs.
 *
 * <ol>
 *   <li>The mailbox thread {@link #offer offers} items, which wait in the {@link ItemQueue}. Up to
 *       {@link Slice#MAX_ITEMS} of them go as one slice to the reading threads, as soon as a buffer
 *       is free.
 *   <li>A reading thread, any of the subtask's, prepares the slice.
 *   <li>This stream's writing thread takes the slices in order, hands their frames to the receiver,
 *       and reads itself what the slice had to leave to it.
 *   <li>What became of the slice goes to the {@link Listener}, which brings it into the mailbox;
 *       only there does {@link #settle} tell each outcome and free the buffer.
 * </ol>
 *
 * A checkpoint takes a {@link #point}, and settles what is in the stream up to there at once,
 * whether its mail has come or not.
 *
 * <p>Memory: the queue's, {@link QueueSizes}; the slices' buffers, and one of the writing thread as
 * soon as it has something to read: {@link BufferSizes}.
 */
final class ShardStream implements Closeable {
    /** What the writing thread tells. Called on that thread. */
    interface Listener {
        void written(ShardStream stream, Slice slice);

        void finished(ShardStream stream, Receipt receipt);

        void failed(ShardStream stream, Throwable problem);
    }

    /** Takes an outcome, each once and in the items' order. Called on the mailbox thread. */
    interface Ledger {
        void settle(Outcome outcome) throws IOException;
    }

    private final int shard;
    private final BufferSizes sizes;
    private final WriterOptions options;
    private final PointedReceiver receiver;
    private final ReaderPool readers;
    private final Listener listener;
    private final Ledger ledger;
    private final Thread thread;
    private final BlockingQueue<Slice> order = new LinkedBlockingQueue<>();

    /** The writing thread's; none until it has something to read. */
    private EntryStreamer streamer;

    /** Items whose outcomes the writing thread knows. */
    private long written;

    // The mailbox thread's.
    private final ItemQueue queue;
    private final Queue<NativeBuffer> freeBuffers = new ArrayDeque<>();
    private int buffers;
    private final Deque<Slice> inFlight = new ArrayDeque<>();
    private long settled;
    private boolean ending;

    ShardStream(
            int shard,
            BufferSizes sizes,
            ItemQueue queue,
            WriterOptions options,
            ShardReceiver receiver,
            ReaderPool readers,
            Listener listener,
            Ledger ledger) {
        this.shard = shard;
        this.sizes = sizes;
        this.queue = queue;
        this.options = options;
        this.receiver = new PointedReceiver(receiver);
        this.readers = readers;
        this.listener = listener;
        this.ledger = ledger;
        thread = new Thread(this::write, "sluice-shard-" + shard);
        thread.setDaemon(true);
        thread.start();
    }

    int shard() {
        return shard;
    }

    /**
     * Begins with what the queue already has. On the mailbox thread, like all that follows but
     * {@link #write}.
     */
    void begin() throws IOException {
        cutSlices();
    }

    /** Takes items. */
    void offer(ItemBatch batch) throws IOException {
        queue.add(batch);
        cutSlices();
    }

    /** Any thread, roughly: items that wait for their turn. */
    long waiting() {
        return queue.items();
    }

    /** Any thread, roughly: bytes of them that are not on the heap. */
    long overflowBytes() {
        return queue.overflowBytes();
    }

    /** Whether the caller must process its mail before it offers more. */
    boolean isFull() {
        return queue.isFull();
    }

    /**
     * No more items will come; when all are through, the stream ends and {@link Listener#finished}
     * tells.
     */
    void end() throws IOException {
        ending = true;
        cutSlices();
    }

    /** The mail about a written slice has come. */
    void settle(Slice slice) throws IOException {
        if (inFlight.remove() != slice) {
            throw new IllegalStateException("a slice was written out of order");
        }
        settle(slice, Long.MAX_VALUE);
        freeBuffers.add(slice.buffer);
        cutSlices();
    }

    private void settle(Slice slice, long end) throws IOException {
        while (slice.settled < slice.outcomes.size() && settled < end) {
            ledger.settle(slice.outcomes.get(slice.settled));
            queue.settled();
            slice.settled++;
            settled++;
        }
    }

    /**
     * A durable point of the stream; from then on all that it covers is settled, and nothing else.
     */
    PointedReceiver.Point point() throws IOException, InterruptedException {
        PointedReceiver.Point point = receiver.point();
        for (Slice slice : inFlight) {
            settle(slice, point.items());
        }
        if (settled != point.items()) {
            throw new IllegalStateException(
                    settled + " items are settled and " + point.items() + " are in the stream");
        }
        return point;
    }

    /** Makes sure that state holds what is not settled. */
    QueueMark saveQueue() throws IOException {
        return queue.save();
    }

    private void cutSlices() throws IOException {
        while (!queue.isEmpty() && inFlight.size() < sizes.slices()) {
            if (!inFlight.isEmpty() && queue.items() < Slice.MAX_ITEMS && !ending) {
                return;
            }
            Slice slice = new Slice(buffer());
            fill(slice);
            inFlight.add(slice);
            order.add(slice);
            readers.prepare(slice);
        }
        if (ending && queue.isEmpty() && inFlight.isEmpty()) {
            order.add(END);
        }
    }

    /**
     * Takes as many items as will probably fit into the slice's buffer, so that small files are not
     * left to the writing thread.
     */
    private void fill(Slice slice) throws IOException {
        long room = sizes.sliceBytes();
        while (!queue.isEmpty() && slice.outcomes.size() < Slice.MAX_ITEMS) {
            room -= estimate(queue.first(), slice.buffer);
            if (room < 0 && !slice.outcomes.isEmpty()) {
                return;
            }
            slice.outcomes.add(new Outcome(queue.remove()));
        }
    }

    private long estimate(Item item, NativeBuffer buffer) {
        boolean hasData = !item.isTombstone() && item.stat().type() == FileType.REGULAR;
        long data = hasData ? item.stat().size() : 0;
        boolean inSlice =
                options.content() == Content.FULL
                        && item.link() == null
                        && data <= SlicePreparer.smallBytes(buffer);
        return Slice.ITEM_BYTES
                + item.directory().length
                + item.name().length
                + (item.target() == null ? 0 : item.target().length)
                + (item.link() == null ? 0 : item.link().length)
                + (inSlice ? data : 0);
    }

    private NativeBuffer buffer() {
        NativeBuffer free = freeBuffers.poll();
        if (free != null) {
            return free;
        }
        buffers++;
        if (buffers > sizes.slices()) {
            throw new IllegalStateException("more buffers than slices in flight");
        }
        return new NativeBuffer(sizes.sliceBytes());
    }

    private static final Slice END = new Slice(null);

    /** The writing thread. */
    private void write() {
        try {
            LinkCarriers carriers = new LinkCarriers(sizes.slices() + 1);
            for (Slice next = order.take(); next != END; next = order.take()) {
                Slice slice = next;
                slice.await();
                receiver.whole(() -> write(slice, carriers));
                listener.written(this, slice);
            }
            receiver.whole(receiver::finish);
            listener.finished(this, receiver.receipt());
        } catch (InterruptedException e) {
            // close() asked for it; nobody waits for a word.
            Thread.currentThread().interrupt();
        } catch (Throwable problem) {
            listener.failed(this, problem);
        } finally {
            if (streamer != null) {
                streamer.close();
            }
        }
    }

    private EntryStreamer streamer() {
        if (streamer == null) {
            EntryReader reader = readers.readerOfStream(sizes.directories());
            streamer = new EntryStreamer(options, reader, sizes.frameBytes());
        }
        return streamer;
    }

    private void write(Slice slice, LinkCarriers carriers) throws IOException {
        ByteBuffer frames = slice.buffer.bytes();
        int from = 0;
        int end = 0;
        int count = 0;
        carriers.nextSlice();
        for (Outcome outcome : slice.outcomes) {
            if (outcome.state == Outcome.State.PREPARED) {
                end = outcome.end;
                count++;
                outcome.written();
            } else if (outcome.state == Outcome.State.DEFERRED) {
                flush(frames, from, end, count);
                from = end;
                count = 0;
                receiver.covers(written);
                streamer().send(outcome, carriers.carrier(outcome.item), receiver);
            }
            carriers.settled(outcome);
            written++;
        }
        flush(frames, from, end, count);
        receiver.covers(written);
    }

    private void flush(ByteBuffer frames, int from, int end, int count) throws IOException {
        if (count > 0) {
            frames.clear().position(from).limit(end);
            receiver.entries(frames, count);
        }
    }

    /**
     * Stops the writing thread and gives up what is not finished. Returns when the thread has
     * ended.
     */
    @Override
    public void close() throws IOException {
        thread.interrupt();
        Joins.uninterruptibly(List.of(thread));
        receiver.close();
    }
}
