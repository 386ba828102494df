package io.sluice.common.posix;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.text.Text;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DirectoryReaderTest {
    private RawTree tree;

    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
    }

    @AfterEach
    void removeTree() throws Exception {
        tree.close();
    }

    private int open() throws Exception {
        return Posix.open(Posix.AT_FDCWD, tree.root(), Posix.O_RDONLY | Posix.O_DIRECTORY, 0);
    }

    @Test
    void everyNameComesOnceWithItsType() throws Exception {
        tree.directory("d").file("f").fifo("p").symlink("l", "to");
        tree.file(new byte[] {(byte) 0xe9}).file("...").file(".hidden").file("y".repeat(255));
        TreeMap<String, FileType> found = new TreeMap<>();
        int fd = open();
        DirectoryReader reader = new DirectoryReader();
        reader.start(fd);
        while (reader.next()) {
            assertThat(reader.look()).isZero();
            found.put(Text.escape(reader.name()), reader.stat().type());
            if (reader.stat().type() == FileType.SYMLINK) {
                assertThat(reader.readlink()).isEqualTo(bytes("to"));
            } else {
                assertThat(reader.listedInode()).isEqualTo(reader.stat().inode());
            }
        }
        assertThat(reader.errno()).isZero();
        Posix.close(fd);

        TreeMap<String, FileType> expected = new TreeMap<>();
        expected.put("d", FileType.DIRECTORY);
        expected.put("f", FileType.REGULAR);
        expected.put("p", FileType.FIFO);
        expected.put("l", FileType.SYMLINK);
        expected.put("\\xe9", FileType.REGULAR);
        expected.put("...", FileType.REGULAR);
        expected.put(".hidden", FileType.REGULAR);
        expected.put("y".repeat(255), FileType.REGULAR);
        assertThat(found).isEqualTo(expected);
    }

    /** More records than one getdents call brings. */
    @Test
    void directoryBeyondTheBufferIsReadToItsEnd() throws Exception {
        tree.files("", "n".repeat(200), 2000);
        TreeSet<String> names = new TreeSet<>();
        int fd = open();
        DirectoryReader reader = new DirectoryReader();
        reader.start(fd);
        while (reader.next()) {
            assertThat(names.add(Text.escape(reader.name()))).isTrue();
        }
        Posix.close(fd);

        assertThat(names).hasSize(2000);
    }

    @Test
    void emptyDirectoryHasNoNamesAndNoError() throws Exception {
        int fd = open();
        DirectoryReader reader = new DirectoryReader();
        reader.start(fd);

        assertThat(reader.next()).isFalse();
        assertThat(reader.errno()).isZero();
        Posix.close(fd);
    }

    @Test
    void whatIsNoDirectoryEndsWithItsErrno() throws Exception {
        tree.file("f");
        int dir = open();
        int fd = Posix.open(dir, bytes("f"), Posix.O_RDONLY, 0);
        DirectoryReader reader = new DirectoryReader();
        reader.start(fd);

        assertThat(reader.next()).isFalse();
        assertThat(reader.errno()).isEqualTo(Errno.ENOTDIR);
        Posix.close(fd);
        Posix.close(dir);
    }

    @Test
    void nameThatIsGoneIsEnoentAtTheLook() throws Exception {
        tree.file("f");
        int fd = open();
        DirectoryReader reader = new DirectoryReader();
        reader.start(fd);
        assertThat(reader.next()).isTrue();
        tree.remove("f");

        assertThat(reader.look()).isEqualTo(-Errno.ENOENT);
        Posix.close(fd);
    }
}
