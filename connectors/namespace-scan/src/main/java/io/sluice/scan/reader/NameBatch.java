package io.sluice.scan.reader;

import io.sluice.common.entry.PackedEntries;
import io.sluice.common.posix.DirectoryReader;
import io.sluice.common.posix.NameCursor;
import io.sluice.common.throttle.Turn;
import java.util.ArrayList;
import java.util.List;

/**
 * Names of one large directory, as one {@code getdents64} gave them, to be looked at by several
 * walkers: where each look is a message to a server and back, one after the other they would take
 * as long as the directory is large. Each walker takes a piece after the other; the one that reads
 * the directory takes part, waits for the last piece and puts them together in their order.
 */
final class NameBatch implements Work {
    /**
     * Names of a piece. A buffer of the reader holds about 4,000 names, so 64 walkers get two
     * pieces each; below that, taking one would cost more than looking.
     */
    static final int PIECE_NAMES = 32;

    /** Bytes that a packed name with its attributes takes, about. */
    private static final int NAME_BYTES = 96;

    /** What became of a piece. */
    record Piece(PackedEntries entries, List<DirectoryTask> subdirectories) {}

    private final OpenDirectory directory;
    private final DirectoryReader reader;
    private final int[] cuts;
    private final Piece[] pieces;
    private int next;
    private int left;
    private Throwable failure;

    /**
     * @param reader holds the names; it must not read on before {@link #await} has returned
     * @param pieceNames names of a piece
     */
    NameBatch(OpenDirectory directory, DirectoryReader reader, int pieceNames) {
        this.directory = directory;
        this.reader = reader;
        cuts = reader.cuts(pieceNames);
        pieces = new Piece[cuts.length - 1];
        left = pieces.length;
    }

    int size() {
        return pieces.length;
    }

    /**
     * Any walker: looks at pieces until none is left to take. It takes its turn before a piece:
     * whoever waits for the pieces that are taken must not wait for those who may not look.
     *
     * @throws InterruptedException before a piece was taken
     */
    void work(NameScan scan, NameCursor cursor, Turn turn) throws InterruptedException {
        while (hasMore()) {
            turn.next();
            int piece = take();
            if (piece < 0) {
                return;
            }
            try {
                look(piece, scan, cursor);
                done(null);
            } catch (Throwable e) {
                done(e);
            }
        }
    }

    private void look(int piece, NameScan scan, NameCursor cursor) {
        PackedEntries entries = new PackedEntries(PIECE_NAMES * NAME_BYTES);
        List<DirectoryTask> subdirectories = new ArrayList<>(0);
        cursor.start(reader, cuts[piece], cuts[piece + 1]);
        while (cursor.next()) {
            scan.add(directory, cursor, entries, subdirectories);
        }
        pieces[piece] = new Piece(entries, subdirectories);
    }

    private synchronized int take() {
        return next < pieces.length ? next++ : -1;
    }

    private synchronized void done(Throwable problem) {
        left--;
        if (problem != null && failure == null) {
            failure = problem;
        }
        if (left == 0) {
            notifyAll();
        }
    }

    /** Whether a walker could still take a piece. */
    synchronized boolean hasMore() {
        return next < pieces.length;
    }

    /**
     * The walker that reads the directory: all pieces, in order, waited for. Also when it is
     * interrupted it waits for those that are being looked at, by the descriptor that it will
     * close.
     */
    synchronized Piece[] await() throws InterruptedException {
        boolean interrupted = false;
        while (left > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
                left -= pieces.length - next;
                next = pieces.length;
            }
        }
        if (interrupted) {
            throw new InterruptedException("interrupted in a large directory");
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
        return pieces;
    }
}
