package io.sluice.ptcomm.writer;

import io.sluice.common.filesystem.StripeMap;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.throttle.Turn;
import io.sluice.ptcomm.codec.Frame;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Reads a run of the open file's data in parts of a frame each, and gives them out in order. Where
 * there are several buffers the reading threads read ahead, several parts at a time: so a single
 * large file is not bound to what one thread gets from the filesystem, nor waits for the stream. No
 * more parts are under way than the latency of reading asks for, and the buffer that was used last
 * is used first: where the data comes from memory, it stays in the processor's caches. Where it is
 * known on which devices the data lies, each has one read at a time ({@link Lanes}). Belongs to one
 * thread, beside what {@link Part} says.
 */
final class ReadAhead {
    /** While a part is sent, the next is read. */
    private static final int LEAST_AHEAD = 2;

    /** Reading keeps up with a stream of a byte a nanosecond, 1 GB/s. */
    private static final int STREAM_BYTES_PER_NS = 1;

    private final EntryReader reader;
    private final ReaderPool readers;
    private final int partBytes;
    private final int buffers;

    /** That nobody uses; the one that was used last comes first. */
    private final ArrayDeque<Part> free;

    /** That are to be read, in order. */
    private final ArrayDeque<Part> waiting;

    /** What was given out last. */
    private Part given;

    // Of the run.
    private StripeMap stripes;
    private Lanes lanes;
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
        free = new ArrayDeque<>(buffers);
        waiting = new ArrayDeque<>(buffers);
        most = buffers;
    }

    /**
     * Begins a run; it must be ended before the file is closed.
     *
     * @param map where the data lies; parts then end where their device ends, and each device has
     *     one read at a time. Null where that is not known
     */
    void begin(long offset, long length, StripeMap map) {
        takeBack();
        stripes = map;
        lanes = map == null ? null : new Lanes(readers);
        if (map != null) {
            most = buffers;
        }
        next = offset;
        asked = offset;
        end = offset + length;
        ahead = readers != null && buffers > 1 && length > partBytes;
        ask();
    }

    /** A part that nothing is read into. */
    Part empty(int length) {
        takeBack();
        return give(part(0, length));
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
            long length = Math.min(partBytes, end - asked);
            int device = StripeMap.UNKNOWN;
            if (stripes != null) {
                StripeMap.Stripe stripe = stripes.at(asked);
                device = stripe.device();
                length = Math.min(length, Math.max(1, stripe.end() - asked));
            }
            Part part = part(asked, (int) length);
            asked += part.length;
            waiting.add(part);
            if (lanes == null) {
                readers.read(part);
            } else {
                part.waitFor(lanes, device);
                lanes.add(part);
            }
        }
    }

    /**
     * The next part; that before it is not to be used any more.
     *
     * @param wanted false where it would be of no use: nothing is read then
     * @throws IllegalStateException if the thread is interrupted, which stays so
     */
    Part next(boolean wanted) {
        takeBack();
        if (!wanted) {
            cancel();
        }
        Part part;
        if (ahead) {
            ask();
            // If that fails the part still waits, and whoever reads it is waited for.
            waiting.element().await();
            part = give(waiting.remove());
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
        }
        next += part.length;
        return part;
    }

    /** Ends the run, wherever it is: no thread reads from the file any more. */
    void end() {
        cancel();
        end = next;
    }

    private void cancel() {
        ahead = false;
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
     * A part of a run: what a data frame will be, with room for its header before. A reading thread
     * fills it after {@link ReaderPool#read}, until {@link #await} or {@link #cancel} has returned.
     */
    static final class Part implements ReaderPool.Work {
        private enum State {
            /** The owner's. */
            OWNED,
            /** In a lane, behind another one of its device. */
            QUEUED,
            /** For the first reading thread that comes to it. */
            ASKED,
            READING
        }

        private final EntryReader reader;
        private final NativeBuffer buffer;
        private final ByteBuffer frame;
        private State state = State.OWNED;
        private Throwable problem;
        private Lanes lanes;
        private int device;

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
            buffer = new NativeBuffer(Frame.HEADER_BYTES + bytes);
            frame = buffer.bytes();
        }

        /** The frame's room; its data is behind the header's place. */
        ByteBuffer frame() {
            return frame;
        }

        private void want(long from, int bytes) {
            lanes = null;
            offset = from;
            length = bytes;
            got = 0;
            errno = 0;
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
            while (got < length) {
                stay(turn);
                int wanted = turn.readBytes(length - got);
                if (!got(reader.readAnywhere(buffer, at(), wanted, offset + got))) {
                    break;
                }
            }
            readNanos = System.nanoTime() - begun;
        }

        private int at() {
            return Frame.HEADER_BYTES + got;
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
            Turn turn = worker.turn;
            // Before the part is taken: whoever gives it up then need not wait for the throttle.
            turn.next();
            try {
                if (!take()) {
                    return;
                }
                Throwable met = null;
                try {
                    readAhead(turn);
                } catch (Throwable e) {
                    met = e;
                }
                Lanes left = lanes;
                int freed = device;
                done(met);
                if (left != null) {
                    left.free(freed);
                }
            } finally {
                turn.end();
            }
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

        private synchronized void done(Throwable met) {
            problem = met;
            state = State.OWNED;
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

        /** The file may be closed afterwards, so whoever is reading from it is waited for. */
        private synchronized void cancel() {
            boolean interrupted = false;
            if (state == State.ASKED || state == State.QUEUED) {
                state = State.OWNED;
            }
            while (state != State.OWNED) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
