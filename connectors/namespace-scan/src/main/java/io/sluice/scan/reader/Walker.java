package io.sluice.scan.reader;

import io.sluice.common.throttle.Turn;
import io.sluice.scan.ScanOptions;

/**
 * A walker thread: reads directories, or helps another one to read a large one, until the walk is
 * closed. An error that is no answer of the filesystem ends the whole walk.
 */
final class Walker implements Runnable {
    private final Walk walk;
    private final ScanRoot root;
    private final ScanOptions options;
    private final Turn turn;

    private Walker(Walk walk, ScanRoot root, ScanOptions options, Turn turn) {
        this.walk = walk;
        this.root = root;
        this.options = options;
        this.turn = turn;
    }

    /** Starts walker number {@code n}; a daemon, since a call to a dead server never returns. */
    static Thread start(int n, Walk walk, ScanRoot root, ScanOptions options, Turn turn) {
        root.use();
        Thread thread = new Thread(new Walker(walk, root, options, turn), "sluice-walker-" + n);
        thread.setDaemon(true);
        try {
            thread.start();
        } catch (Throwable e) {
            root.release();
            throw e;
        }
        return thread;
    }

    @Override
    public void run() {
        try (DirectoryScan scan = new DirectoryScan(walk, root, options, turn)) {
            for (Work next = walk.take(); next != null; next = walk.take()) {
                if (next instanceof DirectoryTask directory) {
                    scan.read(directory);
                } else if (next instanceof NameBatch names) {
                    scan.help(names);
                }
            }
        } catch (InterruptedException e) {
            // The reader closes; nothing is left to do.
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            walk.fail(e);
        } finally {
            turn.end();
            root.release();
        }
    }
}
