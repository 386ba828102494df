package io.sluice.lustre.source;

import io.sluice.common.change.Change;
import io.sluice.common.change.Delta;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.Errno;
import io.sluice.lustre.changelog.ChangelogException;
import io.sluice.lustre.changelog.ChangelogRecord;
import io.sluice.lustre.resolve.Resolved;
import io.sluice.lustre.resolve.Resolver;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.reader.LocalScan;
import io.sluice.scan.split.SentCounts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the log of one MDT to the round's end, on a thread of its own: while its MDT is away it
 * hangs in the kernel, and nothing else waits for it.
 *
 * <p>Each batch goes through these steps, in this order:
 *
 * <ol>
 *   <li>read records, up to the end that the log has or a bound;
 *   <li>acknowledge again what was acknowledged before the round: that shows that the log has kept
 *       everything since, and makes the MDT record changes of times and ACLs again, of which it
 *       else writes one for each inode and then none;
 *   <li>only then ask the filesystem about what the records point at. What changes after that has a
 *       record that the next round reads.
 * </ol>
 *
 * <p>Where the second step is refused, records may be gone unread: all of the tree is listed.
 *
 * <p>A log that is followed has no end: there its thread waits and looks again, until the reader
 * closes or the second step is refused.
 */
final class MdtThread implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(MdtThread.class);

    /** In one emission. */
    private static final int ANSWERS = 256;

    private final LustreSourceOptions options;
    private final Changelogs changelogs;
    private final Resolver resolver;
    private final EmissionQueue queue;
    private final Patience patience;
    private final AtomicBoolean wholeListed;
    private final Path spillDirectory;
    private final SettledIndex settled;
    private final long begunMs = System.currentTimeMillis();

    private MdtSplit split;
    private Changelogs.Log log;
    private long next;
    private int failures;
    private boolean atEnd;

    /**
     * @param wholeListed whether the reader has listed all of the tree in this round; once is
     *     enough
     * @param spillDirectory for walks through very many directories
     */
    MdtThread(
            MdtSplit split,
            LustreSourceOptions options,
            Changelogs changelogs,
            Resolver resolver,
            EmissionQueue queue,
            Patience patience,
            AtomicBoolean wholeListed,
            Path spillDirectory) {
        this.split = split;
        this.options = options;
        this.changelogs = changelogs;
        this.resolver = resolver;
        this.queue = queue;
        this.patience = patience;
        this.wholeListed = wholeListed;
        this.spillDirectory = spillDirectory;
        settled = new SettledIndex(split.next());
        next = split.next();
    }

    @Override
    public void run() {
        try {
            if (!split.subtrees().isEmpty()) {
                list(resolver.directories(split.subtrees()));
                advance(split.listed());
            }
            while (!split.ended()) {
                batch();
            }
        } catch (InterruptedException e) {
            // The reader closes; nothing is left to do.
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            queue.fail(e);
        } finally {
            closeLog();
        }
    }

    private void batch() throws IOException, InterruptedException {
        List<ChangelogRecord> records;
        try {
            records = read();
        } catch (ChangelogException e) {
            lost("a record cannot be read (" + e.getMessage() + ")");
            return;
        }
        if (split.acknowledged() == 0 && !records.isEmpty()) {
            long before = records.get(0).index() - 1;
            if (before == 0) {
                // Nothing can be acknowledged before the very first record, so nothing can be
                // armed:
                // the next round begins with that.
                advance(split.end(false));
                return;
            }
            split = split.acknowledged(before);
        }
        int errno = clear();
        if (errno != 0) {
            lost(
                    "user "
                            + split.user()
                            + " is not registered any more, or somebody has acknowledged in its name ("
                            + Errno.name(errno)
                            + ")");
            return;
        }
        Resolved resolved = resolver.resolve(records);
        answers(resolved.answers());
        MdtSplit after = split.read(settled.next(), records.size(), resolved.unknown());
        boolean late = false;
        if (resolved.doubt() == null) {
            list(resolved.subtrees());
        } else {
            after = after.doubted(doubt(resolved.doubt()));
            late = !listWhole();
            if (late) {
                // The round's one walk of everything began before these records were read, perhaps
                // for another log: it may have passed where they say something.
                list(resolved.subtrees());
            }
        }
        if (late) {
            advance(after.end(true));
        } else if (follows()) {
            advance(after);
            awaitMore();
        } else {
            advance(atEnd ? after.end(false) : after);
        }
    }

    private boolean follows() {
        return options.follow() != null;
    }

    /** What is missing in the log yet may come behind what is there. */
    private void awaitMore() throws InterruptedException {
        if (atEnd) {
            Thread.sleep(options.follow().toMillis());
            atEnd = false;
            next = settled.next();
        }
    }

    /** The log cannot be read on from: the next round scans. */
    private void lost(String why) throws IOException, InterruptedException {
        String line = doubt(why);
        listWhole();
        advance(split.doubted(line).end(true));
    }

    private void advance(MdtSplit after) throws InterruptedException {
        split = after;
        queue.put(new Emission(after.mdt(), List.of(), SentCounts.NONE, 0, after));
    }

    private List<ChangelogRecord> read() throws IOException, InterruptedException {
        List<ChangelogRecord> records = new ArrayList<>();
        while (!atEnd && records.size() < patience.batchRecords()) {
            try {
                if (log == null) {
                    log = changelogs.open(split.mdt(), next);
                }
                ChangelogRecord record = log.next();
                failures = 0;
                if (record == null) {
                    atEnd = true;
                } else {
                    if (settled.read(record.index())) {
                        records.add(record);
                    }
                    next = Math.max(next, record.index() + 1);
                    atEnd = isEnough(record);
                }
            } catch (IOException e) {
                closeLog();
                pause(e);
            }
        }
        if (atEnd) {
            closeLog();
        }
        return records;
    }

    /** On a busy filesystem the log grows as it is read. */
    private boolean isEnough(ChangelogRecord record) {
        long borderMs = begunMs + patience.enough().toMillis();
        return !follows()
                && System.currentTimeMillis() > borderMs
                && TimeUnit.SECONDS.toMillis(record.timeSeconds()) > borderMs;
    }

    /** Also after the end of an outage the log that was open is of no use, and says so once. */
    private void pause(IOException failure) throws IOException, InterruptedException {
        failures++;
        if (failures >= patience.attempts()) {
            throw new IOException(
                    "the changelog of "
                            + split.mdt()
                            + " cannot be read from record "
                            + next
                            + ": "
                            + failure.getMessage(),
                    failure);
        }
        if (failures == 1) {
            LOG.warn(
                    "The changelog of {} failed ({}); it is opened again at record {}.",
                    split.mdt(),
                    failure.getMessage(),
                    next);
        }
        long factor = 1L << Math.min(failures - 1, 30);
        long longest = patience.longestPause().toMillis();
        long pause = Math.min(longest, patience.firstPause().toMillis() * factor);
        Thread.sleep(pause);
    }

    /**
     * @return 0, or the errno with which it was refused for good
     */
    private int clear() throws IOException, InterruptedException {
        if (split.acknowledged() == 0) {
            return 0;
        }
        failures = 0;
        while (true) {
            int result = changelogs.clearOrErrno(split.mdt(), split.user(), split.acknowledged());
            if (result == 0 || result == -Errno.ENOENT || result == -Errno.EINVAL) {
                return -result;
            }
            pause(new IOException("acknowledging failed with " + Errno.describe(-result)));
        }
    }

    private void answers(List<Delta> answers) throws InterruptedException {
        for (int from = 0; from < answers.size(); from += ANSWERS) {
            List<Delta> some = answers.subList(from, Math.min(answers.size(), from + ANSWERS));
            queue.put(
                    new Emission(
                            split.mdt(),
                            new ArrayList<Change>(some),
                            SentCounts.NONE,
                            some.size(),
                            null));
        }
    }

    private String doubt(String why) {
        String line = split.mdt() + ": " + why;
        LOG.warn("Everything is looked at: {}", line);
        return line;
    }

    /** Walks everything, once in a round; false if that has been begun before. */
    private boolean listWhole() throws IOException, InterruptedException {
        if (wholeListed.getAndSet(true) && !follows()) {
            return false;
        }
        list(List.of(DirectoryPath.ABOVE_ROOT));
        return true;
    }

    private void list(List<byte[]> directories) throws IOException, InterruptedException {
        if (directories.isEmpty()) {
            return;
        }
        ScanOptions scan = options.scan();
        LocalScan.run(
                scan,
                directories,
                spillDirectory,
                new LocalScan.Visitor() {
                    @Override
                    public void listing(Listing listing) throws InterruptedException {
                        listing(listing, SentCounts.NONE);
                    }

                    @Override
                    public void listing(Listing listing, SentCounts counts)
                            throws InterruptedException {
                        queue.put(new Emission(split.mdt(), List.of(listing), counts, 0, null));
                    }
                });
    }

    private void closeLog() {
        if (log != null) {
            try {
                log.close();
            } catch (IOException e) {
                LOG.debug("closing a changelog", e);
            }
            log = null;
        }
    }
}
