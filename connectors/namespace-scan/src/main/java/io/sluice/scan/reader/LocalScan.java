package io.sluice.scan.reader;

import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.throttle.Throttle;
import io.sluice.common.throttle.ThrottledThreads;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.split.SentCounts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** The scan of a tree in this process alone, without a job: for whoever only wants to look. */
public final class LocalScan {
    private LocalScan() {}

    /** Takes what the scan finds. */
    public interface Visitor {
        /** A directory, or a part of one; what lies in a directory comes after itself. */
        void listing(Listing listing) throws IOException, InterruptedException;

        /**
         * As {@link #listing(Listing)}.
         *
         * @param counts of the whole directory with its last part, nothing before
         */
        default void listing(Listing listing, SentCounts counts)
                throws IOException, InterruptedException {
            listing(listing);
        }
    }

    /**
     * Walks the whole tree.
     *
     * @param spillDirectory for directories that wait, if they are very many
     * @param visitor called by this thread
     * @throws io.sluice.common.SluiceException if the root cannot be opened
     */
    public static void run(ScanOptions options, Path spillDirectory, Visitor visitor)
            throws IOException, InterruptedException {
        run(options, List.of(DirectoryPath.ABOVE_ROOT), spillDirectory, visitor);
    }

    /**
     * Walks some subtrees.
     *
     * @param directories their tops, relative to the root, none below another; {@link
     *     DirectoryPath#ABOVE_ROOT} for the whole tree with the root's own entry
     * @param spillDirectory for directories that wait, if they are very many
     * @param visitor called by this thread
     * @throws io.sluice.common.SluiceException if the root cannot be opened
     */
    public static void run(
            ScanOptions options, List<byte[]> directories, Path spillDirectory, Visitor visitor)
            throws IOException, InterruptedException {
        ScanRoot root = ScanRoot.open(options);
        Walk walk = new Walk(WalkBounds.DEFAULT, spillDirectory);
        List<Thread> walkers = new ArrayList<>();
        try (ThrottledThreads throttled = Throttle.walkers(options.throttle())) {
            try {
                walk.add(directories);
                for (int n = 0; n < options.workers(); n++) {
                    walkers.add(Walker.start(n, walk, root, options, throttled.turn()));
                }
                visit(walk, visitor);
            } finally {
                walk.close();
                walkers.forEach(Thread::interrupt);
                for (Thread walker : walkers) {
                    walker.join();
                }
            }
        } finally {
            root.release();
        }
    }

    private static void visit(Walk walk, Visitor visitor) throws IOException, InterruptedException {
        while (true) {
            ListingPart part = walk.poll();
            if (part != null) {
                visitor.listing(part.listing(), part.counts());
                walk.emitted(part);
            } else if (walk.isIdle()) {
                return;
            } else {
                try {
                    walk.isAvailable().get();
                } catch (ExecutionException e) {
                    throw new IOException(e.getCause());
                }
            }
        }
    }
}
