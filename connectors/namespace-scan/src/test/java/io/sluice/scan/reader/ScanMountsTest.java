package io.sluice.scan.reader;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.sluice.common.posix.RawTree;
import io.sluice.common.testing.Privileges;
import io.sluice.scan.ScanOptions;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScanMountsTest {
    private RawTree tree;
    private String root;

    @BeforeEach
    void makeTree() throws Exception {
        assumeThat(Privileges.canMount()).as("may make a mount namespace").isTrue();
        tree = new RawTree();
        root = new String(tree.root(), StandardCharsets.UTF_8);
    }

    @AfterEach
    void removeTree() throws Exception {
        if (tree != null) {
            tree.close();
        }
    }

    private static void mounted(Callable<Void> code) throws Exception {
        Privileges.inMountNamespace(code);
    }

    private void bind(String from, String to) {
        Privileges.mountBind(root + from, bytes(root + to));
    }

    private Listings read(boolean cross) throws Exception {
        return ScanRig.readAll(ScanOptions.of(tree.root(), 7, 2).withCrossMounts(cross));
    }

    @Test
    void fileMountedOnAFileIsWhatItIsSeenAs() throws Exception {
        tree.directory("d").file("d/f").file("g").file("h");
        mounted(
                () -> {
                    bind("/d/f", "/g");
                    Privileges.mountBind("/dev/null", bytes(root + "/h"));
                    for (boolean cross : new boolean[] {false, true}) {
                        Listings listings = read(cross);
                        assertThat(listings.kinds(""))
                                .isEqualTo(Map.of("d", "PRESENT", "g", "PRESENT", "h", "PRESENT"));
                        assertThat(listings.names()).anyMatch(name -> name.matches("c [0-9]+ h"));
                    }
                    return null;
                });
    }

    @Test
    void directoryMountedBelowItselfIsNotEntered() throws Exception {
        tree.directory("d").directory("d/e").directory("d/e/again").directory("d/e/twin");
        tree.directory("other").file("other/f");
        mounted(
                () -> {
                    bind("/d", "/d/e/again");
                    bind("/other", "/d/e/twin");
                    Listings crossed = read(true);
                    assertThat(crossed.kinds("d/e"))
                            .isEqualTo(Map.of("again", "LOOP", "twin", "PRESENT"));
                    assertThat(crossed.kinds("d/e/twin")).isEqualTo(Map.of("f", "PRESENT"));
                    assertThat(crossed.directories()).doesNotContain("d/e/again");
                    assertThat(read(false).kinds("d/e"))
                            .isEqualTo(Map.of("again", "MOUNT", "twin", "MOUNT"));
                    return null;
                });
    }

    @Test
    void rootIsNotEnteredFromBelow() throws Exception {
        tree.directory("path").directory("path/here").directory("path/above").file("path/f");
        tree.file("beside");
        byte[] path = bytes(root + "/path");
        mounted(
                () -> {
                    bind("/path", "/path/here");
                    // What holds the root is not on the way, but leads to the root again.
                    bind("", "/path/above");
                    Listings crossed =
                            ScanRig.readAll(ScanOptions.of(path, 7, 2).withCrossMounts(true));
                    assertThat(crossed.kinds(""))
                            .isEqualTo(Map.of("here", "LOOP", "above", "PRESENT", "f", "PRESENT"));
                    assertThat(crossed.kinds("above"))
                            .isEqualTo(Map.of("path", "LOOP", "beside", "PRESENT"));
                    return null;
                });
    }

    @Test
    void kernelsOwnFilesystemsStayEmptyDirectories() throws Exception {
        tree.directory("proc").directory("sys").directory("tmp").file("f");
        mounted(
                () -> {
                    Privileges.mountBind("/proc", bytes(root + "/proc"));
                    Privileges.mountBind("/sys", bytes(root + "/sys"));
                    Privileges.mountTmpfs(bytes(root + "/tmp"));
                    Listings crossed = read(true);
                    assertThat(crossed.kinds(""))
                            .isEqualTo(
                                    Map.of(
                                            "proc", "MOUNT", "sys", "MOUNT", "tmp", "PRESENT", "f",
                                            "PRESENT"));
                    assertThat(crossed.directories()).containsExactly("", "/", "tmp");
                    return null;
                });
    }
}
