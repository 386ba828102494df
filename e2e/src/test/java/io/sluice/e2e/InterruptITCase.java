package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that end, or stand still, in the middle of their work. */
class InterruptITCase {
    /** Much more than a command writes between two looks at its first bytes. */
    private static final int FILES = 3;

    private static final int FILE_MIB = 128;

    @RegisterExtension final Workspace workspace = new Workspace();

    private Path temporary;

    @BeforeEach
    void makeSource() throws IOException {
        workspace.smallSource();
        byte[] mebibyte = new byte[1 << 20];
        for (int i = 0; i < mebibyte.length; i++) {
            mebibyte[i] = (byte) (i * 31 + (i >> 8) * 17 + (i >> 16));
        }
        for (int i = 0; i < FILES; i++) {
            Path file = workspace.sourcePath().resolve("big" + i);
            try (var out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW)) {
                for (int n = 0; n < FILE_MIB; n++) {
                    out.write(mebibyte);
                }
            }
        }
        temporary = Files.createDirectory(workspace.base().resolve("tmp"));
    }

    /** A backup that takes a while, stopped or not, once it has begun to write. */
    private RunningSluice backupInTheMiddle(int round) throws Exception {
        return workspace
                .backupCommand("--compress", "none")
                .with("SLUICE_JAVA_OPTS", "-Djava.io.tmpdir=" + temporary)
                .start()
                .await("the round's first bytes", () -> workspace.writes(round));
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void interruptedBackupCommitsNothingAndClearsUp(String signal) throws Exception {
        try (RunningSluice running = backupInTheMiddle(1)) {
            assumeTrue(
                    running.takesInterrupts() || signal.equals("TERM"),
                    "SIGINT is ignored here, and env(1) cannot change that");
            assertThat(running.signal(signal).result().refuses(130))
                    .isEqualTo("sluice: interrupted, nothing committed");
        }
        workspace.nothingIsLeft();
        assertThat(temporary).isEmptyDirectory();
        assertThat(workspace.list().succeeds().out()).contains("no complete round yet");
        workspace.archiveStaysUsable();
        assertThat(workspace.list("--json").json().findValuesAsText("round")).containsExactly("2");
    }

    @Test
    void interruptBeforeTheRoundCommitsNothing() throws Exception {
        try (RunningSluice running =
                workspace
                        .backupCommand()
                        .start()
                        .await(
                                "the lock",
                                () -> Files.exists(workspace.archive().resolve("lock")))) {
            running.signal("TERM").result().exits(130);
        }
        workspace.archiveStaysUsable();
    }

    /** Whatever instant the interrupt meets: 130 means that no round came to be, 0 that one did. */
    @Test
    void exitCodeTellsWhetherTheRoundExistsWhenTheInterruptIsLate() throws Exception {
        Path manifest = workspace.archive().resolve("rounds/1/manifest.json");
        Result result;
        try (RunningSluice running =
                workspace
                        .backupCommand()
                        .start()
                        .await("the manifest", () -> Files.exists(manifest))) {
            result = running.signal("TERM").result();
        }
        assertThat(manifest).exists();
        workspace.verify().succeeds();
        assertThat(result.exit()).as("%s", result).isZero();
    }

    @Test
    void killedBackupHoldsNoLockAndIsClearedAwayByTheNext() throws Exception {
        workspace.backup("--compress", "none").succeeds();
        try (RunningSluice running = backupInTheMiddle(2)) {
            running.signal("KILL").result().exits(137);
        }
        assertThat(workspace.archive().resolve("rounds/2")).isNotEmptyDirectory();
        assertThat(workspace.archive().resolve("rounds/2/manifest.json")).doesNotExist();
        workspace.archiveIsPrivate();
        // Readers see the round that stands.
        workspace.verify().succeeds();
        assertThat(workspace.list("--json").json().findValuesAsText("round")).containsExactly("1");

        workspace.archiveStaysUsable();
        assertThat(workspace.list("--json").json().findValuesAsText("round"))
                .containsExactly("1", "3");
        assertThat(workspace.archive().resolve("rounds/2")).doesNotExist();
        assertThat(workspace.archive().resolve("state/work")).doesNotExist();
    }

    @Test
    void secondBackupIsTurnedAwayWhileTheFirstRuns() throws Exception {
        String locked =
                "sluice: archive '"
                        + workspace.archive()
                        + "' is in use by another process: wait for its end and run again";
        try (RunningSluice first = backupInTheMiddle(1)) {
            first.signal("STOP");
            assertThat(workspace.backup().refuses(11)).isEqualTo(locked);
            assertThat(workspace.list().refuses(11)).isEqualTo(locked);
            assertThat(workspace.verify().refuses(11)).isEqualTo(locked);
            assertThat(workspace.restore().refuses(11)).isEqualTo(locked);
            workspace.archiveIsPrivate();
            first.signal("CONT").result().succeeds();
        }
        assertThat(workspace.list("--json").json().findValuesAsText("round")).containsExactly("1");
        workspace.archiveStaysUsable();
    }

    @Test
    void interruptedRestoreLeavesOnlyWholeFiles() throws Exception {
        workspace.backup("--compress", "none").succeeds();
        try (RunningSluice running =
                Sluice.command("restore", workspace.archive(), "--target", workspace.target())
                        .with("SLUICE_JAVA_OPTS", "-Djava.io.tmpdir=" + temporary)
                        .start()
                        .await("the first names", this::restoreWrites)) {
            Result result = running.signal("TERM").result();
            assertThat(result.refuses(130))
                    .isEqualTo(
                            "sluice: interrupted; every file that has its name is complete; run the"
                                    + " same command again to go on");
        }
        try (Stream<Path> files = Files.walk(workspace.target())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (isJournal(file)) {
                    continue;
                }
                Path original = workspace.sourcePath().resolve(workspace.target().relativize(file));
                assertThat(file).hasSameBinaryContentAs(original);
            }
        }
        assertThat(temporary).isEmptyDirectory();
        workspace.restore("--replace", "always").succeeds();
        workspace.verify("--against", workspace.target()).succeeds();
        workspace.archiveStaysUsable();
    }

    private boolean restoreWrites() throws IOException {
        if (!Files.isDirectory(workspace.target())) {
            return false;
        }
        try (Stream<Path> files = Files.list(workspace.target())) {
            return files.anyMatch(file -> !isJournal(file));
        }
    }

    /** What tells the next run where this one was. */
    private static boolean isJournal(Path file) {
        return file.getFileName().toString().equals(".sluice-restore");
    }

    @Test
    void backupsWaitForNoReaderToDie() throws Exception {
        workspace.backup("--compress", "none").succeeds();
        try (RunningSluice reader = Sluice.command("verify", workspace.archive()).start()) {
            reader.await("the reader's lock", () -> holdsLock(reader.pid()));
            reader.signal("STOP");
            workspace.backup().refuses(11);
            // Readers do not keep each other out.
            workspace.list().succeeds();
            reader.signal("KILL").result().exits(137);
        }
        workspace.archiveStaysUsable();
    }

    /** Whether a process has the archive's lock file open; by its links in /proc. */
    private boolean holdsLock(long pid) throws IOException {
        Path lock = workspace.archive().resolve("lock");
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                try {
                    if (Files.readSymbolicLink(descriptor).equals(lock)) {
                        return Files.readString(Path.of("/proc/locks")).contains(" " + pid + " ");
                    }
                } catch (java.nio.file.NoSuchFileException closed) {
                    continue;
                }
            }
        }
        return false;
    }
}
