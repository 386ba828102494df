package io.sluice.common.posix;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.sluice.common.testing.Privileges;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PosixTest {
    private RawTree tree;
    private int root;

    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
        root = tree.openDirectory(new byte[0]);
    }

    @AfterEach
    void removeTree() throws Exception {
        Posix.close(root);
        tree.close();
    }

    @Test
    void linksAreRefusedAtEveryComponent() throws Exception {
        tree.directory("real").directory("real/sub").symlink("link", "real");
        tree.symlink("real/up", "..");

        assertThat(Posix.openListableOrErrno(root, bytes("link"), 0))
                .isIn(-Errno.ELOOP, -Errno.ENOTDIR);
        assertThat(Posix.openListableOrErrno(root, bytes("link/sub"), 0)).isEqualTo(-Errno.ELOOP);
        assertThat(Posix.openListableOrErrno(root, bytes("real/up/real"), 0))
                .isEqualTo(-Errno.ELOOP);
    }

    @Test
    void treeIsNeverLeft() throws Exception {
        tree.directory("d").directory("d/..x").file("d/...");
        for (String path :
                List.of("..", "/", "/etc", "d/..", "d/../d", "../x", "d/../../etc", "..//")) {
            assertThat(Posix.openDirectoryOrErrno(root, bytes(path), 0))
                    .as(path)
                    .isEqualTo(-Errno.EXDEV);
        }
        assertThat(opens("d/..x")).isTrue();
        assertThat(beneath("d/...", Posix.O_RDONLY, 0)).isZero();
    }

    @Test
    void slashesAndDotsBetweenNamesMeanNothing() throws Exception {
        tree.directory("d").directory("d/e").file("d/f");

        for (String path : List.of("d//e", "./d/./e", "d/e/", "d/e//", "d/e/.", ".", "./")) {
            assertThat(opens(path)).as(path).isTrue();
        }
        assertThat(beneath("d/f/", Posix.O_PATH, 0)).isEqualTo(-Errno.ENOTDIR);
        assertThat(beneath("d/f/x", Posix.O_PATH, 0)).isEqualTo(-Errno.ENOTDIR);
        assertThat(beneath("d/g", Posix.O_PATH, 0)).isEqualTo(-Errno.ENOENT);
        assertThat(beneath("g/f", Posix.O_PATH, 0)).isEqualTo(-Errno.ENOENT);
        assertThat(beneath("", Posix.O_PATH, 0)).isEqualTo(-Errno.ENOENT);
    }

    @Test
    void linkItselfIsOpenedOnlyToLookAt() throws Exception {
        tree.file("f").symlink("link", "f").symlink("loop", "loop").directory("d");
        tree.symlink("d/self", "/proc/self/fd/0");

        for (String path : List.of("link", "loop", "d/self")) {
            assertThat(beneath(path, Posix.O_RDONLY, 0)).as(path).isEqualTo(-Errno.ELOOP);
            assertThat(beneath(path, Posix.O_RDONLY | Posix.O_NOFOLLOW, 0))
                    .as(path)
                    .isEqualTo(-Errno.ELOOP);
            assertThat(beneath(path, Posix.O_PATH | Posix.O_NOFOLLOW, 0)).as(path).isZero();
        }
        assertThat(beneath("loop/x", Posix.O_PATH, 0)).isEqualTo(-Errno.ELOOP);
    }

    @Test
    void noDescriptorIsLeftOpen() throws Exception {
        tree.directory("a").directory("a/b").directory("a/b/c").symlink("a/link", "b").file("a/f");
        int before = openDescriptors();
        for (String path :
                List.of("a/b/c", "a/link/c", "a/f/c", "a/b/x/y", "a/f", "a/../a", "a/link")) {
            for (int i = 0; i < 50; i++) {
                beneath(path, Posix.O_RDONLY, Posix.RESOLVE_NO_XDEV);
                beneath(path, Posix.O_PATH | Posix.O_NOFOLLOW, 0);
            }
        }
        // Other threads of the JVM may open a few.
        assertThat(openDescriptors()).isLessThan(before + 40);
    }

    @Test
    void anotherMountIsRefusedWhereOneIsAskedFor() throws Exception {
        assumeThat(Privileges.canMount()).as("may make a mount namespace").isTrue();
        tree.directory("t").directory("b").directory("d").directory("d/e").file("f").file("g");
        String path = new String(tree.root(), StandardCharsets.UTF_8);

        Privileges.inMountNamespace(
                () -> {
                    Privileges.mountTmpfs(bytes(path + "/t"));
                    Privileges.mountBind(path + "/d", bytes(path + "/b"));
                    Privileges.mountBind(path + "/f", bytes(path + "/g"));
                    // The test's own descriptor belongs to the namespace without the mounts.
                    int here = Posix.open(Posix.AT_FDCWD, tree.root(), Posix.O_PATH, 0);
                    try {
                        for (String other : List.of("t", "b", "b/e", "g", "t/nothing")) {
                            for (int access : new int[] {Posix.O_PATH, Posix.O_RDONLY}) {
                                int flags = access | Posix.O_NOFOLLOW;
                                assertThat(
                                                Posix.openBeneathOrErrno(
                                                        here,
                                                        bytes(other),
                                                        flags,
                                                        0,
                                                        Posix.RESOLVE_NO_XDEV))
                                        .as(other)
                                        .isEqualTo(-Errno.EXDEV);
                            }
                        }
                        for (String inside : List.of("d/e", "f", "d")) {
                            assertThat(
                                            closed(
                                                    Posix.openBeneathOrErrno(
                                                            here,
                                                            bytes(inside),
                                                            0,
                                                            0,
                                                            Posix.RESOLVE_NO_XDEV)))
                                    .isZero();
                        }
                        for (String any : List.of("t", "b/e", "g")) {
                            assertThat(closed(Posix.openBeneathOrErrno(here, bytes(any), 0, 0, 0)))
                                    .isZero();
                        }
                    } finally {
                        Posix.close(here);
                    }
                    return null;
                });
    }

    private static int openDescriptors() {
        return new File("/proc/self/fd").list().length;
    }

    private boolean opens(String path) {
        return closed(Posix.openListableOrErrno(root, bytes(path), 0)) == 0
                && closed(Posix.openDirectoryOrErrno(root, bytes(path), Posix.RESOLVE_NO_XDEV))
                        == 0;
    }

    /** 0, the descriptor being closed again, or {@code -errno}. */
    private int beneath(String path, int flags, int resolve) {
        return closed(Posix.openBeneathOrErrno(root, bytes(path), flags, 0, resolve));
    }

    private static int closed(int fd) {
        if (fd < 0) {
            return fd;
        }
        Posix.close(fd);
        return 0;
    }

    @Test
    void pathBeyondPathMaxIsWalkedInPieces() throws Exception {
        String name = "n".repeat(200);
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            path.append(i == 0 ? "" : "/").append(name);
            tree.directory(path.toString());
            if (path.length() > Posix.PATH_MAX - 3 && path.length() < Posix.PATH_MAX + 300) {
                int fd = Posix.openDirectoryOrErrno(root, bytes(path.toString()), 0);
                assertThat(fd).isPositive();
                Posix.close(fd);
            }
        }
        tree.file(path + "/bottom");
        int fd = Posix.openListableOrErrno(root, bytes(path.toString()), 0);
        DirectoryReader reader = new DirectoryReader();
        reader.start(fd);

        assertThat(reader.next()).isTrue();
        assertThat(reader.name()).isEqualTo(bytes("bottom"));
        Posix.close(fd);
    }

    @Test
    void componentBeyondAnyLimitIsTooLong() {
        assertThat(Posix.openDirectoryOrErrno(root, new byte[10_000], 0))
                .isEqualTo(-Errno.ENAMETOOLONG);
    }

    @Test
    void exceptionNamesTheCallTheNameAndTheErrno() {
        assertThatThrownBy(() -> Posix.open(root, bytes("no\nsuch"), Posix.O_PATH, 0))
                .isInstanceOf(PosixException.class)
                .hasMessage("open 'no\\x0asuch': no such file or directory (ENOENT)");
    }

    @Test
    void emptyNameIsTheDescriptorItself() throws Exception {
        Statx byName = new Statx();
        Statx byDescriptor = new Statx();
        tree.directory("d");
        int fd = tree.openDirectory(bytes("d"));

        assertThat(Posix.statOrErrno(root, bytes("d"), byName)).isZero();
        assertThat(Posix.statOrErrno(fd, byDescriptor)).isZero();
        assertThat(byDescriptor.inode()).isEqualTo(byName.inode());
        Posix.close(fd);
    }
}
