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
                "directory-index/0 | directories | directories to be listed: 5, listings merged by the index: 4",
                "directory-index/0 | directories.failed.EIO | failed listings of the sources: 2, failed listings in the index: 3",
                "shard-writer/0 | failed.EIO | items of the shards: 12, their outcomes: 13",
                "shard-writer/1 | skipped.vanished | items of the shards: 12, their outcomes: 13",
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
                        "new and changed names: 13, items sent to the shards: 12");
        assertThat(imbalances(new RoundSample().falsify("directory-index/0", "items", 1)))
                .containsExactly(
                        "new and changed names: 12, items sent to the shards: 13",
                        "items sent to the shards: 13, items of the shards: 12");
        assertThat(imbalances(new RoundSample().falsify("shard-writer/1", "items", 1)))
                .containsExactly(
                        "items sent to the shards: 12, items of the shards: 13",
                        "items of the shards: 13, their outcomes: 12");
        assertThat(imbalances(new RoundSample().falsify("shard-writer/0", "stored.f", -1)))
                .containsExactly(
                        "items of the shards: 12, their outcomes: 11",
                        "entries and tombstones stored by shard 0: 5, entries in its receipt: 6");
    }

    @Test
    void twoWrongReceiptsDoNotMakeOneRightSum() {
        assertThat(imbalances(new RoundSample().falsifyReceipt(0, 1).falsifyReceipt(1, -1)))
                .containsExactly(
                        "entries and tombstones stored by shard 0: 6, entries in its receipt: 7",
                        "entries and tombstones stored by shard 1: 4, entries in its receipt: 3");
    }

    /** They are items and entries of a stream, and no stored files. */
    @Test
    void tombstonesAreAnOutcomeOfTheirOwn() {
        assertThat(imbalances(new RoundSample().falsify("shard-writer/0", "deleted", 1)))
                .containsExactly(
                        "items of the shards: 12, their outcomes: 13",
                        "entries and tombstones stored by shard 0: 7, entries in its receipt: 6");
        RoundSample sample =
                new RoundSample()
                        .falsify("shard-writer/0", "deleted", 1)
                        .falsify("shard-writer/0", "items", 1)
                        .falsifyReceipt(0, 1);
        assertThat(imbalances(sample))
                .containsExactly("items sent to the shards: 12, items of the shards: 13");
        assertThat(sample.books().writersByReason("stored.")).containsEntry("f", 8L);
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
        assertThat(books.writers("items")).isEqualTo(12);
        assertThat(books.receipts()).hasSize(2);
    }
}
