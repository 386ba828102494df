package io.sluice.pipeline.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.filesystem.FileFacts;
import io.sluice.common.filesystem.FileHooks;
import io.sluice.common.filesystem.FileHooksFactory;
import io.sluice.common.filesystem.HsmOptions;
import io.sluice.common.filesystem.HsmPolicy;
import io.sluice.common.filesystem.TapeState;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.common.round.Content;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.codec.HeadHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that go to tape and come back between rounds; a tape is played, by their inodes. */
class ReleasedRoundsITCase {
    private static final Set<Long> ON_TAPE = ConcurrentHashMap.newKeySet();
    private static final TapeState STATE =
            new TapeState(false, 1, "arch=1;rel=1;dir=0;lost=0;aid=1");

    @TempDir Path temporary;
    private Path source;
    private Path archive;

    /** Knows which files are on tape. */
    private static final class PlayedTape implements FileHooksFactory {
        private static final long serialVersionUID = 1L;

        @Override
        public FileHooks open(byte[] root) {
            return new FileHooks() {
                @Override
                public FileFacts look(int descriptor, FileType type) throws PosixException {
                    return new FileFacts(tape(descriptor), null, null);
                }

                @Override
                public TapeState tape(int descriptor) throws PosixException {
                    Statx stat = new Statx();
                    Posix.stat(descriptor, stat);
                    return ON_TAPE.contains(stat.inode()) ? STATE : null;
                }
            };
        }
    }

    @BeforeEach
    void makeSource() throws IOException {
        source = Files.createDirectory(temporary.toRealPath().resolve("source"));
        archive = temporary.toRealPath().resolve("archive");
        ON_TAPE.clear();
    }

    /** A file as tape leaves it: with less space than bytes. */
    private Path file(String name) throws IOException {
        Path file = source.resolve(name);
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(1 << 20);
            opened.write(name.getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    private static long inode(Path file) throws IOException {
        return (Long) Files.getAttribute(file, "unix:ino");
    }

    private RoundReport backup(HsmPolicy policy) throws Exception {
        BackupRequest request =
                BackupRequest.of(bytes(source), bytes(archive))
                        .withShards(2)
                        .withContent(Content.FULL, Compression.NONE)
                        .withFilesystem(
                                new BackupRequest.Filesystem(
                                        new PlayedTape(), new HsmOptions(policy, 4, 0, 60, false)))
                        .build();
        return new Launcher(request).run();
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Names of the regular files that a round holds. */
    private Set<String> recorded(int round) throws IOException {
        Set<String> names = new TreeSet<>();
        try (Archive opened = Archive.openForReading(bytes(archive))) {
            opened.round(round)
                    .read(
                            new HeadHandler() {
                                @Override
                                public void head(StreamEntry entry) {
                                    if (entry.stat().type() == FileType.REGULAR) {
                                        names.add(new String(entry.path(), StandardCharsets.UTF_8));
                                    }
                                }

                                @Override
                                public void deleted(byte[] path, boolean directory) {
                                    names.add("deleted " + path.length);
                                }
                            },
                            damage -> {
                                throw new IOException(damage.detail());
                            });
        }
        return names;
    }

    /** What is younger than three seconds is owed and goes out again. */
    private static void letItAge() throws InterruptedException {
        Thread.sleep(4200);
    }

    @Test
    void entriesWithoutDataShadowNothingAndDataThatComesBackIsStored() throws Exception {
        Path stored = file("stored");
        Path taped = file("taped");
        ON_TAPE.add(inode(taped));
        letItAge();

        RoundReport first = backup(HsmPolicy.MARK_RELEASED);
        assertThat(first.hsmMarked()).isEqualTo(1);
        assertThat(first.hsmSkipped()).isZero();
        assertThat(recorded(1)).containsExactly("stored", "taped");

        ON_TAPE.add(inode(stored));
        Files.setPosixFilePermissions(stored, PosixFilePermissions.fromString("rw-------"));
        RoundReport second = backup(HsmPolicy.MARK_RELEASED);
        assertThat(recorded(2)).isEmpty();
        assertThat(second.hsmStaleMeta()).isEqualTo(1);
        assertThat(second.hsmMarked()).isZero();
        assertThat(second.skipped()).containsEntry("released", 1L);
        assertThat(second.owed()).containsEntry("released", 1L);

        ON_TAPE.remove(inode(taped));
        RoundReport third = backup(HsmPolicy.MARK_RELEASED);
        assertThat(recorded(3)).containsExactly("taped");
        assertThat(third.hsmStaleMeta()).as("still, and counted once").isEqualTo(1);
        assertThat(third.bytes()).isPositive();

        ON_TAPE.remove(inode(stored));
        RoundReport fourth = backup(HsmPolicy.MARK_RELEASED);
        assertThat(recorded(4)).containsExactly("stored");
        assertThat(fourth.hsmStaleMeta()).isZero();
        assertThat(fourth.lastLine(0)).contains("hsm_skipped=0 hsm_marked=0 hsm_lost=0");
    }

    @Test
    void dataThatWasChangedBeforeItWentToTapeIsAnEntryWithoutData() throws Exception {
        Path file = file("f");
        letItAge();
        backup(HsmPolicy.SKIP_RELEASED);
        Files.writeString(file, "new content, and shorter");
        file("f");
        ON_TAPE.add(inode(file));
        RoundReport second = backup(HsmPolicy.SKIP_RELEASED);
        assertThat(second.hsmSkipped()).isEqualTo(1);
        assertThat(second.hsmStaleMeta()).isZero();
        assertThat(recorded(2)).containsExactly("f");
    }
}
