package io.sluice.scan.enumerator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.scan.event.Acknowledged;
import io.sluice.scan.event.GiveUp;
import io.sluice.scan.event.GivenUp;
import io.sluice.scan.event.ReaderAdmitted;
import io.sluice.scan.event.ReaderDry;
import io.sluice.scan.event.RoundOver;
import io.sluice.scan.event.StackDepth;
import io.sluice.scan.split.DirectorySplit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.metrics.groups.SplitEnumeratorMetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

class ScanEnumeratorTest {
    private static final DirectorySplit WHOLE = DirectorySplit.whole();

    private final Said said = new Said(2);
    private final ScanEnumerator enumerator =
            new ScanEnumerator(said, new ScanState(List.of(WHOLE)));

    @Test
    void firstReaderThatAsksGetsTheWholeTree() {
        enumerator.addReader(0);
        enumerator.addReader(1);
        dry(1, 2);

        assertThat(said.log).containsExactly("0 admitted 1", "1 admitted 2", "1 gets work");
        assertThat(enumerator.snapshotState(1).unassigned()).isEmpty();
    }

    @Test
    void roundIsOverWhenAllReadersAreDryAndNothingIsHeld() {
        enumerator.addReader(0);
        enumerator.addReader(1);
        dry(0, 1);
        dry(1, 2);
        assertThat(said.log).doesNotContain("0 over 1", "1 over 2");
        dry(0, 1);

        assertThat(said.log).endsWith("0 gets work", "0 asked 1", "0 over 1", "1 over 2");
    }

    @Test
    void roundIsNotOverBeforeAllReadersHaveCome() {
        enumerator.addReader(0);
        dry(0, 1);
        dry(0, 1);

        assertThat(said.log).containsExactly("0 admitted 1", "0 gets work");
    }

    @Test
    void whatAnEarlierLifeSaidDoesNotCount() {
        enumerator.addReader(0);
        enumerator.addReader(1);
        dry(0, 1);
        dry(1, 2);
        enumerator.addSplitsBack(List.of(), 1);
        dry(1, 2);
        enumerator.addReader(1);
        dry(1, 2);
        dry(0, 1);
        assertThat(said.log).noneMatch(line -> line.contains("over"));
        dry(1, 3);

        assertThat(said.log).endsWith("0 over 1", "1 over 3");
    }

    @Test
    void workOfAFailedReaderGoesToOneThatIsDry() {
        enumerator.addReader(0);
        enumerator.addReader(1);
        dry(0, 1);
        dry(1, 2);
        enumerator.addSplitsBack(List.of(WHOLE), 0);

        assertThat(said.log).endsWith("0 gets work", "0 asked 1", "1 gets work");
    }

    @Test
    void workOfAFailedReaderIsNotGivenToOneThatFailedWithIt() {
        enumerator.addReader(0);
        enumerator.addReader(1);
        dry(0, 1);
        dry(1, 2);
        said.log.clear();
        said.registered.clear();
        enumerator.addSplitsBack(List.of(WHOLE), 0);

        assertThat(said.log).isEmpty();
        assertThat(enumerator.snapshotState(1).unassigned()).containsExactly(WHOLE);
    }

    @Test
    void workThatNobodyHasIsInTheSnapshot() {
        assertThat(enumerator.snapshotState(1).unassigned()).containsExactly(WHOLE);
    }

    @Test
    void roundThatWasOverIsOverAgainForAReaderThatComesBack() {
        enumerator.addReader(0);
        enumerator.addReader(1);
        dry(0, 1);
        dry(0, 1);
        dry(1, 2);
        said.log.clear();
        enumerator.addSplitsBack(List.of(), 0);
        enumerator.addReader(0);
        assertThat(said.log).containsExactly("0 admitted 3");
        dry(0, 3);

        assertThat(said.log).endsWith("0 over 3", "1 over 2");
    }

