package io.sluice.ptcomm.writer;

import io.sluice.common.filesystem.StripeMap;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.ScatterList;
import io.sluice.common.throttle.Turn;
import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Reads a run of the open file's data in parts of a frame each, and gives them out in order. Where
 * there are several buffers the reading threads read ahead, several parts at a time: so a single
 * large file is not bound to what one thread gets from the filesystem, nor waits for the stream;
 * and they add it to the run's checksum ({@link RunSum}). No more parts are under way than the
 * latency of reading asks for, and the buffer that was used last is used first: where the data
 * comes from memory, it stays in the processor's caches. Where it is known on which devices the
 * data lies, each has one read at a time ({@link Lanes}), of several parts where they lie together.
 * Belongs to one thread, beside what {@link Part} says.
 */
final class ReadAhead {
    /** While a part is sent, the next is added to the checksum, and one is read. */
    private static final int LEAST_AHEAD = 3;

    /**
     * Parts of one stripe that one call reads: a MiB, the usual stripe, and with the largest parts
     * the least that a server of Lustre is asked for at a time. Between two reads a device waits.
     */
    private static final int TOGETHER = 4;

    /** Reads that so many devices have at a time, and as many that wait, leave a buffer each. */
    private static final int READS = 8;

    /** Reading keeps up with a stream of a byte a nanosecond, 1 GB/s. */
    private static final int STREAM_BYTES_PER_NS = 1;

    private final EntryReader reader;
    private final ReaderPool readers;
    private final int partBytes;
    private final int buffers;

    /** Of parts of one device that are read by one call, at most. */
    private final int together;

    /** That nobody uses; the one that was used last comes first. */
    private final ArrayDeque<Part> free;

    /** That are to be read, in order. */
    private final ArrayDeque<Part> waiting;

    /** What was given out last. */
    private Part given;

    // Of the run.
    private StripeMap stripes;
    private Lanes lanes;
    private DataSum sum;
    private RunSum running;

    /** Where the sum stands behind what was given out; while there is reading ahead. */
    private SumMark mark;

    private final SumMark first = new SumMark();
    private long next;
    private long end;
    private long asked;
    private boolean ahead;
    private int most;

    /**
     * @param reader which has the file open
     * @param readers for reading ahead; null for none of it
     * @param partBytes of a part, the last of a run may have fewer
     * @param buffers how many parts may be there at a time
     */
    ReadAhead(EntryReader reader, ReaderPool readers, int partBytes, int buffers) {
        this.reader = reader;
        this.readers = readers;
        this.partBytes = partBytes;
        this.buffers = buffers;
        together = Math.max(1, Math.min(TOGETHER, buffers / READS));
        free = new ArrayDeque<>(buffers);
        waiting = new ArrayDeque<>(buffers);
        most = buffers;
    }

    /**
     * Begins a run; it must be ended before the file is closed.
     *
     * @param map where the data lies; parts then end where their device ends, and each device has
     *     one read at a time. Null where that is not known
     * @param into gets the data of each part before it is given out, and perhaps of more: it is not
     *     to be used until the run has ended, nor after it was broken off
     */
    void begin(long offset, long length, StripeMap map, DataSum into) throws IOException {
        takeBack();
        sum = into;
        stripes = map;
        lanes = map == null ? null : new Lanes(readers);
        if (map != null) {
            most = buffers;
        }
        next = offset;
        asked = offset;
        end = offset + length;
        ahead = readers != null && buffers > 1 && length > partBytes;
        if (ahead) {
            running = new RunSum(into);
            first.set(into);
            mark = first;
        }
        ask();
    }

    /** A part of zeros that nothing is read for, added to the sum. */
    Part zeros(int length, DataSum into) {
        takeBack();
        Part part = give(part(0, length));
        part.addHere(into);
        return part;
    }

    private void takeBack() {
        if (given != null) {
            free.push(given);
            given = null;
        }
    }

    private Part give(Part part) {
        given = part;
        return part;
    }

    private Part part(long offset, int length) {
        Part part = free.poll();
        if (part == null) {
            part = new Part(reader, partBytes);
        }
        part.want(offset, length);
        return part;
    }

    /** Has parts read, as many as are of use; none is given out. */
    private void ask() {
        while (ahead && asked < end && waiting.size() < most) {
            if (stripes == null) {
                readers.read(ask((int) Math.min(partBytes, end - asked)));
            } else if (!askDevice()) {
                return;
            }
        }
    }

