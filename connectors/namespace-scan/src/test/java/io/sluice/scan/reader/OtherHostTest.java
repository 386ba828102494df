package io.sluice.scan.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.RawTree;
import io.sluice.common.posix.RootIdentity;
import io.sluice.common.testing.Privileges;
import io.sluice.scan.ScanOptions;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A scan on a host where the root's filesystem has another device number. */
class OtherHostTest {
    private static final int MAJOR = 0;
    private static final int MINOR = 4711;

    private RawTree tree;
    private RootIdentity here;

    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
        tree.directory("d").file("d/f").directory("m");
        int fd = Posix.open(Posix.AT_FDCWD, tree.root(), Posix.O_PATH, 0);
        here = RootIdentity.of(fd);
        Posix.close(fd);
    }

    @AfterEach
    void removeTree() throws Exception {
        tree.close();
    }

    private ScanOptions options(String boot, FileIdentity directory) {
        return ScanOptions.of(tree.root(), 7, 2)
                .withCrossMounts(true)
                .withIdentity(new RootIdentity(boot, here.filesystemType(), directory));
    }

    private FileIdentity numbered(int minor) {
        return new FileIdentity(MAJOR, minor, here.directory().inode());
    }

    @Test
    void namesHaveTheDeviceNumbersOfTheHostThatBeganTheRound() throws Exception {
        Listings listings = ScanRig.readAll(options("another boot", numbered(MINOR)));
        assertThat(listings.looks()).hasSizeGreaterThan(3);
        assertThat(listings.looks().values())
                .allMatch(
                        look ->
                                look.contains("deviceMajor=" + MAJOR)
                                        && look.contains("deviceMinor=" + MINOR));
        assertThat(listings.directories()).contains("d", "m");
    }

    /** Its own device happens to have the number that the root's has on the other host. */
    @Test
    void anotherDeviceOfThatNumberStaysAnother() throws Exception {
        assumeThat(Privileges.canMount()).as("may make a mount namespace").isTrue();
        String mount = new String(tree.root(), StandardCharsets.UTF_8) + "/m";
        Privileges.inMountNamespace(
                () -> {
                    Privileges.mountTmpfs(mount.getBytes(StandardCharsets.UTF_8));
                    int fd =
                            Posix.open(
                                    Posix.AT_FDCWD,
                                    mount.getBytes(StandardCharsets.UTF_8),
                                    Posix.O_PATH,
                                    0);
                    FileIdentity mounted = RootIdentity.of(fd).directory();
                    Posix.close(fd);
                    FileIdentity root =
                            new FileIdentity(
                                    mounted.deviceMajor(),
                                    mounted.deviceMinor(),
                                    here.directory().inode());
                    Listings listings = ScanRig.readAll(options("another boot", root));
                    String device = "deviceMinor=" + mounted.deviceMinor() + ",";
                    assertThat(listings.looks().get("d/f")).contains(device);
                    assertThat(listings.looks().get("m")).doesNotContain(device);
                    assertThat(listings.directories()).contains("m");
                    return null;
                });
    }

    @Test
    void onTheSameHostOrWithAnotherInodeItIsAnotherDirectory() {
        FileIdentity other =
                new FileIdentity(
                        here.directory().deviceMajor(),
                        here.directory().deviceMinor(),
                        here.directory().inode() + 1);
        for (ScanOptions options :
                new ScanOptions[] {
                    options(here.boot(), numbered(MINOR)), options("another boot", other)
                }) {
            assertThatThrownBy(() -> ScanRoot.open(options))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("is not the directory any more");
        }
    }
}
