package io.sluice.scan.reader;

import io.sluice.scan.ScanOptions;

/**
 * A walker thread: takes directories and reads them until the walk is closed. An error that is no
 * answer of the filesystem ends the whole walk.
 */
final class Walker implements Runnable {
    private final Walk walk;
    private final ScanRoot root;
    private final ScanOptions options;

    private Walker(Walk walk, ScanRoot root, ScanOptions options) {
        this.walk = walk;
        this.root = root;
        this.options = options;
    }

    /** Starts walker number {@code n}; a daemon, since a call to a dead server never returns. */
    static Thread start(int n, Walk walk, ScanRoot root, ScanOptions options) {
        root.use();
        Thread thread = new Thread(new Walker(walk, root, options), "sluice-walker-" + n);
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
        try {
            DirectoryScan scan = new DirectoryScan(walk, root, options);
            for (DirectoryTask task = walk.take(); task != null; task = walk.take()) {
                scan.read(task);
            }
        } catch (InterruptedException e) {
            // The reader closes; nothing is left to do.
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            walk.fail(e);
        } finally {
            root.release();
        }
    }
}