    /** Asks a device for its next parts; whether there is room for them. */
    private boolean askDevice() {
        StripeMap.Stripe stripe = stripes.at(asked);
        long there = Math.max(1, Math.min(stripe.end(), end) - asked);
        int parts = (int) Math.min(together, (there + partBytes - 1) / partBytes);
        if (waiting.size() + parts > most) {
            return false;
        }
        Part first = null;
        Part last = null;
        for (int i = 0; i < parts; i++) {
            Part part = ask((int) Math.min(partBytes, there));
            there -= part.length;
            part.waitFor(lanes, stripe.device());
            if (first == null) {
                first = part;
            } else {
                last.behind = part;
            }
            last = part;
        }
        lanes.add(first);
        return true;
    }

    private Part ask(int length) {
        Part part = part(asked, length);
        asked += length;
        waiting.add(part);
        part.addedBy(running);
        running.expect(part);
        return part;
    }

    /**
     * The next part; that before it is not to be used any more.
     *
     * @param wanted false where it would be of no use: nothing is read then
     * @throws IllegalStateException if the thread is interrupted, which stays so
     */
    Part next(boolean wanted) throws IOException {
        takeBack();
        if (!wanted && ahead) {
            cancel();
            mark.restore(sum);
        }
        Part part;
        if (ahead) {
            ask();
            // If that fails the part still waits, and whoever reads it is waited for.
            waiting.element().await();
            part = give(waiting.remove());
            mark = part.mark;
            long latency = part.readNanos * STREAM_BYTES_PER_NS / partBytes;
            // A part that the filesystem had read ahead itself says little of the next one's.
            if (stripes == null) {
                most = (int) Math.min(buffers, Math.max(LEAST_AHEAD + latency, most - 1));
            }
        } else {
            part = give(part(next, (int) Math.min(partBytes, end - next)));
            if (wanted) {
                part.readHere();
            }
            part.addHere(sum);
        }
        next += part.length;
        return part;
    }

    /** Whether the sum may have more than what was given out. */
    boolean isAhead() {
        return ahead;
    }

    /** Ends the run, wherever it is: no thread reads from the file any more. */
    void end() {
        cancel();
        end = next;
    }

    private void cancel() {
        if (ahead) {
            ahead = false;
            running.stop();
        }
        if (lanes != null) {
            lanes.clear();
        }
        while (!waiting.isEmpty()) {
            Part part = waiting.remove();
            part.cancel();
            free.push(part);
        }
    }

    /**
     * A part of a run: what a data frame will be, with room for its header before. Reading threads
     * have it after {@link ReaderPool#read}, until {@link #await} or {@link #cancel} has returned.
     */
    static final class Part implements ReaderPool.Work {
        private enum State {
            /** The owner's. */
            OWNED,
            /** In a lane, or behind a part that is read with it. */
            QUEUED,
            /** For the first reading thread that comes to it. */
            ASKED,
            READING,
            /** To be added to the checksum, in its turn. */
            READ
        }

        private static final int PAGE_BYTES = 4096;

        /** For the header, and for data that begins with a page. */
        private static final int SLACK_BYTES = 2 * PAGE_BYTES;

        private final EntryReader reader;
        private final NativeBuffer buffer;

        /**
         * Some filesystems copy page by page, and ask their servers for so many pages at a time.
         */
        private final int dataAt;

        private final ByteBuffer frame;
        private State state = State.OWNED;
        private Throwable problem;
        private Lanes lanes;
        private int device;
        private RunSum running;

        /** What the same call reads, from the same device; or null. */
        private Part behind;

        private ScatterList places;

        /** Where the run's checksum stood behind this part. */
        final SumMark mark = new SumMark();

        /** How many bytes it is to have. */
        int length;

        /** How many of them there are: fewer behind the file's end, and behind a bad spot. */
        int got;

        /** Why there are fewer; 0 at the file's end. */
        int errno;

        private long offset;

        /** How long a reading thread took. */
        private long readNanos;

        private Part(EntryReader reader, int bytes) {
            this.reader = reader;
            buffer = new NativeBuffer(SLACK_BYTES + bytes);
            long headerEnd = buffer.address() + Frame.HEADER_BYTES;
            dataAt = Frame.HEADER_BYTES + (int) (-headerEnd & (PAGE_BYTES - 1));
            frame =
                    buffer.bytes()
                            .slice(dataAt - Frame.HEADER_BYTES, Frame.HEADER_BYTES + bytes)
                            .order(buffer.bytes().order());
        }

        /** The frame's room; its data is behind the header's place. */
        ByteBuffer frame() {
            return frame;
        }

        private void want(long from, int bytes) {
            lanes = null;
            behind = null;
            offset = from;
            length = bytes;
            got = 0;
            errno = 0;
        }

        private void addedBy(RunSum its) {
            running = its;
        }

        private synchronized void waitFor(Lanes those, int its) {
            lanes = those;
            device = its;
            problem = null;
            state = State.QUEUED;
        }

        int device() {
            return device;
        }

