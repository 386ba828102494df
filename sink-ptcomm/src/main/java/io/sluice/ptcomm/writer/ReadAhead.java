package io.sluice.ptcomm.writer;

import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.throttle.Turn;
import io.sluice.ptcomm.codec.Frame;
import java.nio.ByteBuffer;

/**
 * Reads a run of the open file's data in parts of a frame each, and gives them out in order. Where
 * there are several buffers the reading threads read ahead, several parts at a time: so a single
 * large file is not bound to what one thread gets from the filesystem, nor waits for the stream.
 * Belongs to one thread, beside what {@link Part} says.
 */
final class ReadAhead {
    private final EntryReader reader;
    private final ReaderPool readers;
    private final int partBytes;
    private final Part[] parts;

    // Of the run.
    private long next;
    private long end;
    private long asked;
    private boolean ahead;
    private int first;
    private int waiting;

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
        parts = new Part[buffers];
    }

    /** Begins a run; it must be ended before the file is closed. */
    void begin(long offset, long length) {
        next = offset;
        asked = offset;
        end = offset + length;
        ahead = readers != null && parts.length > 1 && length > partBytes;
        ask();
    }

    /** A part that nothing is read into. */
    Part empty(int length) {
        Part part = part(0);
        part.want(0, length);
        return part;
    }

    private Part part(int index) {
        if (parts[index] == null) {
            parts[index] = new Part(reader, partBytes);
        }
        return parts[index];
    }

    /** All buffers get parts to be read; none is in use. */
    private void ask() {
        while (ahead && asked < end && waiting < parts.length) {
            Part part = part((first + waiting) % parts.length);
            part.want(asked, (int) Math.min(partBytes, end - asked));
            asked += part.length;
            waiting++;
            readers.read(part);
        }
    }

    /**
     * The next part; that before it is not to be used any more.
     *
     * @param wanted false where it would be of no use: nothing is read then
     * @throws IllegalStateException if the thread is interrupted, which stays so
     */
    Part next(boolean wanted) {
        if (!wanted) {
            cancel();
        }
        Part part;
        if (ahead) {
            ask();
            part = parts[first];
            part.await();
            first = (first + 1) % parts.length;
            waiting--;
        } else {
            part = part(0);
            part.want(next, (int) Math.min(partBytes, end - next));
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
        for (; waiting > 0; waiting--) {
            parts[first].cancel();
            first = (first + 1) % parts.length;
        }
    }

    /**
     * A part of a run: what a data frame will be, with room for its header before. A reading thread
     * fills it after {@link ReaderPool#read}, until {@link #await} or {@link #cancel} has returned.
     */
    static final class Part {
        private enum State {
            /** The owner's. */
            OWNED,
            /** For the first reading thread that comes to it. */
            ASKED,
            READING
        }

        private final EntryReader reader;
        private final NativeBuffer buffer;
        private final ByteBuffer frame;
        private State state = State.OWNED;
        private Throwable problem;

        /** How many bytes it is to have. */
        int length;

        /** How many of them there are: fewer behind the file's end, and behind a bad spot. */
        int got;

        /** Why there are fewer; 0 at the file's end. */
        int errno;

        private long offset;

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
            offset = from;
            length = bytes;
            got = 0;
            errno = 0;
        }

        private interface Read {
            int bytes(int at, int wanted, long from);
        }

        private void fill(Read read) {
            while (got < length) {
                int n = read.bytes(Frame.HEADER_BYTES + got, length - got, offset + got);
                if (n <= 0) {
                    errno = -n;
                    return;
                }
                got += n;
            }
        }

        private void readHere() {
            fill((at, wanted, from) -> reader.read(buffer, at, wanted, from));
        }

        void asked() {
            synchronized (this) {
                problem = null;
                state = State.ASKED;
            }
        }

        /** On a reading thread, if nobody else has come or given it up. */
        void read(Turn turn) throws InterruptedException {
            // Before the part is taken: whoever gives it up then need not wait for the throttle.
            turn.next();
            try {
                if (!take()) {
                    return;
                }
                Throwable met = null;
                try {
                    fill(
                            (at, wanted, from) -> {
                                stay(turn);
                                return reader.readAnywhere(
                                        buffer, at, turn.readBytes(wanted), from);
                            });
                } catch (Throwable e) {
                    met = e;
                }
                read(met);
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

        private synchronized void read(Throwable met) {
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
            if (state == State.ASKED) {
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
