package io.sluice.pipeline.index;

import io.sluice.bench.jmh.Samples;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.item.Reason;
import io.sluice.common.round.OwedReason;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** The pages of the index; in its package, for they are nobody else's. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@OperationsPerInvocation(Samples.ENTRIES)
public class PageBenchmark {
    private static final long ROUND = 9;

    private final SortedEntries sorted = new SortedEntries();
    private final PageMerge merge = new PageMerge(true, TapeUse.NONE);
    private final PageReader reader = new PageReader();
    private final Listing listing = Samples.listing();
    private byte[] page;
    private Swallower decisions;

    @Setup
    public void prepare(Blackhole hole) {
        decisions = new Swallower(hole);
        page = merge(Pages.NO_PAGE, ROUND - 1);
    }

    private byte[] merge(byte[] stored, long round) {
        sorted.load(listing.entries());
        return merge.merge(stored, sorted, round, PageMerge.Absence.PROVES, false, decisions);
    }

    /** Names out of order, as an unsorted directory gives them. */
    @Benchmark
    public int sort() {
        sorted.load(listing.entries());
        return sorted.size();
    }

    @Benchmark
    public long read() {
        long signatures = 0;
        reader.start(page);
        while (reader.next()) {
            signatures ^= reader.signature();
        }
        return signatures;
    }

    /** A directory that the index has not seen. */
    @Benchmark
    public byte[] mergeNew() {
        return merge(Pages.NO_PAGE, ROUND);
    }

    /** A directory in which nothing has changed. */
    @Benchmark
    public byte[] mergeUnchanged() {
        return merge(page, ROUND);
    }

    private static final class Swallower implements PageMerge.Decisions {
        private final Blackhole hole;

        Swallower(Blackhole hole) {
            this.hole = hole;
        }

        @Override
        public void stale(EntryCursor entry) {
            hole.consume(entry);
        }

        @Override
        public void announce(Reason reason, EntryCursor entry) {
            hole.consume(entry);
        }

        @Override
        public void unchanged(EntryCursor entry) {
            hole.consume(entry);
        }

        @Override
        public void repeated(EntryCursor entry) {
            hole.consume(entry);
        }

        @Override
        public void disagreed(EntryCursor entry) {
            hole.consume(entry);
        }

        @Override
        public void withoutStat(EntryCursor entry) {
            hole.consume(entry);
        }

        @Override
        public void directory() {
            hole.consume(true);
        }

        @Override
        public void gone() {
            hole.consume(true);
        }

        @Override
        public void revived() {
            hole.consume(true);
        }

        @Override
        public void replaced() {
            hole.consume(true);
        }

        @Override
        public void unproven(byte[] name, OwedReason reason) {
            hole.consume(name);
        }
    }
}
