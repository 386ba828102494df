package io.sluice.scan.reader;

import io.sluice.common.SluiceException;
import io.sluice.common.change.Change;
import io.sluice.common.change.SourceTotals;
import io.sluice.common.throttle.Throttle;
import io.sluice.common.throttle.ThrottledThreads;
import io.sluice.scan.NamespaceScanSource;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.event.Acknowledged;
import io.sluice.scan.event.GiveUp;
import io.sluice.scan.event.GivenUp;
import io.sluice.scan.event.ReaderAdmitted;
import io.sluice.scan.event.ReaderDry;
import io.sluice.scan.event.RoundOver;
import io.sluice.scan.event.StackDepth;
import io.sluice.scan.split.DirectorySplit;
import io.sluice.scan.split.SentCounts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ConfigurationUtils;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Emits what its walkers read. All methods run on the task's mailbox thread and none of them waits
 * for the filesystem, but for {@link #start}, which opens the root, and {@link #close}.
 *
 * <ol>
 *   <li>{@link #addSplits}, before or after {@link #start}: directories go on the stack of the
 *       {@link Walk}; with the first ones the {@link Walker} threads start.
 *   <li>{@link #pollNext}: one listing is emitted.
 *   <li>{@link GiveUp} is heard: the oldest part of the stack goes to the enumerator, for readers
 *       that have nothing.
 *   <li>Nothing left: {@link ReaderDry} is said, once.
 *   <li>{@link RoundOver} is heard: the totals and the watermark are emitted, once. From then on
 *       there is nothing available, for ever.
 * </ol>
 */
public final class ScanReader implements SourceReader<Change, DirectorySplit> {
    private static final Logger LOG = LoggerFactory.getLogger(ScanReader.class);

    /**
     * A walker ends after the call that it is in; one that hangs in a dead server is left behind.
     */
    private static final long CLOSE_SECONDS = 5;

    /** Often enough for work that takes hours, and nothing beside a thousand listings. */
    private static final long REPORT_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    private final SourceReaderContext context;
    private final ScanOptions options;
    private final LongSupplier nanoTime;
    private final Walk walk;
    private final ScanMetrics metrics;
    private final List<Thread> walkers = new ArrayList<>();
    private final List<String> added = new ArrayList<>();

    /** Null before the start and after the close. */
    private ScanRoot root;

    /** Null while there are no walkers. */
    private ThrottledThreads throttled;

    private SentCounts sent = SentCounts.NONE;
    private boolean hasWork;

    /** Of this life, 0 until the enumerator has told. */
    private long generation;

    private long lastReport;
    private long handOvers;
    private boolean saidDry;
    private boolean roundOver;
    private boolean ended;

    public ScanReader(SourceReaderContext context, ScanOptions options) {
        this(context, options, WalkBounds.DEFAULT, System::nanoTime);
    }

    ScanReader(
            SourceReaderContext context,
            ScanOptions options,
            WalkBounds bounds,
            LongSupplier nanoTime) {
        this.context = context;
        this.options = options;
        this.nanoTime = nanoTime;
        lastReport = nanoTime.getAsLong() - REPORT_INTERVAL_NS;
        walk = new Walk(bounds, spillDirectory(context.getConfiguration()));
        metrics = new ScanMetrics(context.metricGroup(), walk, options.workers());
    }

    private static Path spillDirectory(Configuration configuration) {
        return Path.of(ConfigurationUtils.parseTempDirectories(configuration)[0]);
    }

    /** Opens the root, also where no work may ever come: a missing mount is better known early. */
    @Override
    public void start() {
        try {
            root = ScanRoot.open(options);
        } catch (SluiceException e) {
            throw new SuppressRestartsException(e);
        }
        startWalkers();
    }

    private void startWalkers() {
        if (root == null || !hasWork || !walkers.isEmpty()) {
            return;
        }
        throttled = Throttle.walkers(options.throttle());
        for (int n = 0; n < options.workers(); n++) {
            walkers.add(Walker.start(n, walk, root, options, throttled.turn()));
        }
    }

    @Override
    public void addSplits(List<DirectorySplit> splits) {
        for (DirectorySplit split : splits) {
            sent = sent.plus(split.sent());
            walk.add(split.directories());
            hasWork |= !split.directories().isEmpty();
            added.add(split.splitId());
        }
        saidDry = false;
        roundOver = false;
        ended = false;
        walk.ring();
        startWalkers();
    }

    @Override
    public InputStatus pollNext(ReaderOutput<Change> output) {
        release(output);
        ListingPart part = walk.poll();
        if (part == null) {
            if (walk.isIdle()) {
                rest(output);
            }
            return InputStatus.NOTHING_AVAILABLE;
        }
        output.collect(part.listing());
        walk.emitted(part);
        sent = sent.plus(part.counts());
        metrics.count(part);
        reportDepth();
        return InputStatus.MORE_AVAILABLE;
    }

    /**
     * Flink keeps an output and metrics for each split until it is told that they are not needed; a
     * long round gets a split a second.
     */
    private void release(ReaderOutput<Change> output) {
        if (!added.isEmpty()) {
            added.forEach(output::releaseOutputForSplit);
            added.clear();
        }
    }

    private void reportDepth() {
        long now = nanoTime.getAsLong();
        if (generation != 0 && now - lastReport >= REPORT_INTERVAL_NS) {
            lastReport = now;
            context.sendSourceEventToCoordinator(
                    new StackDepth(generation, walk.stack().waiting()));
        }
    }

    private void giveUp() {
        handOvers++;
        List<byte[]> directories =
                walk.giveUp(handOvers, GivenUp.MOST_DIRECTORIES, GivenUp.MOST_BYTES);
        metrics.gaveUp(directories.size());
        int more = GivenUp.isFull(directories) ? walk.stack().waiting() : 0;
        context.sendSourceEventToCoordinator(new GivenUp(generation, handOvers, directories, more));
    }

    /** Everything given is emitted. */
    private void rest(ReaderOutput<Change> output) {
        if (roundOver && !ended) {
            ended = true;
            LOG.info(
                    "namespace scan {}: at most {} directories waited, {} of them in memory",
                    context.getIndexOfSubtask(),
                    walk.stack().most(),
                    walk.stack().mostInMemory());
            output.collect(totals());
            output.emitWatermark(new Watermark(options.round()));
        } else if (!saidDry && generation != 0) {
            saidDry = true;
            context.sendSourceEventToCoordinator(new ReaderDry(generation));
        }
    }

    private SourceTotals totals() {
        return new SourceTotals(
                NamespaceScanSource.NAME,
                context.getIndexOfSubtask(),
                sent.names(),
                sent.directories(),
                sent.unreadableDirectories());
    }

    @Override
    public void handleSourceEvents(SourceEvent event) {
        if (event instanceof ReaderAdmitted admitted) {
            generation = admitted.generation();
            saidDry = false;
        } else if (event instanceof RoundOver over) {
            // One that crossed with new work, or was meant for an earlier life, is void.
            roundOver |= saidDry && over.generation() == generation;
        } else if (event instanceof GiveUp asked) {
            if (asked.generation() == generation) {
                giveUp();
            }
        } else if (event instanceof Acknowledged has) {
            if (has.generation() == generation) {
                walk.acknowledge(has.sequence());
            }
        } else {
            throw new IllegalArgumentException("the scan's enumerator said " + event);
        }
        walk.ring();
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return walk.isAvailable();
    }

    @Override
    public List<DirectorySplit> snapshotState(long checkpoint) {
        List<byte[]> directories = walk.unfinished();
        return directories.isEmpty() && sent.equals(SentCounts.NONE)
                ? List.of()
                : List.of(new DirectorySplit(directories, sent));
    }

    /** Whether nothing moves until the mailbox does. */
    boolean isAtRest() {
        return walkers.isEmpty() || walk.isAtRest(walkers.size());
    }

    Walk walk() {
        return walk;
    }

    /** There is always the chance of more. */
    @Override
    public void notifyNoMoreSplits() {}

    @Override
    public void close() throws InterruptedException, IOException {
        try {
            walk.close();
        } finally {
            endWalkers();
        }
    }

    private void endWalkers() throws InterruptedException {
        walkers.forEach(Thread::interrupt);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        try {
            for (Thread walker : walkers) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                walker.join(Math.max(1, left));
            }
        } finally {
            if (throttled != null) {
                throttled.close();
            }
            if (root != null) {
                root.release();
                root = null;
            }
        }
    }
}
