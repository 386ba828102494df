package io.sluice.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileType;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.archive.HandmadeRounds;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chains whose rounds contradict each other, or are damaged: no older version in silence. */
class ChainDamageTest {
    @TempDir Path temporary;
    private final List<String> lines = new ArrayList<>();
    private HandmadeRounds rounds;
    private Path archive;
    private TestTree target;

    @BeforeEach
    void begin() throws Exception {
        archive = temporary.resolve("archive");
        rounds = new HandmadeRounds(archive, 2);
        target = TestTree.in(temporary.resolve("target"));
    }

    @AfterEach
    void close() throws IOException {
        target.close();
    }

    private static SampleEntry entry(String path, Stat stat, String linkTo, String data) {
        return new SampleEntry(
                path,
                stat,
                null,
                linkTo,
                List.of(),
                data,
                null,
                List.of(),
                DataState.INTACT,
                false);
    }

    private static SampleEntry directory(String path) {
        Stat stat = MemoryRound.stat(FileType.DIRECTORY, 0755, 2, 4096, MemoryRound.TIME);
        return entry(path, stat, null, "");
    }

    private static SampleEntry file(String path, String data) {
        return file(path, 1, data);
    }

    private static SampleEntry file(String path, int links, String data) {
        Stat stat =
                MemoryRound.stat(FileType.REGULAR, 0644, links, data.length(), MemoryRound.TIME);
        return entry(path, stat, null, data);
    }

    private static SampleEntry link(String path, String to, int size) {
        Stat stat = MemoryRound.stat(FileType.REGULAR, 0644, 3, size, MemoryRound.TIME);
        return entry(path, stat, to, "");
    }

    private static SampleEntry gone(String path) {
        return SampleEntry.tombstone(path, false);
    }

    private void full(SampleEntry... entries) throws IOException {
        rounds.full(Instant.EPOCH, entries);
    }

    private void changes(SampleEntry... entries) throws IOException {
        try (Stream<Path> before = Files.list(archive.resolve("rounds"))) {
            rounds.changes((int) before.count(), Instant.EPOCH, entries);
        }
    }

    private RestoreReport restore(Replace replace, String... selected) throws Exception {
        List<byte[]> paths = Stream.of(selected).map(TestTree::bytes).toList();
        try (Archive opened = Archive.openForReading(bytes(archive.toString()))) {
            int last = opened.latest().manifest().round();
            RestoreOptions options =
                    new RestoreOptions(replace, Selection.of(paths), false, temporary);
            RestoreReport report =
                    new Restore(target.path(), options, line -> lines.add(line.text()))
                            .run(new ArchiveStreams(opened.chain(last)));
            assertThat(report.accounted()).isEqualTo(report.selected());
            return report;
        }
    }

