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
import java.util.ArrayList;
import java.util.Arrays;
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

        /** The entry that an earlier attempt began is in the stream. */
        void begunFinished(ShardStream stream, Claim claim);

        void finished(ShardStream stream, Receipt receipt);

        void failed(ShardStream stream, Throwable problem);
    }

    /** Takes an outcome, each once and in the items' order. Called on the mailbox thread. */
    interface Ledger {
        void settle(Outcome outcome) throws IOException;

        /** Takes what the stream has and no item came for. */
        void settleUnclaimed(Claim claim) throws IOException;
    }

    private final int shard;
    private final BufferSizes sizes;
    private final WriterOptions options;
    private final ShardOutput receiver;
    private final ReaderPool readers;
    private final Listener listener;
    private final Ledger ledger;
    private final Thread thread;
    private final BlockingQueue<Slice> order = new LinkedBlockingQueue<>();

    /** The writing thread's; none until it has something to read. */
    private EntryStreamer streamer;

    /** Items whose outcomes the writing thread knows. */
    private long written;

    /** What became of the entry that an earlier attempt began, or null. The writing thread's. */
    private Claim begunClaim;

    // The mailbox thread's.
    private final Claims claims;

    /** Path of the entry that an earlier attempt began, until its claim is in state; else null. */
    private byte[] begunPath;

    /** Whether that entry has other names, which must not be taken for its first. */
    private boolean begunHasNames;

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
            Claims claims,
            WriterOptions options,
            ShardOutput receiver,
            ReaderPool readers,
            Listener listener,
            Ledger ledger)
            throws IOException {
        this.shard = shard;
        this.sizes = sizes;
        this.queue = queue;
        this.claims = claims;
        this.options = options;
        this.receiver = receiver;
        this.readers = readers;
        this.listener = listener;
        this.ledger = ledger;
        BridgeLink.Begun begun = receiver.begun();
        if (begun != null) {
            Outcome entry = EntryProgress.readEntry(begun.entry());
            begunPath = entry.item.path();
            begunHasNames = Item.hasSeveralNames(entry.announced);
        }
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

    /** The mail about the entry that an earlier attempt began has come. */
    void begunFinished(Claim claim) throws IOException {
        claims.add(claim);
        receiver.begunIsClaimed();
        begunPath = null;
        cutSlices();
    }

    private void settle(Slice slice, long end) throws IOException {
        while (slice.settled < slice.outcomes.size() && settled < end) {
            Outcome outcome = slice.outcomes.get(slice.settled);
            ledger.settle(outcome);
            if (outcome.claim != null) {
                claims.remove(outcome.claim.path());
            }
            queue.settled();
            slice.settled++;
            settled++;
        }
    }

    /**
     * A durable point of the stream; from then on all that it covers is settled, and nothing else.
     */
    ShardOutput.Point point() throws IOException, InterruptedException {
        ShardOutput.Point point = receiver.point();
        for (Slice slice : inFlight) {
            settle(slice, point.items());
        }
        if (settled != point.items()) {
            throw new IllegalStateException(
                    settled + " items are settled and " + point.items() + " are in the stream");
        }
        return point;
    }

    /** A checkpoint with that point is complete. */
    void completed(ReceiverPoint point) {
        receiver.completed(point);
    }

    /** Makes sure that state holds what is not settled. */
    QueueMark saveQueue() throws IOException {
        return queue.save();
    }

    private void cutSlices() throws IOException {
        if (begunPath != null && begunHasNames) {
            // Only when its claim is in state does another name learn that it is a link to it.
            return;
        }
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
        if (ending && queue.isEmpty() && inFlight.isEmpty() && begunPath == null) {
            claims.settleRest(ledger::settleUnclaimed);
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
            Outcome outcome = new Outcome(queue.remove());
            claim(outcome);
            slice.outcomes.add(outcome);
        }
    }

    private void claim(Outcome outcome) throws IOException {
        if (begunPath == null && claims.isEmpty()) {
            return;
        }
        byte[] path = outcome.item.path();
        if (begunPath != null && Arrays.equals(begunPath, path)) {
            outcome.state = Outcome.State.CLAIMED;
            return;
        }
        outcome.claim = claims.find(path);
        if (outcome.claim != null) {
            outcome.state = Outcome.State.CLAIMED;
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

    /** That takes hours perhaps, in which no point could be taken were it within the slice. */
    private void awaitRecalls(Slice slice) {
        for (Outcome outcome : slice.outcomes) {
            if (outcome.recall != null) {
                readers.recalls().await(outcome.recall);
            }
        }
    }

    /** The writing thread. */
    private void write() {
        try {
            LinkCarriers carriers = new LinkCarriers(sizes.slices() + 1);
            if (receiver.begun() != null) {
                receiver.whole(this::finishBegun);
                receiver.covers(0);
                receiver.whenCovered(() -> listener.begunFinished(this, begunClaim));
            }
            for (Slice next = order.take(); next != END; next = order.take()) {
                Slice slice = next;
                slice.await();
                awaitRecalls(slice);
                receiver.whole(() -> write(slice, carriers));
                receiver.whenCovered(() -> listener.written(this, slice));
            }
            receiver.finish();
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

    private void finishBegun() throws IOException {
        begunClaim = Claim.of(streamer().finish(receiver.begun(), receiver));
    }

    private EntryStreamer streamer() {
        if (streamer == null) {
            EntryReader reader = readers.readerOfStream(sizes.directories());
            streamer = new EntryStreamer(options, reader, readers, sizes);
        }
        return streamer;
    }

    private void write(Slice slice, LinkCarriers carriers) throws IOException {
        ByteBuffer frames = slice.buffer.bytes();
        int from = 0;
        int end = 0;
        List<Outcome> prepared = new ArrayList<>(slice.outcomes.size());
        carriers.nextSlice();
        for (Outcome outcome : slice.outcomes) {
            if (outcome.state == Outcome.State.PREPARED) {
                end = outcome.end;
                prepared.add(outcome);
                outcome.written();
            } else if (outcome.state == Outcome.State.DEFERRED) {
                flush(frames, from, end, prepared);
                from = end;
                prepared.clear();
                receiver.covers(written);
                streamer().send(outcome, carriers.carrier(outcome.item), receiver);
            } else if (outcome.state == Outcome.State.CLAIMED) {
                outcome.claim = outcome.claim == null ? begunClaim : outcome.claim;
                outcome.claim.settle(outcome);
            }
            carriers.settled(outcome);
            written++;
        }
        flush(frames, from, end, prepared);
        receiver.covers(written);
    }

    private void flush(ByteBuffer frames, int from, int end, List<Outcome> prepared)
            throws IOException {
        if (!prepared.isEmpty()) {
            frames.clear().position(from).limit(end);
            receiver.entries(frames, prepared);
        }
    }

    /**
     * Stops the writing thread and gives up what is not finished. Returns when the thread has
     * ended.
     */
    @Override
    public void close() throws IOException {
        thread.interrupt();
        receiver.cancel();
        Joins.uninterruptibly(List.of(thread));
        receiver.close();
    }
}