        private void readHere() {
            while (got < length) {
                if (!got(reader.read(buffer, at(), length - got, offset + got))) {
                    return;
                }
            }
        }

        private void readAhead(Turn turn) {
            long begun = System.nanoTime();
            if (behind != null) {
                readTogether(turn);
            }
            for (Part part = this; part != null; part = part.behind) {
                part.readRest(turn);
            }
            readNanos = System.nanoTime() - begun;
        }

        /** As much of this and those behind it as one call gives; nothing if it fails. */
        private void readTogether(Turn turn) {
            if (places == null) {
                places = new ScatterList(TOGETHER);
            }
            places.clear();
            for (Part part = this; part != null; part = part.behind) {
                places.add(part.buffer, part.at(), part.length);
            }
            if (turn.readBytes(places.bytes()) < places.bytes()) {
                return;
            }
            stay(turn);
            int answer = reader.readAnywhere(places, offset);
            for (Part part = this; part != null && answer > 0; part = part.behind) {
                part.got = Math.min(answer, part.length);
                answer -= part.got;
            }
        }

        private void readRest(Turn turn) {
            while (got < length) {
                stay(turn);
                int wanted = turn.readBytes(length - got);
                if (!got(reader.readAnywhere(buffer, at(), wanted, offset + got))) {
                    return;
                }
            }
        }

        private int at() {
            return dataAt + got;
        }

        /** Whether there may be more. */
        private boolean got(int answer) {
            if (answer <= 0) {
                errno = -answer;
                return false;
            }
            got += answer;
            return true;
        }

        void asked() {
            synchronized (this) {
                problem = null;
                state = State.ASKED;
            }
        }

        /** On a reading thread, if nobody else has come or given it up. */
        @Override
        public void run(ReaderPool.Worker worker) throws InterruptedException {
            Part next = readAndAdd(worker);
            while (next != null) {
                worker.turn.pause();
                next = next.readAndAdd(worker);
            }
        }

        /**
         * @return what the same thread is to read next, for a device does nothing meanwhile; or
         *     null
         */
        private Part readAndAdd(ReaderPool.Worker worker) throws InterruptedException {
            // Before the part is taken: whoever gives it up then need not wait for the throttle.
            worker.turn.next();
            try {
                if (!take()) {
                    return null;
                }
                Throwable met = null;
                try {
                    readAhead(worker.turn);
                } catch (Throwable e) {
                    met = e;
                }
                // Once it is read its owner may take it back, and use it anew.
                RunSum its = running;
                Lanes left = lanes;
                int freed = device;
                // The first at last: whoever gives them up waits for it.
                for (Part part = behind; part != null; part = part.behind) {
                    part.done(State.READ, met);
                }
                done(State.READ, met);
                Part next = left == null ? null : left.free(freed, worker);
                worker.turn.end();
                if (next == null) {
                    its.add();
                } else {
                    worker.leave(its);
                }
                return next;
            } finally {
                worker.turn.end();
            }
        }

        synchronized boolean isRead() {
            return state == State.READ;
        }

        /** In its turn, when it is read; the owner's afterwards. */
        void addTo(DataSum sum) {
            Throwable met = problem();
            if (met == null) {
                try {
                    addHere(sum);
                    mark.set(sum);
                } catch (Throwable e) {
                    met = e;
                }
            }
            done(State.OWNED, met);
        }

        /** What could not be read of it is zeros. */
        private void addHere(DataSum sum) {
            frame.clear().position(Frame.HEADER_BYTES).limit(Frame.HEADER_BYTES + length);
            for (int i = Frame.HEADER_BYTES + got; i < frame.limit(); i++) {
                frame.put(i, (byte) 0);
            }
            sum.update(frame);
        }

        private synchronized Throwable problem() {
            return problem;
        }

        /** Between two reads, in case the cap has become lower meanwhile. */
        private static void stay(Turn turn) {
            try {
                turn.next();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(
                        "interrupted while the throttle held the reading", e);
            }
        }

        private synchronized boolean take() {
            if (state != State.ASKED) {
                return false;
            }
            state = State.READING;
            return true;
        }

        private synchronized void done(State next, Throwable met) {
            problem = met;
            state = next;
            notifyAll();
        }

        private synchronized void await() {
            try {
                while (state != State.OWNED) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while a part was read ahead", e);
            }
            if (problem != null) {
                throw new IllegalStateException("reading ahead failed", problem);
            }
        }

        /**
         * The file may be closed afterwards, so whoever is reading from it is waited for. Nobody
         * adds it to the checksum any more: {@link RunSum#stop} comes first.
         */
        private synchronized void cancel() {
            boolean interrupted = false;
            while (state == State.READING) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            state = State.OWNED;
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