    private Path segment(int round) throws IOException {
        try (Stream<Path> files = Files.list(archive.resolve("rounds/" + round))) {
            return files.filter(f -> f.getFileName().toString().startsWith("shard-0."))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Swaps a text in a segment that is not compressed: its sum no longer agrees. */
    private void forge(int round, String from, String to) throws IOException {
        byte[] content = Files.readAllBytes(segment(round));
        String text = new String(content, java.nio.charset.StandardCharsets.ISO_8859_1);
        assertThat(text).contains(from);
        Files.write(
                segment(round),
                text.replace(from, to).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    }

    @Test
    void lostRoundLeavesNoOlderVersionInSilence() throws Exception {
        full(directory(""), file("same", "1"), file("changed", "old"), file("gone", "old"));
        changes(file("changed", "new!"), gone("gone"));
        changes(file("third", "3"));
        Files.delete(segment(2));
        RestoreReport report = restore(Replace.NEVER);
        assertThat(report.isComplete()).isFalse();
        assertThat(report.stale()).isEqualTo(4);
        assertThat(lines)
                .contains(
                        "'round 2': damaged: 4 entries of older rounds may be stale, or deleted"
                                + " since: it has lost 2 records, and others may be wrong");
        assertThat(target.text("third")).isEqualTo("3");
    }

    @Test
    void damageOfTheOldestRoundMakesNothingStale() throws Exception {
        full(directory(""), file("a", "1"));
        changes(file("b", "2"));
        Files.delete(segment(1));
        RestoreReport report = restore(Replace.NEVER);
        assertThat(report.isComplete()).isFalse();
        assertThat(report.stale()).isZero();
        assertThat(target.text("b")).isEqualTo("2");
    }

    @Test
    void damagedDataIsNotReplacedByTheOlderVersion() throws Exception {
        full(directory(""), file("f", "older version"));
        changes(file("f", "newer version"));
        changes(file("g", "x"));
        forge(2, "newer version", "never version");
        RestoreReport report = restore(Replace.NEVER);
        assertThat(report.damaged()).isEqualTo(1);
        assertThat(report.isComplete()).isFalse();
        assertThat(target.stat("f")).isNull();
    }

    @Test
    void tombstoneOfDamagedSegmentIsNamed() throws Exception {
        full(directory(""), file("food", "keep"), file("fool", "drop"));
        changes(gone("fool"));
        forge(2, "/fool", "/food");
        RestoreReport report = restore(Replace.NEVER);
        assertThat(report.isComplete()).isFalse();
        assertThat(lines)
                .contains(
                        "'food': left out: a damaged segment says that it was deleted or replaced");
        assertThat(report.stale()).isPositive();
    }

    @Test
    void namesThatForgedOnesHideAreTold() throws Exception {
        full(directory(""), directory("dir1"), file("dir1/a", "1"), file("file3", "3"));
        changes(file("dir2", "x"), directory("filf3"), file("filf3/b", "y"));
        forge(2, "/dir2", "/dir1");
        forge(2, "/filf3", "/file3");
        RestoreReport report = restore(Replace.NEVER);
        assertThat(report.isComplete()).isFalse();
        assertThat(lines)
                .contains(
                        "'dir1/a': left out: a damaged segment says that it was deleted or"
                                + " replaced")
                .contains(
                        "'dir1': from a damaged segment: its name, owner, mode and times may be"
                                + " wrong")
                .contains(
                        "'file3': from a damaged segment: its name, owner, mode and times may be"
                                + " wrong");
    }

    @Test
    void youngerFileIsNotCoveredByOlderOnesBelowItsName() throws Exception {
        full(directory(""), directory("x"), file("x/y", "old"), file("x.z", "1"));
        // Its tombstones of x/y are lost.
        changes(file("x", "file"));
        assertThat(restore(Replace.NEVER).isComplete()).isTrue();
        assertThat(target.text("x")).isEqualTo("file");
        assertThat(target.text("x.z")).isEqualTo("1");
    }

    @Test
    void youngerEntryBelowTakesThePlaceOfAnOlderFile() throws Exception {
        full(directory(""), file("x", "old"), file("x y", "1"));
        changes(file("x/y/z", "new"));
        restore(Replace.NEVER);
        assertThat(target.text("x/y/z")).isEqualTo("new");
        assertThat(target.text("x y")).isEqualTo("1");
    }

    @Test
    void entryBeatsTombstoneOfItsRound() throws Exception {
        full(directory(""), file("f", "old"));
        rounds.round(
                1, "full", Instant.EPOCH, List.of(List.of(gone("f")), List.of(file("f", "new"))));
        assertThat(restore(Replace.NEVER).isComplete()).isTrue();
        assertThat(target.text("f")).isEqualTo("new");
    }

    @Test
    void linksFindTheirDataThoughItsNameIsDeletedReplacedOrLeftOut() throws Exception {
        full(
                directory(""),
                file("a", 3, "data of a"),
                link("b", "a", 9),
                link("c", "a", 9),
                file("d", 2, "data of d!"),
                link("e", "d", 10));
        changes(gone("a"), file("d", "another"));
        assertThat(restore(Replace.NEVER).isComplete()).isTrue();
        assertThat(target.stat("a")).isNull();
        assertThat(target.text("b")).isEqualTo("data of a");
        assertThat(target.stat("c").inode()).isEqualTo(target.stat("b").inode());
        assertThat(target.text("d")).isEqualTo("another");
        assertThat(target.text("e")).isEqualTo("data of d!");
        target.clear();
        assertThat(restore(Replace.NEVER, "e").isComplete()).isTrue();
        assertThat(target.text("e")).isEqualTo("data of d!");
        assertThat(target.stat("d")).isNull();
    }

    private List<String> differences() throws Exception {
        List<String> found = new ArrayList<>();
        VerifyListener listener =
                new VerifyListener() {
                    @Override
                    public void damaged(RestoreLine line) {
                        throw new AssertionError(line.text());
                    }

                    @Override
                    public void difference(Difference difference) {
                        found.add(difference.text());
                    }
                };
        try (Archive opened = Archive.openForReading(bytes(archive.toString()))) {
            LiveComparison live = new LiveComparison(target.path(), true, temporary);
            new Verifier(listener).run(new ArchiveStreams(opened.chain(2)), live);
        }
        return found;
    }

    @Test
    void linksAreComparedByTheirDataWhereItsNameNoLongerCounts() throws Exception {
        full(
                directory(""),
                file("a", 3, "data of a"),
                link("b", "a", 9),
                link("c", "a", 9),
                file("d", 2, "data of d!"),
                link("e", "d", 10));
        changes(gone("a"));
        assertThat(restore(Replace.ALWAYS).isComplete()).isTrue();
        assertThat(differences()).isEmpty();
        // The data of b and c stands below the name of a, which does not count.
        target.write(bytes("b"), 0, bytes("X"));
        assertThat(target.text("c")).isEqualTo("Xata of a");
        target.times("b", 5, MemoryRound.TIME.seconds(), MemoryRound.TIME.nanos());
        assertThat(differences())
                .containsExactly(
                        "'b': content: as it was in the backup, different from byte 0 on now");
        target.write(bytes("b"), 0, bytes("d")).remove(bytes("c")).file("c", "data of a");
        target.remove(bytes("e")).file("e", "data of d!");
        for (String name : List.of("b", "c", "e", "")) {
            target.mode(name, name.isEmpty() ? 0755 : 0644);
            target.times(name, 5, MemoryRound.TIME.seconds(), MemoryRound.TIME.nanos());
        }
        assertThat(differences())
                .containsExactlyInAnyOrder(
                        "'c': link: the same as 'b' in the backup, another now",
                        "'e': link: the same as 'd' in the backup, another now");
    }

    @Test
    void restoreOfAnotherRoundOfTheChainIsRefusedUntilTheFirstIsFinished() throws Exception {
        full(directory(""), file("a", "1"), directory("d"), file("d/f", "x"));
        changes(file("a", "2"));
        try (Archive opened = Archive.openForReading(bytes(archive.toString()))) {
            RestoreOptions options =
                    new RestoreOptions(Replace.NEVER, Selection.everything(), false, temporary);
            ArchiveStreams young = new ArchiveStreams(opened.chain(2));
            ArchiveStreams alone = new ArchiveStreams(opened.round(2));
            ArchiveStreams old = new ArchiveStreams(opened.chain(1));
            Restore broken =
                    new Restore(
                            target.path(),
                            options,
                            line -> {
                                throw new AssertionError(line);
                            });
            // As a failure in the middle.
            assertThatThrownBy(() -> broken.run(new BrokenStreams(young)))
                    .hasMessage("broken here");
            for (ArchiveStreams other : List.of(old, alone)) {
                assertThatThrownBy(() -> new Restore(target.path(), options, line -> {}).run(other))
                        .isInstanceOf(SluiceException.class)
                        .hasMessageContaining("a restore of round 2 of '/usr' to");
            }
            new Restore(target.path(), options, line -> {}).run(young);
        }
        assertThat(target.text("a")).isEqualTo("2");
        assertThat(target.text("d/f")).isEqualTo("x");
        assertThat(target.stat(".sluice-restore")).isNull();
    }

    @Test
    void bitsAreKeptWhereTheyWereSet() throws Exception {
        try (SpilledBits bits = new SpilledBits(temporary, 70)) {
            bits.set(0);
            bits.set(63);
            bits.set(69);
            for (int i = 0; i < 70; i++) {
                assertThat(bits.get(i)).isEqualTo(i == 0 || i == 63 || i == 69);
            }
        }
    }

    /** Breaks off when the youngest stream is read for the second time. */
    private static final class BrokenStreams extends ForwardingStreams {
        private final AtomicInteger readings = new AtomicInteger();

        BrokenStreams(RoundStreams streams) {
            super(streams);
        }

        @Override
        public void read(int shard, EntryHandler handler, DamageListener listener)
                throws IOException {
            super.read(shard, handler, listener);
            if (readings.incrementAndGet() == 2 * shards()) {
                throw new IOException("broken here");
            }
        }
    }
}
