package io.sluice.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.FileType;
import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ArchiveRestoreTest {
    @TempDir Path temporary;
    private TestTree source;
    private TestTree target;
    private byte[] archive;
    private Path spill;
    private final List<RestoreLine> lines = new ArrayList<>();
    private final List<Difference> differences = new ArrayList<>();

    @BeforeEach
    void makeTrees() throws IOException {
        source = TestTree.in(temporary.resolve("source"));
        target = TestTree.in(temporary.resolve("target"));
        archive = bytes(temporary.resolve("archive").toString());
        spill = Files.createDirectory(temporary.resolve("spill"));
        byte[] large = new byte[2_500_000];
        new Random(1).nextBytes(large);
        byte[] odd = {'o', '\n', (byte) 0xff};
        source.file("d/file", "content")
                .file(odd, bytes("odd"))
                .file(bytes("d/large"), large)
                .file("d/empty", "")
                .link("d/link", "d/file")
                .link("another/place", "d/file")
                .symlink("d/symlink", "../nowhere")
                .special(bytes("d/fifo"), FileType.FIFO, 0, 0)
                .sparse(bytes("sparse"), 1 << 24, 1 << 20, bytes("middle"))
                .sparse(bytes("hole"), 1 << 20, 0, new byte[0])
                .file("x".repeat(255) + "/" + "y".repeat(255) + "/z", "long")
                .mode("d/file", 04711)
                .mode("d/large", 0)
                .times("d/symlink", 5, 6, 7)
                .times("d/file", -5, -6, 7)
                .times("d/large", 5, 5_000_000_000L, 7)
                .mode("d", 0500)
                .times("d", 1, 2, 3)
                .times("", 1, 2, 3);
    }

    @AfterEach
    void removeTrees() throws IOException {
        assertThat(spill).isEmptyDirectory();
        source.close();
        target.close();
    }

    private RestoreReport restore() throws Exception {
        try (Archive opened = Archive.openForReading(archive)) {
            RestoreOptions options =
                    new RestoreOptions(Replace.ALWAYS, Selection.everything(), false, spill);
            return new Restore(target.path(), options, lines::add)
                    .run(new ArchiveStreams(opened.latest()));
        }
    }

    private VerifyReport verify(TestTree live) throws Exception {
        VerifyListener listener =
                new VerifyListener() {
                    @Override
                    public void damaged(RestoreLine line) {
                        lines.add(line);
                    }

                    @Override
                    public void difference(Difference difference) {
                        differences.add(difference);
                    }
                };
        Verifier verifier = new Verifier(listener);
        try (Archive opened = Archive.openForReading(archive)) {
            ArchiveStreams streams = new ArchiveStreams(opened.latest());
            return live == null
                    ? verifier.run(streams)
                    : verifier.run(streams, new LiveComparison(live.path(), true, spill));
        }
    }

    @ParameterizedTest
    @EnumSource
    void wholeTreeComesBack(Compression compression) throws Exception {
        TreeBackup.run(source, archive, compression);
        RestoreReport report = restore();
        assertThat(lines).isEmpty();
        assertThat(report.isComplete()).isTrue();
        assertThat(report.accounted()).isEqualTo(report.selected());
        assertThat(
                        TreeComparison.compare(
                                source.path(),
                                target.path(),
                                EnumSet.complementOf(EnumSet.of(Aspect.ATIME))))
                .isEmpty();
        VerifyReport verified = verify(target);
        assertThat(differences).isEmpty();
        assertThat(verified.isIntact()).isTrue();
        assertThat(verified.entries()).isEqualTo(report.selected());
        // Once more over what is there.
        assertThat(restore().isComplete()).isTrue();
        assertThat(TreeComparison.compare(source, target)).isEmpty();
    }

    @Test
    void everyDifferenceFromTheLiveTreeIsFound() throws Exception {
        TreeBackup.run(source, archive, Compression.NONE);
        restore();
        target.file("extra/name", "x").remove(bytes("d/empty"));
        target.remove(bytes("d/link")).file("d/link", "content");
        target.mode("d/link", 04711).times("d/link", -5, -6, 7);
        target.remove(bytes("d/symlink")).symlink("d/symlink", "../elsewhere");
        target.times("d/symlink", 5, 6, 7);
        target.remove(bytes("d/fifo")).directory("d/fifo");
        target.sparse(bytes("sparse"), 1 << 24, 1 << 20, bytes("middlE"));
        long modified = source.stat("sparse").modificationSeconds();
        target.times("sparse", 5, modified, source.stat("sparse").modificationNanos());
        target.sparse(bytes("hole"), 1 << 20, (1 << 20) - 1, bytes("!"));
        target.file("another/place", "content is now longer");
        target.mode("another", 0700).times("d", 1, 2, 3).times("", 1, 2, 3);
        VerifyReport report = verify(target);
        assertThat(report.isIntact()).isTrue();
        Map<Difference.Kind, Long> expected =
                Map.of(
                        Difference.Kind.EXTRA, 2L,
                        Difference.Kind.MISSING, 1L,
                        Difference.Kind.TYPE, 1L,
                        Difference.Kind.TARGET, 1L,
                        Difference.Kind.CONTENT, 2L);
        assertThat(report.differences()).containsAllEntriesOf(expected);
        assertThat(report.differences())
                .containsKeys(
                        Difference.Kind.LINK,
                        Difference.Kind.MODE,
                        Difference.Kind.SIZE,
                        Difference.Kind.MTIME);
        assertThat(differences)
                .extracting(Difference::text)
                .contains("'extra': extra", "'extra/name': extra", "'d/empty': missing")
                .contains("'another': mode: 755 in the backup, 700 now");
    }

    @ParameterizedTest
    @EnumSource
    void damageIsFoundAndNotRestored(Compression compression) throws Exception {
        TreeBackup.run(source, archive, compression);
        Path segment;
        try (Stream<Path> files = Files.list(temporary.resolve("archive/rounds/1"))) {
            segment =
                    files.filter(f -> f.toString().contains("shard-"))
                            .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
                            .orElseThrow();
        }
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
            // In the large file's random data, which takes up most of the segment.
            file.seek(file.length() / 2);
            int old = file.read();
            file.seek(file.length() / 2);
            file.write(old ^ 1);
        }
        VerifyReport verified = verify(null);
        assertThat(verified.isIntact()).isFalse();
        assertThat(verified.damagedSegments()).isEqualTo(1);
        assertThat(lines).isNotEmpty();
        RestoreReport report = restore();
        assertThat(report.isComplete()).isFalse();
        assertThat(report.damagedSegments()).isEqualTo(1);
        assertThat(target.stat("d/large")).isNull();
        assertThat(report.accounted()).isEqualTo(report.selected());
    }
}
