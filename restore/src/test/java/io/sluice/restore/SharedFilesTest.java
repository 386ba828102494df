package io.sluice.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileType;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names of one file that different rounds of a chain hold. */
class SharedFilesTest {
    @TempDir Path temporary;
    private final List<String> lines = new ArrayList<>();
    private TestTree source;
    private TestTree target;
    private byte[] archive;
    private Path spill;

    @BeforeEach
    void begin() throws Exception {
        source = TestTree.in(temporary.resolve("source"));
        target = TestTree.in(temporary.resolve("target"));
        archive = bytes(temporary.resolve("archive").toString());
        spill = Files.createDirectory(temporary.resolve("spill"));
    }

    @AfterEach
    void close() throws IOException {
        try (Stream<Path> left = Files.list(spill)) {
            assertThat(left).isEmpty();
        }
        source.close();
        target.close();
    }

    private void full() throws Exception {
        TreeBackup.run(source, archive, Compression.ZSTD);
    }

    private void changes(int base, Set<String> stored, Set<String> deleted) throws Exception {
        TreeBackup.Changes changes = new TreeBackup.Changes(base, stored, deleted);
        TreeBackup.run(source, archive, Compression.ZSTD, changes);
    }

    private RestoreReport restore(RoundStreams streams, Replace replace, String... selected)
            throws Exception {
        List<byte[]> paths = Stream.of(selected).map(TestTree::bytes).toList();
        RestoreOptions options = new RestoreOptions(replace, Selection.of(paths), false, spill);
        RestoreReport report =
                new Restore(target.path(), options, line -> lines.add(line.text())).run(streams);
        assertThat(report.accounted()).isEqualTo(report.selected());
        return report;
    }

    private RestoreReport restore(int round, Replace replace, String... selected) throws Exception {
        try (Archive opened = Archive.openForReading(archive)) {
            return restore(new ArchiveStreams(opened.chain(round)), replace, selected);
        }
    }

    private void assertOneFile(String... names) throws Exception {
        long inode = target.stat(names[0]).inode();
        for (String name : names) {
            assertThat(target.stat(name).inode()).as(name).isEqualTo(inode);
            assertThat(target.stat(name).links()).as(name).isEqualTo(names.length);
        }
    }

    /** a and b are one file; a alone goes out again. */
    private void retryOfOneName() throws Exception {
        source.file("a", "data").link("b", "a");
        full();
        changes(1, Set.of("a"), Set.of());
    }

    @Test
    void nameThatIsStoredAgainIsStillANameOfItsFile() throws Exception {
        retryOfOneName();
        RestoreReport report = restore(2, Replace.NEVER);
        assertThat(report.files()).isEqualTo(1);
        assertThat(report.links()).isEqualTo(1);
        assertOneFile("a", "b");
        assertThat(target.text("b")).isEqualTo("data");
        assertThat(lines).isEmpty();
    }

    @Test
    void otherNameAloneHasTheDataOfTheFile() throws Exception {
        retryOfOneName();
        RestoreReport report = restore(2, Replace.NEVER, "b");
        assertThat(report.selected()).isEqualTo(1);
        assertThat(target.text("b")).isEqualTo("data");
        assertThat(target.stat("a")).isNull();
        assertThat(lines).isEmpty();
    }

    @Test
    void nameThatIsLaterDeletedTakesNothingAlong() throws Exception {
        retryOfOneName();
        source.remove(bytes("a"));
        changes(2, Set.of(), Set.of("a"));
        restore(3, Replace.NEVER);
        assertThat(target.text("b")).isEqualTo("data");
        assertThat(target.stat("a")).isNull();
        assertThat(lines).isEmpty();
    }

    @Test
    void namesOfThreeRoundsAreOneFile() throws Exception {
        source.file("a", "data").link("b", "a").link("c", "a").link("d", "a").file("other", "x");
        full();
        changes(1, Set.of("b"), Set.of());
        changes(2, Set.of("d", "other"), Set.of());
        restore(3, Replace.NEVER);
        assertOneFile("a", "b", "c", "d");
        assertThat(lines).isEmpty();
    }

    @Test
    void fileThatIsInTheTargetStaysOutOfIt() throws Exception {
        retryOfOneName();
        target.file("b", "mine");
        restore(2, Replace.NEVER);
        assertThat(target.text("b")).isEqualTo("mine");
        assertOneFile("a");
        target.file("a", "mine too");
        restore(2, Replace.ALWAYS);
        assertOneFile("a", "b");
        assertThat(target.text("b")).isEqualTo("data");
    }

    @Test
    void otherNameIsRestoredWhereTheTargetKeepsTheFirst() throws Exception {
        retryOfOneName();
        target.file("a", "mine");
        restore(2, Replace.NEVER);
        assertThat(target.text("a")).isEqualTo("mine");
        assertThat(target.text("b")).isEqualTo("data");
        assertOneFile("b");
    }

