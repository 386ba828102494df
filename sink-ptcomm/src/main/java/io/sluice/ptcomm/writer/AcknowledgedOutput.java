package io.sluice.ptcomm.writer;

import com.esotericsoftware.kryo.io.Output;
import io.sluice.common.round.Receipt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * The output to a bridge, which cannot give back what it was sent. A point covers what the bridge
 * has acknowledged: so nothing in a checkpoint depends on bytes that lie in a socket, and no
 * checkpoint waits for one. What lies beyond a point comes back as {@link Claim}s.
 */
final class AcknowledgedOutput implements ShardOutput, BridgeLink.Listener {
    /**
     * A unit's notes go in one frame: behind so many, and one entry's more, another unit begins.
     */
    private static final int NOTES_BYTES = 200_000;

    /** An entry with a longer path has a unit of its own. */
    private static final int LONG_PATH = 100_000;

    private static final ByteBuffer NO_FRAMES = ByteBuffer.allocate(0);

    /**
     * A moment of the writing thread's.
     *
     * @param items whose outcomes were known
     * @param number of the last entry sent
     * @param told called when that entry is acknowledged
     */
    private record Mark(long items, long number, Runnable told) {}

    private final BridgeLink link;
    private final Consumer<IOException> failed;

    // The writing thread's.
    private final Output notes = new Output(4096, -1);
    private ByteBuffer noted = ByteBuffer.wrap(notes.getBuffer());
    private long number;
    private boolean announced;
    private long items;

    // Guarded by this.
    private final Deque<Mark> marks = new ArrayDeque<>();
    private long acknowledged;
    private Mark covered;

    /** Until the entry found begun is among the claims, no point may count it. */
    private boolean finishesBegun;

    private IOException failure;
    private Receipt receipt;

    /**
     * @param failed told, once, on a thread of the link's, when the connection has failed
     */
    AcknowledgedOutput(BridgeLink link, Consumer<IOException> failed) {
        this.link = link;
        this.failed = failed;
        number = link.last();
        acknowledged = number;
        covered = new Mark(0, number, null);
        finishesBegun = link.begun() != null;
        announced = finishesBegun;
        link.listen(this);
    }

    @Override
    public BridgeLink.Begun begun() {
        return link.begun();
    }

    @Override
    public synchronized void begunIsClaimed() {
        finishesBegun = false;
    }

    @Override
    public void whole(Work work) throws IOException {
        try {
            work.run();
        } catch (IOException e) {
            throw reason(e);
        }
    }

    private synchronized IOException reason(IOException e) {
        return failure == null ? e : failure;
    }

    @Override
    public void covers(long known) {
        items = known;
        mark(null);
    }

    @Override
    public void whenCovered(Runnable told) {
        mark(told);
    }

    private void mark(Runnable told) {
        synchronized (this) {
            marks.add(new Mark(items, number, told));
        }
        tell();
    }

    @Override
    public void taken(long taken) {
        synchronized (this) {
            acknowledged = Math.max(acknowledged, taken);
        }
        tell();
    }

    /** Passes the marks that are acknowledged. The order of the calls back is that of the marks. */
    private void tell() {
        synchronized (this) {
            while (!marks.isEmpty() && marks.element().number <= acknowledged) {
                covered = marks.remove();
                if (covered.told != null) {
                    covered.told.run();
                }
            }
        }
    }

    @Override
    public void failed(IOException problem) {
        synchronized (this) {
            if (failure != null || receipt != null) {
                return;
            }
            failure = problem;
        }
        failed.accept(problem);
    }

    @Override
    public synchronized Point point() throws IOException {
        if (receipt != null && !finishesBegun) {
            return new Point(items, null, receipt);
        }
        if (failure != null) {
            throw new IOException(failure.getMessage(), failure);
        }
        long counted = finishesBegun ? link.last() : covered.number;
        return new Point(
                finishesBegun ? 0 : covered.items,
                new ReceiverPoint(counted, 0, List.of(), null),
                null);
    }

    @Override
    public void entries(ByteBuffer frames, List<Outcome> outcomes) throws IOException {
        int limit = frames.limit();
        int first = 0;
        notes.reset();
        for (int i = 0; i < outcomes.size(); i++) {
            Claim.of(outcomes.get(i)).write(notes);
            boolean last = i == outcomes.size() - 1;
            boolean full =
                    notes.position() > NOTES_BYTES
                            || (!last && outcomes.get(i + 1).item.path().length > LONG_PATH);
            if (last || full) {
                int count = i + 1 - first;
                frames.limit(last ? limit : outcomes.get(i).end);
                link.send(BridgeLink.Unit.WHOLE, number + 1, count, noted(), 0, frames);
                number += count;
                first = i + 1;
                notes.reset();
            }
        }
    }

    @Override
    public void beginEntry(Outcome outcome, long size) {
        announced = false;
    }

    @Override
    public void entryPart(ByteBuffer frames, Outcome outcome, EntryProgress progress)
            throws IOException {
        notes.reset();
        int added;
        if (!announced) {
            EntryProgress.writeEntry(outcome, notes);
            added = notes.position();
        } else {
            added = progress.writeNewChunks(notes);
        }
        progress.write(outcome, notes);
        BridgeLink.Unit unit = announced ? BridgeLink.Unit.PART : BridgeLink.Unit.OPEN;
        announced = true;
        link.send(unit, number + 1, 1, noted(), added, frames);
    }

    @Override
    public void endEntry(Outcome outcome) throws IOException {
        notes.reset();
        Claim.of(outcome).write(notes);
        number++;
        link.send(BridgeLink.Unit.CLOSE, number, 1, noted(), 0, NO_FRAMES.duplicate());
    }

    private ByteBuffer noted() {
        if (noted.array() != notes.getBuffer()) {
            noted = ByteBuffer.wrap(notes.getBuffer());
        }
        return noted.clear().limit(notes.position());
    }

    @Override
    public void finish() throws IOException, InterruptedException {
        Receipt accepted;
        try {
            accepted = link.finish();
        } catch (IOException e) {
            throw reason(e);
        }
        if (accepted.entries() != number) {
            throw new IOException(
                    "the bridge accepted "
                            + accepted.entries()
                            + " entries of "
                            + number
                            + ": the stream is not whole");
        }
        // What is accepted is taken.
        taken(number);
        synchronized (this) {
            receipt = accepted;
        }
    }

    @Override
    public Receipt receipt() {
        return receipt;
    }

    @Override
    public void completed(ReceiverPoint point) {
        if (point != null) {
            link.completed(point.entries());
        }
    }

    @Override
    public void cancel() {
        link.close();
    }

    @Override
    public void close() {
        link.close();
    }
}
