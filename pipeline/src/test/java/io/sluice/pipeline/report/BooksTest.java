package io.sluice.pipeline.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.round.Receipt;
import io.sluice.common.round.Tally;
import io.sluice.ptcomm.writer.ShardWriterOperator;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BooksTest {
    private static List<String> imbalances(RoundSample sample) {
        return sample.books().imbalances(RoundSample.SHARDS);
    }

    @Test
    void aRoundWithEveryOutcomeBalances() {
        assertThat(imbalances(new RoundSample())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "source.namespace-scan/0 | names | names sent by the sources: 25, names merged by the index: 24",
                "source.namespace-scan/0 | directories | listings sent by the sources: 5, listings merged by the index: 4",
                "source.namespace-scan/0 | directories.failed | failed listings of the sources: 3, failed listings in the index: 2",
                "directory-index/0 | unchanged | names merged by the index: 24, their outcomes: 25",
                "directory-index/0 | repeated | names merged by the index: 24, their outcomes: 25",
                "directory-index/0 | disagreed | names merged by the index: 24, their outcomes: 25",
                "directory-index/0 | skipped.own | names merged by the index: 24, their outcomes: 25",
                "directory-index/0 | failed.EIO | names merged by the index: 24, their outcomes: 25",
                "directory-index/0 | directories | directories to be listed: 5, directories listed: 4",
                "directory-index/0 | directories.failed.EIO | failed listings of the sources: 2, failed listings in the index: 3",
                "source.owed/0 | deltas | answers sent by the sources: 7, answers heard by the index: 6",
                "directory-index/0 | delta.gone | answers heard by the index: 6, their outcomes: 7",
                "directory-index/0 | directories.distinct | directories to be listed: 4, directories listed: 5",
                "directory-index/0 | deleted | names that are new, changed, retried or gone: 19, items sent to the shards: 18",
                "shard-writer/0 | failed.EIO | items of the shards: 18, their outcomes: 19",
                "shard-writer/1 | skipped.vanished | items of the shards: 18, their outcomes: 19",
                "shard-writer/0 | unclaimed | items of the shards: 18, their outcomes: 17",
            })
    void aWrongFigureGivesItsLine(String part, String figure, String line) {
        assertThat(imbalances(new RoundSample().falsify(part, figure, 1))).containsExactly(line);
    }

    /** A figure that stands on both sides of two sums gives two lines. */
    @Test
    void aWrongFigureBetweenTwoSumsGivesBoth() {
        assertThat(imbalances(new RoundSample().falsify("directory-index/0", "names", -1)))
                .containsExactly(
                        "names sent by the sources: 24, names merged by the index: 23",
                        "names merged by the index: 23, their outcomes: 24");
        assertThat(imbalances(new RoundSample().falsify("directory-index/0", "new", 1)))
                .containsExactly(
                        "names merged by the index: 24, their outcomes: 25",
                        "names that are new, changed, retried or gone: 19, items sent to the shards: 18");
        assertThat(imbalances(new RoundSample().falsify("directory-index/0", "items", 1)))
                .containsExactly(
                        "names that are new, changed, retried or gone: 18, items sent to the shards: 19",
                        "items sent to the shards: 19, items of the shards: 18");
        assertThat(imbalances(new RoundSample().falsify("shard-writer/1", "items", 1)))
                .containsExactly(
                        "items sent to the shards: 18, items of the shards: 19",
                        "items of the shards: 19, their outcomes: 18");
        assertThat(imbalances(new RoundSample().falsify("shard-writer/0", "stored.f", -1)))
                .containsExactly(
                        "items of the shards: 18, their outcomes: 17",
                        "entries and tombstones stored by shard 0: 8, entries in its receipt: 9");
    }

    @Test
    void twoWrongReceiptsDoNotMakeOneRightSum() {
        assertThat(imbalances(new RoundSample().falsifyReceipt(0, 1).falsifyReceipt(1, -1)))
                .containsExactly(
                        "entries and tombstones stored by shard 0: 9, entries in its receipt: 10",
                        "entries and tombstones stored by shard 1: 7, entries in its receipt: 6");
    }

    /** They are items and entries of a stream, and no stored files. */
    @Test
    void tombstonesAreAnOutcomeOfTheirOwn() {
        assertThat(imbalances(new RoundSample().falsify("shard-writer/0", "deleted", 1)))
                .containsExactly(
                        "items of the shards: 18, their outcomes: 19",
                        "entries and tombstones stored by shard 0: 10, entries in its receipt: 9");
        RoundSample sample =
                new RoundSample()
                        .falsify("shard-writer/0", "deleted", 1)
                        .falsify("shard-writer/0", "items", 1)
                        .falsifyReceipt(0, 1);
        assertThat(imbalances(sample))
                .containsExactly("items sent to the shards: 18, items of the shards: 19");
        assertThat(sample.books().writersByReason("stored.")).containsEntry("f", 10L);
    }

    /** An attempt that failed has sent it to a bridge, and its item did not come again. */
    @Test
    void anEntryWithoutAnItemIsNoItems() {
        RoundSample sample =
                new RoundSample()
                        .falsify("shard-writer/0", "deleted", 1)
                        .falsify("shard-writer/0", "unclaimed", 1)
                        .falsifyReceipt(0, 1);
        assertThat(imbalances(sample)).isEmpty();
    }

    /** A failure may have one directory listed that nobody shows any more; never the reverse. */
    @Test
    void afterAFailureNoDirectoryIsMissing() {
        RoundSample more =
                new RoundSample()
                        .falsify("directory-index/0", "restores", 1)
                        .falsify("directory-index/0", "directories.distinct", 1);
        assertThat(imbalances(more)).isEmpty();
        RoundSample fewer =
                new RoundSample()
                        .falsify("directory-index/0", "restores", 1)
                        .falsify("directory-index/0", "directories.distinct", -1);
        assertThat(imbalances(fewer))
                .containsExactly("directories to be listed: 4, directories listed: 3");
    }

    /** Each subtree that a source lists has a top that no listing shows. */
    @Test
    void withoutAFullScanOnlyWhatWasShownMustBeListed() {
        RoundSample named =
                new RoundSample()
                        .falsify("directory-index/0", "without_scan", 1)
                        .falsify("directory-index/0", "directories", 1);
        assertThat(imbalances(named)).isEmpty();
        named.falsify("directory-index/0", "directories", 1);
        assertThat(imbalances(named))
                .containsExactly("directories to be listed: 5, directories listed: 4");
    }

    @Test
    void aNameThatAnAnswerMadeKnownIsAnItem() {
        RoundSample named =
                new RoundSample()
                        .falsify("directory-index/0", "delta.repeated", -1)
                        .falsify("directory-index/0", "delta.new", 1);
        assertThat(imbalances(named))
                .containsExactly(
                        "names that are new, changed, retried or gone: 19, items sent to the shards: 18");
    }

    @Test
    void aShardWithoutAReceiptIsMissed() {
        Books books = new Books();
        new RoundSample()
                .events().stream()
                        .filter(
                                event ->
                                        !(event instanceof Receipt receipt && receipt.shard() == 1))
                        .forEach(event -> RoundSample.add(books, event));
        assertThat(books.imbalances(RoundSample.SHARDS))
                .containsExactly("shards: 2, shards with a receipt: 1");
        assertThat(new RoundSample().books().imbalances(3))
                .containsExactly(
                        "shards: 3, shards with counts: 2", "shards: 3, shards with a receipt: 2");
    }

    @Test
    void laterCountsReplaceEarlierOnes() {
        Books books = new Books();
        TreeMap<String, Long> replayed = new TreeMap<>();
        replayed.put("items", 99L);
        replayed.put("stored.f", 98L);
        books.add(new Tally(ShardWriterOperator.NAME, 0, replayed));
        books.add(new Receipt(0, 98, 1, List.of()));
        new RoundSample().events().forEach(event -> RoundSample.add(books, event));
        new RoundSample().events().forEach(event -> RoundSample.add(books, event));
        assertThat(books.imbalances(RoundSample.SHARDS)).isEmpty();
        assertThat(books.writers("items")).isEqualTo(18);
        assertThat(books.receipts()).hasSize(2);
    }
}
