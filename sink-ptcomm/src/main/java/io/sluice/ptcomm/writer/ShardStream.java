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
 *       only there does {@link #settled} free the buffer.
 * </ol>
 *
 * Memory: the queue's, {@link QueueSizes}; the slices' buffers, and one of the writing thread as
 * soon as it has something to read: {@link BufferSizes}.
 */
final class ShardStream implements Closeable {
    /** What the writing thread tells. Called on that thread. */
    interface Listener {
        void written(ShardStream stream, Slice slice);

        void finished(ShardStream stream, Receipt receipt);

        void failed(ShardStream stream, Throwable problem);
    }

    private final int shard;
    private final BufferSizes sizes;
    private final WriterOptions options;
    private final ShardReceiver receiver;
    private final ReaderPool readers;
    private final Listener listener;
    private final Thread thread;
    private final BlockingQueue<Slice> order = new LinkedBlockingQueue<>();

    /** The writing thread's; none until it has something to read. */
    private EntryStreamer streamer;

    // The mailbox thread's.
    private final ItemQueue queue;
    private final Queue<NativeBuffer> freeBuffers = new ArrayDeque<>();
    private int buffers;
    private int inFlight;
    private boolean ending;

    ShardStream(
            int shard,
            BufferSizes sizes,
            ItemQueue queue,
            WriterOptions options,
            ShardReceiver receiver,
            ReaderPool readers,
            Listener listener) {
        this.shard = shard;
        this.sizes = sizes;
        this.queue = queue;
        this.options = options;
        this.receiver = receiver;
        this.readers = readers;
        this.listener = listener;
        thread = new Thread(this::write, "sluice-shard-" + shard);
        thread.setDaemon(true);
        thread.start();
    }

    int shard() {
        return shard;
    }

    /** Takes items. On the mailbox thread, like all that follows but {@link #write}. */
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

    /** A written slice's outcomes have been processed. */
    void settled(Slice slice) throws IOException {
        freeBuffers.add(slice.buffer);
        inFlight--;
        cutSlices();
    }

    private void cutSlices() throws IOException {
        while (!queue.isEmpty() && inFlight < sizes.slices()) {
            if (inFlight > 0 && queue.items() < Slice.MAX_ITEMS && !ending) {
                return;
            }
            Slice slice = new Slice(buffer());
            fill(slice);
            inFlight++;
            order.add(slice);
            readers.prepare(slice);
        }
        if (ending && queue.isEmpty() && inFlight == 0) {
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
        long data = item.stat().type() == FileType.REGULAR ? item.stat().size() : 0;
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
            for (Slice slice = order.take(); slice != END; slice = order.take()) {
                slice.await();
                write(slice, carriers);
                listener.written(this, slice);
            }
            listener.finished(this, receiver.finish());
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
            EntryReader reader = new EntryReader(options, sizes.directories());
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
                outcome.state = Outcome.State.STORED;
            } else if (outcome.state == Outcome.State.DEFERRED) {
                flush(frames, from, end, count);
                from = end;
                count = 0;
                streamer().send(outcome, carriers.carrier(outcome.item), receiver);
            }
            carriers.settled(outcome);
        }
        flush(frames, from, end, count);
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