    @Test
    void verificationCallsTwoLiveFilesADifference() throws Exception {
        retryOfOneName();
        assertThat(differences(2)).isEmpty();
        Stat stat = Stat.of(source.stat("b"));
        source.remove(bytes("b")).file("b", "data");
        source.times(bytes("b"), 1, 0, stat.modified().seconds(), stat.modified().nanos());
        assertThat(differences(2))
                .contains("'b': link: the same as 'a' in the backup, another now");
    }

    private List<String> differences(int round) throws Exception {
        List<String> found = new ArrayList<>();
        VerifyListener listener =
                new VerifyListener() {
                    @Override
                    public void damaged(RestoreLine line) {
                        found.add(line.text());
                    }

                    @Override
                    public void difference(Difference difference) {
                        found.add(difference.text());
                    }
                };
        try (Archive opened = Archive.openForReading(archive)) {
            new Verifier(listener)
                    .run(
                            new ArchiveStreams(opened.chain(round)),
                            new LiveComparison(source.path(), true, spill));
        }
        return found;
    }

    @Test
    void allNamesHaveWhatTheYoungestRoundSaysOfTheSameState() throws Exception {
        // Written within one tick of the filesystem's clock: equal state, other data.
        MemoryRound first = new MemoryRound().linked("a", "old!").link("b", "a", 4);
        MemoryRound second = new MemoryRound().linked("a", "new!");
        restore(new MemoryChain(first, second), Replace.NEVER);
        assertOneFile("a", "b");
        assertThat(target.text("b")).isEqualTo("new!");
        target.remove(bytes("a")).remove(bytes("b"));
        restore(new MemoryChain(first, second), Replace.NEVER, "b");
        assertOneFile("b");
        assertThat(target.text("b")).isEqualTo("new!");
    }

    @Test
    void whatIsNotWholeIsNoSource() throws Exception {
        MemoryRound first = new MemoryRound().linked("a", "good").link("b", "a", 4);
        MemoryRound torn = new MemoryRound();
        MemoryRound.Step data = MemoryRound.data(bytes("go\0\0"));
        Stat stat = MemoryRound.stat(FileType.REGULAR, 0644, 3, 4, MemoryRound.TIME);
        torn.entry(
                MemoryRound.head(bytes("a"), stat),
                handler -> {
                    data.run(handler);
                    handler.torn(5, "Input/output error");
                },
                DataState.INTACT);
        restore(new MemoryChain(first, torn), Replace.NEVER);
        assertOneFile("a");
        assertOneFile("b");
        assertThat(target.text("b")).isEqualTo("good");
        target.remove(bytes("a")).remove(bytes("b"));

        MemoryRound damaged =
                new MemoryRound()
                        .entry(MemoryRound.head(bytes("a"), stat), data, DataState.DAMAGED);
        assertThat(restore(new MemoryChain(first, damaged), Replace.NEVER).isComplete()).isFalse();
        assertThat(target.stat("a")).isNull();
        assertOneFile("b");
        assertThat(target.text("b")).isEqualTo("good");
        target.remove(bytes("b"));

        MemoryRound second = new MemoryRound().linked("a", "new!");
        MemoryChain suspect = new MemoryChain(first, second);
        suspect.suspect = true;
        restore(suspect, Replace.NEVER);
        assertOneFile("a");
        assertOneFile("b");
        assertThat(target.text("b")).isEqualTo("good");
    }

    @Test
    void filesOfAnotherStateOrDeviceStayApart() throws Exception {
        MemoryRound first = new MemoryRound().linked("a", "good").link("b", "a", 4);
        MemoryRound second = new MemoryRound().linked("a", "longer");
        restore(new MemoryChain(first, second), Replace.NEVER);
        assertOneFile("a");
        assertOneFile("b");
        assertThat(target.text("a") + target.text("b")).isEqualTo("longergood");
    }

    /** Two rounds, of one stream each. */
    private static final class MemoryChain implements RoundStreams {
        private final MemoryRound first;
        private final MemoryRound second;
        private boolean suspect;

        MemoryChain(MemoryRound first, MemoryRound second) {
            this.first = first;
            this.second = second;
        }

        @Override
        public int shards() {
            return 2;
        }

        @Override
        public int rounds() {
            return 2;
        }

        @Override
        public int age(int shard) {
            return 1 - shard;
        }

        @Override
        public int number(int age) {
            return 2 - age;
        }

        @Override
        public RoundIdentity identity() {
            return second.identity();
        }

        @Override
        public boolean metadataOnly() {
            return false;
        }

        @Override
        public long entries(int shard) {
            return -1;
        }

        @Override
        public void read(int shard, EntryHandler handler, DamageListener listener)
                throws IOException {
            listener.segment(0);
            if (suspect && shard == 1) {
                listener.suspect(0, "shard-0");
            }
            (shard == 0 ? first : second).read(0, handler, listener);
        }
    }
}
