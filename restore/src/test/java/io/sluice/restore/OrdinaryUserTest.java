package io.sluice.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static io.sluice.restore.MemoryRound.TIME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.SluiceException;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an ordinary user, and a user of a full filesystem, may expect. Needs root to become one. */
class OrdinaryUserTest {
    private static final int NOBODY = 65534;

    @TempDir Path temporary;
    private final List<RestoreLine> lines = new ArrayList<>();
    private Path spill;
    private Path target;

    @BeforeEach
    void requireRoot() throws Exception {
        assumeTrue(Posix.effectiveUser() == 0, "only root can become another user");
        spill = Files.createDirectory(temporary.resolve("spill"));
        target = Files.createDirectory(temporary.resolve("target"));
        for (Path path : List.of(temporary, spill, target)) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
    }

    private RestoreReport restore(MemoryRound round) throws Exception {
        RestoreOptions options =
                new RestoreOptions(Replace.NEVER, Selection.everything(), false, spill);
        return new Restore(bytes(target.toString()), options, lines::add).run(round);
    }

    @Test
    void readOnlyDirectoriesAreFilledAndForeignOwnersReported() throws Exception {
        RestoreReport report =
                OwnThread.asUser(
                        NOBODY,
                        () -> {
                            MemoryRound round =
                                    new MemoryRound().directory("d", 0500).directory("d/e", 0);
                            round.file("d/e/mine", "x").symlink("d/e/l", "x").linked("d/a", "x");
                            round.link("d/b", "d/a", 1);
                            Stat s = MemoryRound.stat(FileType.REGULAR, 06755, 1, 1, TIME);
                            Stat root =
                                    new Stat(
                                            s.mode(), 1, 0, 0, 7, 1, TIME, TIME, TIME, null, 0, 0,
                                            0, 0);
                            round.entry(
                                    MemoryRound.head(bytes("d/roots"), root),
                                    MemoryRound.data(bytes("x")),
                                    DataState.INTACT);
                            round.special("d/null", FileType.CHARACTER_DEVICE);
                            return restore(round);
                        });
        assertThat(report.failed()).isEqualTo(Map.of(Errno.EPERM, 1L));
        assertThat(report.attributes()).isEqualTo(Map.of(Errno.EPERM, 1L));
        assertThat(report.directories()).isEqualTo(2);
        assertThat(report.links()).isEqualTo(1);
        assertThat(lines)
                .extracting(RestoreLine::text)
                .containsExactlyInAnyOrder(
                        "'d/roots': chown: operation not permitted (EPERM)",
                        "'d/null': make special file: operation not permitted (EPERM)");
        try (TestTree tree = TestTree.in(target)) {
            assertThat(tree.stat("d").mode()).isEqualTo(040500);
            assertThat(tree.stat("d/e").mode()).isEqualTo(040000);
            assertThat(tree.text("d/e/mine")).isEqualTo("x");
            assertThat(Stat.of(tree.stat("d/e")).modified()).isEqualTo(TIME);
            // Another owner's set-user-ID bit would be a gift to everybody.
            assertThat(tree.stat("d/roots").mode()).isEqualTo(0100755);
            assertThat(tree.stat("d/roots").uid()).isEqualTo(NOBODY);
        }
    }

    @Test
    void existingDirectoryThatTakesNoNamesIsReported() throws Exception {
        Path closed = Files.createDirectory(target.resolve("closed"));
        RestoreReport report =
                OwnThread.asUser(
                        NOBODY,
                        () -> restore(new MemoryRound().file("closed/f", "x").file("f", "x")));
        assertThat(report.failed()).isEqualTo(Map.of(Errno.EACCES, 1L));
        assertThat(report.files()).isEqualTo(1);
        assertThat(closed).isEmptyDirectory();
    }

    @Test
    void fullFilesystemEndsTheRestoreWithOneLine() throws Exception {
        OwnThread.withSmallFilesystem(
                target.toString(),
                "size=256k",
                () -> {
                    MemoryRound round = new MemoryRound().file("fits", "x");
                    round.file("large", "x".repeat(1_500_000)).file("behind", "x");
                    assertThatThrownBy(() -> restore(round))
                            .isInstanceOf(SluiceException.class)
                            .hasMessageContaining(
                                    "'large': write: no space left on device (ENOSPC)")
                            .hasMessageNotContaining("\n");
                    try (TestTree tree = TestTree.in(target)) {
                        assertThat(tree.names(new byte[0])).hasSize(1);
                    }
                    return null;
                });
    }
}
