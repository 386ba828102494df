package io.sluice.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.SluiceException;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.pattern.IgnorePatterns;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.testing.Privileges;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifierTest {
    @TempDir Path temporary;
    private final List<String> lines = new ArrayList<>();

    private VerifyReport verify(MemoryRound round) throws IOException, InterruptedException {
        return new Verifier(listener()).run(round);
    }

    private VerifyListener listener() {
        return new VerifyListener() {
            @Override
            public void damaged(RestoreLine line) {
                lines.add(line.text());
            }

            @Override
            public void difference(Difference difference) {
                lines.add(difference.text());
            }
        };
    }

    @Test
    void intactRoundIsCounted() throws Exception {
        VerifyReport report =
                verify(
                        new MemoryRound()
                                .directory("", 0755)
                                .file("a", "four")
                                .shard()
                                .file("b", "five5"));
        assertThat(report.isIntact()).isTrue();
        assertThat(report.entries()).isEqualTo(3);
        assertThat(report.bytes()).isEqualTo(9);
        assertThat(lines).isEmpty();
    }

    @Test
    void missingEntriesAreToldByTheReceipt() throws Exception {
        VerifyReport report = verify(new MemoryRound().file("a", "x").expecting(2));
        assertThat(report.isIntact()).isFalse();
        assertThat(lines)
                .containsExactly("'shard 0': incomplete: 1 entries read, 2 by its receipt");
    }

    @Test
    void damagedAndBrokenOffEntriesAreTold() throws Exception {
        var stat = MemoryRound.stat(FileType.REGULAR, 0644, 1, 4, MemoryRound.TIME);
        MemoryRound round = new MemoryRound();
        round.step(handler -> handler.entry(MemoryRound.head(bytes("lost"), stat)));
        round.entry(
                MemoryRound.head(bytes("bad\n"), stat),
                handler -> handler.data(ByteBuffer.wrap(bytes("data"))),
                DataState.DAMAGED);
        VerifyReport report = verify(round);
        assertThat(report.damaged()).isEqualTo(2);
        assertThat(lines).anyMatch(line -> line.startsWith("'bad\\x0a': damaged"));
    }

    @Test
    void comparisonWithoutLiveTreeIsAnError() {
        LiveComparison comparison = new LiveComparison(bytes(temporary + "/none"), true, temporary);
        assertThatThrownBy(() -> new Verifier(listener()).run(new MemoryRound(), comparison))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("ENOENT");
    }

    /** The archive's own directory, excluded names, and the content of another filesystem. */
    @Test
    void whatTheRoundLeavesOutIsNotExtra() throws Exception {
        assumeTrue(Privileges.canMount(), "a mount namespace of one's own is needed");
        Path live = Files.createDirectory(temporary.resolve("live"));
        Path spill = Files.createDirectory(temporary.resolve("spill"));
        Path archive = Files.createDirectories(live.resolve("archive/rounds")).getParent();
        Files.createFile(live.resolve("left.o"));
        Files.createDirectories(live.resolve("marked/inner"));
        Files.createFile(live.resolve("marked/.nobackup"));
        Path mount = Files.createDirectory(live.resolve("mount"));
        Files.createFile(live.resolve("surplus"));
        Excludes excludes =
                new Excludes(IgnorePatterns.of(List.of(bytes("*.o"))), List.of(bytes(".nobackup")));
        Privileges.inMountNamespace(
                () -> {
                    Privileges.mountTmpfs(bytes(mount.toString()));
                    Files.createFile(mount.resolve("inside"));
                    Statx stat = new Statx();
                    assertThat(Posix.statOrErrno(Posix.AT_FDCWD, bytes(archive.toString()), stat))
                            .isZero();
                    LiveComparison comparison =
                            new LiveComparison(
                                    bytes(live.toString()),
                                    true,
                                    spill,
                                    Set.of(FileIdentity.of(stat)),
                                    excludes);
                    return new Verifier(listener()).run(new MemoryRound(), comparison);
                });
        assertThat(lines)
                .filteredOn(line -> line.endsWith(": extra"))
                .containsExactlyInAnyOrder(
                        "'marked': extra",
                        "'marked/.nobackup': extra",
                        "'mount': extra",
                        "'surplus': extra");
    }
}
