package io.sluice.common.testing;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.testing.TreeComparison.Aspect;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeComparisonTest {
    @TempDir Path temporary;
    private TestTree left;
    private TestTree right;

    @BeforeEach
    void makeTrees() throws IOException {
        left = fill(temporary.resolve("left"));
        right = fill(temporary.resolve("right"));
    }

    @AfterEach
    void removeTrees() throws IOException {
        left.close();
        right.close();
        assertThat(temporary).isEmptyDirectory();
    }

    private static TestTree fill(Path path) throws IOException {
        byte[] odd = {'o', '\n', (byte) 0xff};
        return TestTree.in(path)
                .file("d/file", "content")
                .file("d/other", "content")
                .file(odd, bytes("odd"))
                .link("d/link", "d/file")
                .symlink("d/symlink", "nowhere")
                .special(bytes("d/fifo"), FileType.FIFO, 0, 0)
                .sparse(bytes("sparse"), 1 << 20, 1 << 19, bytes("middle"))
                .times("d/file", 1, 2, 3)
                .times("d/other", 1, 2, 3)
                .times(odd, 1, 0, 2, 3)
                .times("d/symlink", 1, 2, 3)
                .times("d/fifo", 1, 2, 3)
                .times("sparse", 1, 2, 3)
                .times("d", 1, 2, 3)
                .times("", 1, 2, 3);
    }

    private void assertDifference(String path, String aspect, String... more) throws IOException {
        List<String> found = TreeComparison.compare(left, right);
        assertThat(found).hasSize(1 + more.length);
        assertThat(found.get(0)).startsWith("'" + path + "': " + aspect + ": ");
        for (int i = 0; i < more.length; i++) {
            assertThat(found.get(i + 1)).startsWith(more[i]);
        }
    }

    @Test
    void equalTreesHaveNoDifference() throws IOException {
        assertThat(TreeComparison.compare(left.path(), right.path(), EnumSet.allOf(Aspect.class)))
                .isEmpty();
    }

    @Test
    void missingAndExtraNamesAreFound() throws IOException {
        right.remove(bytes("d/other")).file("d/p", "").times("d", 1, 2, 3);
        assertDifference("d/other", "name", "'d/p': name: missing | there");
    }

    @Test
    void typeIsFound() throws IOException {
        right.remove(bytes("d/other")).directory("d/other").times("d", 1, 2, 3);
        assertDifference("d/other", "type");
    }

    @Test
    void modeIsFound() throws IOException {
        right.mode("d/other", 04644);
        assertDifference("d/other", "mode");
    }

    @Test
    void ownerIsFound() throws IOException {
        assumeTrue(Posix.effectiveUser() == 0, "only root gives files away");
        right.owner(bytes("d/symlink"), 0, 5);
        assertDifference("d/symlink", "owner");
    }

    @Test
    void sizeIsFound() throws IOException {
        right.file("d/other", "contents").times("d/other", 1, 2, 3);
        assertDifference("d/other", "size");
    }

    @Test
    void oneNanosecondIsFound() throws IOException {
        right.times("d/symlink", 1, 2, 4);
        assertDifference("d/symlink", "mtime");
    }

    @Test
    void rootIsCompared() throws IOException {
        right.times("", 1, 2, 4);
        assertDifference("", "mtime");
    }

    @Test
    void accessTimeIsFoundWhenAskedFor() throws IOException {
        right.times("d/fifo", 9, 2, 3);
        assertThat(TreeComparison.compare(left.path(), right.path(), EnumSet.of(Aspect.ATIME)))
                .singleElement()
                .asString()
                .startsWith("'d/fifo': atime: ");
        assertThat(TreeComparison.compare(left, right)).isEmpty();
    }

    @Test
    void targetIsFound() throws IOException {
        right.remove(bytes("d/symlink")).symlink("d/symlink", "nowhera");
        right.times("d/symlink", 1, 2, 3).times("d", 1, 2, 3);
        assertDifference("d/symlink", "target");
    }

    @Test
    void contentIsFound() throws IOException {
        right.file("d/other", "contend").times("d/other", 1, 2, 3);
        assertDifference("d/other", "content");
    }

    @Test
    void contentBehindHoleIsFound() throws IOException {
        right.sparse(bytes("sparse"), 1 << 20, 1 << 19, bytes("middlE")).times("sparse", 1, 2, 3);
        assertDifference("sparse", "content");
    }

    @Test
    void hardLinkThatIsCopyIsFound() throws IOException {
        right.remove(bytes("d/link")).file("d/link", "content");
        right.times("d/link", 1, 2, 3).times("d", 1, 2, 3);
        assertDifference("d/link", "hard_links");
    }

    @Test
    void holeThatIsFilledIsFoundWhenAskedFor() throws IOException {
        byte[] whole = new byte[1 << 20];
        System.arraycopy(bytes("middle"), 0, whole, 1 << 19, 6);
        right.file(bytes("sparse"), whole).times("sparse", 1, 2, 3);
        assertThat(TreeComparison.compare(left, right)).isEmpty();
        assertThat(TreeComparison.compare(left.path(), right.path(), EnumSet.of(Aspect.HOLES)))
                .singleElement()
                .asString()
                .startsWith("'sparse': holes: ");
    }

    @Test
    void extendedAttributesAreFound() throws IOException {
        byte[] value = {0, (byte) 0xff};
        assumeTrue(right.xattr(bytes("d/other"), "user.a", value), "no user xattrs here");
        assertDifference("d/other", "xattr");
        left.xattr(bytes("d/other"), "user.a", value);
        assertThat(TreeComparison.compare(left, right)).isEmpty();
    }

    @Test
    void extendedAttributesOfSymbolicLinksAreFound() throws IOException {
        boolean set = right.xattr(bytes("d/symlink"), "trusted.a", bytes("v"));
        assumeTrue(set, "only root sets trusted xattrs");
        assertDifference("d/symlink", "xattr");
    }

    @Test
    void deviceNumberIsFound() throws IOException {
        assumeTrue(Posix.effectiveUser() == 0, "only root makes devices");
        left.special(bytes("dev"), FileType.CHARACTER_DEVICE, 1, 3);
        right.special(bytes("dev"), FileType.CHARACTER_DEVICE, 1, 5);
        for (TestTree tree : List.of(left, right)) {
            tree.times("dev", 1, 2, 3).times("", 1, 2, 3);
        }
        assertDifference("dev", "rdev");
    }

    @Test
    void ignoredAspectIsNotFound() throws IOException {
        right.mode("d/other", 04644);
        assertThat(
                        TreeComparison.compare(
                                left.path(),
                                right.path(),
                                TreeComparison.usualWithout(Aspect.MODE)))
                .isEmpty();
    }

    @Test
    void pathsBeyondPathMaxAreMadeComparedAndRemoved() throws IOException {
        String deep = ("x".repeat(200) + "/").repeat(40) + "leaf";
        left.file(deep, "a");
        right.file(deep, "b");
        assertThat(
                        TreeComparison.compare(
                                left.path(),
                                right.path(),
                                TreeComparison.usualWithout(Aspect.MTIME)))
                .singleElement()
                .asString()
                .contains("leaf': content: ");
    }
}
