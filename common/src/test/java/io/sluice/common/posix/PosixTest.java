package io.sluice.common.posix;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
    void treeIsNeverLeft() {
        assertThat(Posix.openDirectoryOrErrno(root, bytes(".."), 0)).isEqualTo(-Errno.EXDEV);
        assertThat(Posix.openDirectoryOrErrno(root, bytes("/"), 0)).isEqualTo(-Errno.EXDEV);
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