    @Test
    void strangeWordsAreRefused() {
        enumerator.addReader(0);

        assertThatThrownBy(() -> enumerator.handleSourceEvent(0, new RoundOver(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("reader 0 said");
        assertThatThrownBy(() -> enumerator.handleSplitRequest(0, "host"))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whenAReaderIsDryTheOneWithTheDeepestStackIsAsked() {
        Said four = new Said(4);
        ScanEnumerator sharing = new ScanEnumerator(four, new ScanState(List.of()));
        for (int reader = 0; reader < 4; reader++) {
            sharing.addReader(reader);
        }
        sharing.handleSourceEvent(0, new StackDepth(1, 10));
        sharing.handleSourceEvent(1, new StackDepth(2, 1000));
        sharing.handleSourceEvent(2, new StackDepth(3, 100));
        four.log.clear();
        sharing.handleSourceEvent(3, new ReaderDry(4));
        assertThat(four.log).containsExactly("1 asked 2");

        sharing.handleSourceEvent(3, new ReaderDry(4));
        assertThat(four.log).hasSize(1);
    }

    @Test
    void whatIsGivenUpIsAcknowledgedBeforeAnybodyGetsIt() {
        enumerator.addReader(0);
        enumerator.addReader(1);
        dry(0, 1);
        dry(1, 2);
        said.log.clear();
        enumerator.handleSourceEvent(0, new GivenUp(1, 7, List.of(new byte[] {'a'}), 0));

        assertThat(said.log).containsExactly("0 acknowledged 7", "1 gets work");
        assertThat(said.sizes).containsExactly(1, 1);
    }

    @Test
    void whoGaveNothingIsAskedAgainOnlyWhenItsStackHasGrown() {
        enumerator.addReader(0);
        enumerator.addReader(1);
        dry(0, 1);
        dry(1, 2);
        said.log.clear();
        enumerator.handleSourceEvent(0, new GivenUp(1, 1, List.of(), 0));
        enumerator.handleSourceEvent(0, new StackDepth(1, 0));
        assertThat(said.log).isEmpty();
        enumerator.handleSourceEvent(0, new StackDepth(1, 5));

        assertThat(said.log).containsExactly("0 asked 1");
    }

    @Test
    void whoCouldGiveMoreThanAMessageHoldsIsAskedAgainAtOnce() {
        enumerator.addReader(0);
        enumerator.addReader(1);
        dry(0, 1);
        dry(1, 2);
        enumerator.handleSourceEvent(0, new GivenUp(1, 1, List.of(new byte[] {'a'}), 9_000));
        said.log.clear();
        dry(1, 2);

        assertThat(said.log).containsExactly("0 asked 1");
    }

    @Test
    void whatAnEarlierLifeGaveUpIsNotTaken() {
        enumerator.addReader(0);
        enumerator.addReader(1);
        dry(0, 1);
        dry(1, 2);
        enumerator.addSplitsBack(List.of(), 0);
        enumerator.addReader(0);
        said.log.clear();
        enumerator.handleSourceEvent(0, new GivenUp(1, 1, List.of(new byte[] {'a'}), 0));

        assertThat(said.log).isEmpty();
        assertThat(enumerator.snapshotState(1).unassigned()).isEmpty();
    }

    @Test
    void workIsCutWhereMoreReadersAreDryThanThereAreSplits() {
        Said four = new Said(4);
        ScanEnumerator sharing = new ScanEnumerator(four, new ScanState(List.of()));
        for (int reader = 0; reader < 4; reader++) {
            sharing.addReader(reader);
        }
        for (int reader = 1; reader < 4; reader++) {
            sharing.handleSourceEvent(reader, new ReaderDry(reader + 1));
        }
        List<byte[]> ten = new ArrayList<>();
        for (byte name = 'a'; name < 'k'; name++) {
            ten.add(new byte[] {name});
        }
        sharing.handleSourceEvent(0, new GivenUp(1, 1, ten, 0));

        assertThat(four.log).endsWith("1 gets work", "2 gets work", "3 gets work");
        assertThat(four.sizes).containsExactly(4, 3, 3);
    }

    private void dry(int reader, long generation) {
        enumerator.handleSourceEvent(reader, new ReaderDry(generation));
    }

    /** Readers, who write down what they are told. */
    private static final class Said implements SplitEnumeratorContext<DirectorySplit> {
        final List<String> log = new ArrayList<>();
        final List<Integer> sizes = new ArrayList<>();
        final Map<Integer, ReaderInfo> registered = new HashMap<>();
        private final int parallelism;

        Said(int parallelism) {
            this.parallelism = parallelism;
            for (int reader = 0; reader < parallelism; reader++) {
                registered.put(reader, new ReaderInfo(reader, "localhost"));
            }
        }

        @Override
        public SplitEnumeratorMetricGroup metricGroup() {
            return UnregisteredMetricsGroup.createSplitEnumeratorMetricGroup();
        }

        @Override
        public void sendEventToSourceReader(int reader, SourceEvent event) {
            if (event instanceof ReaderAdmitted admitted) {
                log.add(reader + " admitted " + admitted.generation());
            } else if (event instanceof GiveUp ask) {
                log.add(reader + " asked " + ask.generation());
            } else if (event instanceof Acknowledged has) {
                log.add(reader + " acknowledged " + has.sequence());
            } else {
                log.add(reader + " over " + ((RoundOver) event).generation());
            }
        }

        @Override
        public int currentParallelism() {
            return parallelism;
        }

        @Override
        public Map<Integer, ReaderInfo> registeredReaders() {
            return registered;
        }

        @Override
        public void assignSplits(SplitsAssignment<DirectorySplit> assignment) {
            assignment.assignment().forEach((reader, splits) -> splits.forEach(this::record));
            assignment.assignment().keySet().forEach(reader -> log.add(reader + " gets work"));
        }

        private void record(DirectorySplit split) {
            sizes.add(split.directories().size());
        }

        @Override
        public void signalNoMoreSplits(int reader) {
            throw new AssertionError("a scan never ends its input");
        }

        @Override
        public <T> void callAsync(Callable<T> call, BiConsumer<T, Throwable> handler) {
            throw new AssertionError("nothing is asked in the background");
        }

        @Override
        public <T> void callAsync(
                Callable<T> call, BiConsumer<T, Throwable> handler, long delay, long period) {
            throw new AssertionError("nothing is asked in the background");
        }

        @Override
        public void runInCoordinatorThread(Runnable runnable) {
            runnable.run();
        }
    }
}
