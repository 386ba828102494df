package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.TestTree;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class FullDiskITCase {
    private static final long SEED = 11;
    private static final int MEBI = 1 << 20;
    private static final int DISK_KIB = 24 * 1024;

    @RegisterExtension final Workspace workspace = new Workspace();

    /** Three files of 16 MiB that no compression makes smaller, and a small one. */
    private TestTree bigSource() throws IOException {
        return addBigFiles(workspace.smallSource());
    }

    private static TestTree addBigFiles(TestTree source) throws IOException {
        Random random = new Random(SEED);
        byte[] content = new byte[16 * MEBI];
        for (int i = 0; i < 3; i++) {
            random.nextBytes(content);
            source.file(Sluice.bytes("big" + i), content);
        }
        return source;
    }

    @Test
    void archiveThatFillsUpCommitsNothingAndRecovers() throws IOException {
        TestTree source = bigSource();
        Files.createDirectory(workspace.archive());
        try (SmallDisk disk = SmallDisk.mountedAt(workspace.archive(), DISK_KIB)) {
            String line = disk.in(workspace.backupCommand()).run().refuses(1);
            assertThat(line)
                    .startsWith("sluice: no space left in archive '" + workspace.archive() + "'")
                    .contains("free space");
            assertThat(disk.names()).doesNotContain("ptcomm", "state/work", "rounds/1");
            assertThat(disk.in(Sluice.command("list", workspace.archive())).run().succeeds().out())
                    .contains("no complete round yet");

            for (int i = 0; i < 3; i++) {
                source.remove(Sluice.bytes("big" + i));
            }
            disk.in(workspace.backupCommand()).run().succeeds();
            Object[] verify = {"verify", workspace.archive(), "--against", workspace.sourcePath()};
            disk.in(Sluice.command(verify)).run().succeeds();

            // A further round that does not fit leaves the first one as it is.
            addBigFiles(source);
            disk.in(workspace.backupCommand()).run().refuses(1);
            disk.in(Sluice.command("verify", workspace.archive())).run().succeeds();
            assertThat(disk.names())
                    .contains("./rounds/2/manifest.json")
                    .doesNotContain("rounds/3");
        }
    }

    @Test
    void archiveOnADiskThatIsFullFromTheStartIsRefused() throws IOException {
        workspace.smallSource();
        Files.createDirectory(workspace.archive());
        try (SmallDisk disk = SmallDisk.mountedAt(workspace.archive(), DISK_KIB)) {
            disk.in(workspace.backupCommand()).run().succeeds();
            disk.shell(
                    "cat /dev/zero > " + Shell.quote(workspace.archive() + "/filler") + " || true");
            String line = disk.in(workspace.backupCommand()).run().refuses(1);
            assertThat(line)
                    .startsWith("sluice: no space left in archive '" + workspace.archive() + "'")
                    .contains("free space");
            disk.in(Sluice.command("verify", workspace.archive())).run().succeeds();
            disk.shell("rm " + Shell.quote(workspace.archive() + "/filler"));
            disk.in(workspace.backupCommand()).run().succeeds();
            disk.in(Sluice.command("verify", workspace.archive(), "--round", "latest"))
                    .run()
                    .succeeds();
        }
    }

    @Test
    void archiveOnADiskTooSmallForTheWorkIsNamed() throws IOException {
        workspace.smallSource();
        Files.createDirectory(workspace.archive());
        try (SmallDisk disk = SmallDisk.mountedAt(workspace.archive(), 64)) {
            assertThat(disk.in(workspace.backupCommand()).run().refuses(1))
                    .contains("no space left", "'" + workspace.archive() + "'", "free space");
        }
    }

    @Test
    void restoreToADiskThatFillsUpNamesWhereItEnded() throws IOException {
        bigSource();
        workspace.backup().succeeds();
        Files.createDirectory(workspace.target());
        try (SmallDisk disk = SmallDisk.mountedAt(workspace.target(), DISK_KIB)) {
            Object[] restore = {"restore", workspace.archive(), "--target", workspace.target()};
            String line = disk.in(Sluice.command(restore)).run().refuses(1);
            assertThat(line)
                    .startsWith("sluice: the restore to '" + workspace.target() + "' ends at 'big")
                    .contains("ENOSPC", "make room there");
            // What has its name is whole, and nothing else is left but the restore's journal.
            for (String name : disk.names().lines().toList()) {
                if (name.equals("./.sluice-restore")) {
                    continue;
                }
                String restored = Shell.quote(name);
                String original = Shell.quote(workspace.sourcePath() + "/" + name);
                // A link may be there before what it points to.
                disk.shell(
                        "cd "
                                + Shell.quote(workspace.target())
                                + "; if test -L "
                                + restored
                                + "; then test \"$(readlink "
                                + restored
                                + ")\" = \"$(readlink "
                                + original
                                + ")\"; else test -d "
                                + restored
                                + " || cmp "
                                + restored
                                + " "
                                + original
                                + "; fi");
            }
            disk.shell("mount -o remount,size=100m " + Shell.quote(workspace.target()));
            Object[] again = {
                "restore",
                workspace.archive(),
                "--target",
                workspace.target(),
                "--replace",
                "always"
            };
            disk.in(Sluice.command(again)).run().succeeds();
            Object[] verify = {"verify", workspace.archive(), "--against", workspace.target()};
            disk.in(Sluice.command(verify)).run().succeeds();
        }
        workspace.archiveStaysUsable();
    }
}
