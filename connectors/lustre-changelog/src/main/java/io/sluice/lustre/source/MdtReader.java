package io.sluice.lustre.source;

import io.sluice.common.SluiceException;
import io.sluice.common.change.Change;
import io.sluice.common.change.SourceTotals;
import io.sluice.lustre.resolve.Resolver;
import io.sluice.scan.reader.NameQuery;
import io.sluice.scan.split.SentCounts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.configuration.ConfigurationUtils;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * Emits what the threads of its MDTs find. All methods run on the task's mailbox thread, and none
 * of them waits for the filesystem but {@link #start}, which opens the root, and {@link #close}.
 */
final class MdtReader implements SourceReader<Change, MdtSplit> {
    /** What the totals call the index at which the next round goes on, before the MDT's name. */
    private static final String CURSOR = "cursor.";

    /** What they call a reason for looking at everything, before its text. */
    private static final String DOUBT = "doubt.";

    private static final int MOST_THREADS = 64;

    /** A thread that hangs in the kernel is left behind. */
    private static final long CLOSE_SECONDS = 5;

    private final SourceReaderContext context;
    private final LustreSourceOptions options;
    private final LustreChangelogSource.Filesystems filesystems;
    private final Patience patience;
    private final EmissionQueue queue = new EmissionQueue();
    private final AtomicBoolean wholeListed = new AtomicBoolean();
    private final TreeMap<String, MdtSplit> splits = new TreeMap<>();
    private final List<Thread> threads = new ArrayList<>();

    /** Null before the start. */
    private Filesystem filesystem;

    private NameQuery tree;
    private ExecutorService askers;
    private Resolver resolver;
    private boolean noMoreSplits;
    private boolean ended;

    MdtReader(
            SourceReaderContext context,
            LustreSourceOptions options,
            LustreChangelogSource.Filesystems filesystems,
            Patience patience) {
        this.context = context;
        this.options = options;
        this.filesystems = filesystems;
        this.patience = patience;
    }

    @Override
    public void start() {
        try {
            filesystem = filesystems.open(options);
            tree = NameQuery.open(options.scan());
        } catch (SluiceException e) {
            throw new SuppressRestartsException(e);
        }
        askers =
                Executors.newFixedThreadPool(
                        Math.min(options.scan().workers(), MOST_THREADS),
                        work -> daemon(work, "sluice-lustre-asker"));
        resolver =
                new Resolver(
                        filesystem.names(),
                        tree,
                        options.prefix(),
                        options.scan().excludes(),
                        askers);
        splits.values().forEach(this::read);
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Before the start too, after a restore. */
    @Override
    public void addSplits(List<MdtSplit> added) {
        for (MdtSplit split : added) {
            splits.put(split.mdt(), split);
            if (resolver != null) {
                read(split);
            }
        }
        queue.ring();
    }

    private void read(MdtSplit split) {
        if (split.ended()) {
            return;
        }
        Path spill =
                Path.of(ConfigurationUtils.parseTempDirectories(context.getConfiguration())[0]);
        MdtThread reader =
                new MdtThread(
                        split,
                        options,
                        filesystem.changelogs(),
                        resolver,
                        queue,
                        patience,
                        wholeListed,
                        spill);
        Thread thread = daemon(reader, "sluice-" + split.mdt());
        threads.add(thread);
        thread.start();
    }

    @Override
    public void notifyNoMoreSplits() {
        noMoreSplits = true;
        queue.ring();
    }

    @Override
    public InputStatus pollNext(ReaderOutput<Change> output) throws Exception {
        Emission emission = queue.poll();
        if (emission == null) {
            boolean through = splits.values().stream().allMatch(MdtSplit::ended);
            if (noMoreSplits && through && !ended) {
                ended = true;
                output.collect(totals());
                output.emitWatermark(new Watermark(options.scan().round()));
            }
            return InputStatus.NOTHING_AVAILABLE;
        }
        emission.changes().forEach(output::collect);
        MdtSplit before = splits.get(emission.mdt());
        MdtSplit now = emission.after() == null ? before : emission.after();
        splits.put(
                emission.mdt(),
                now.sent(
                        before.sent().plus(emission.counts()),
                        before.deltas() + emission.deltas()));
        return InputStatus.MORE_AVAILABLE;
    }

    private SourceTotals totals() {
        SentCounts sent = SentCounts.NONE;
        long deltas = 0;
        SortedMap<String, Long> more = new TreeMap<>();
        for (MdtSplit split : splits.values()) {
            sent = sent.plus(split.sent());
            deltas += split.deltas();
            more.merge("records", split.records(), Long::sum);
            more.merge("records.unknown", split.unknown(), Long::sum);
            split.doubts().forEach(doubt -> more.put(DOUBT + doubt, 1L));
            if (!split.lost()) {
                more.put(CURSOR + split.mdt(), split.next());
            }
        }
        return new SourceTotals(
                LustreChangelogSource.NAME,
                context.getIndexOfSubtask(),
                sent.names(),
                sent.directories(),
                sent.unreadableDirectories(),
                deltas,
                more);
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return queue.available();
    }

    @Override
    public List<MdtSplit> snapshotState(long checkpoint) {
        return List.copyOf(splits.values());
    }

    @Override
    public void close() throws InterruptedException {
        queue.close();
        threads.forEach(Thread::interrupt);
        if (askers != null) {
            askers.shutdownNow();
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        boolean through = true;
        for (Thread thread : threads) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            thread.join(Math.max(1, left));
            through &= !thread.isAlive();
        }
        if (askers != null) {
            through &= askers.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
        // One that hangs still uses the root's descriptor.
        if (tree != null && through) {
            tree.close();
        }
    }
}
