package io.sluice.common.posix;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.testing.TestTree;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class XattrReaderTest {
    private static final byte[] FILE = bytes("f");

    @TempDir Path temporary;
    private final XattrReader reader = new XattrReader();
    private TestTree tree;

    @BeforeEach
    void makeTree() throws Exception {
        tree = TestTree.in(temporary.resolve("tree")).file(FILE, bytes("x"));
    }

    @AfterEach
    void removeTree() throws Exception {
        tree.close();
    }

    private void set(byte[] path, String name, byte[] value) throws PosixException {
        assertThat(tree.xattr(path, name, value)).isTrue();
    }

    private List<String> userNames() {
        List<String> names = new ArrayList<>();
        while (reader.next()) {
            String name = new String(reader.name(), StandardCharsets.UTF_8);
            if (!name.startsWith("security.")) {
                names.add(name);
            }
        }
        return names;
    }

    @Test
    void everyWayOfListingGivesTheSame() throws Exception {
        set(FILE, "user.a", bytes("1"));
        set(FILE, "user.b", new byte[0]);
        int data = Posix.open(tree.descriptor(), FILE, Posix.O_RDONLY, 0);
        int path = Posix.open(tree.descriptor(), FILE, Posix.O_PATH, 0);
        try {
            assertThat(reader.list(data)).isPositive();
            assertThat(userNames()).containsExactlyInAnyOrder("user.a", "user.b");
            assertThat(reader.listByPath(path)).isPositive();
            assertThat(userNames()).containsExactlyInAnyOrder("user.a", "user.b");
            assertThat(reader.list(tree.descriptor(), FILE)).isPositive();
            assertThat(userNames()).containsExactlyInAnyOrder("user.a", "user.b");
            assertThat(reader.read(bytes("user.a"))).isEqualTo(1);
            assertThat(reader.value()).isEqualTo(bytes("1"));
            assertThat(reader.read(bytes("user.b"))).isZero();
            assertThat(reader.value()).isEmpty();
        } finally {
            Posix.close(data);
            Posix.close(path);
        }
    }

    @Test
    void linksOwnAttributesAreListed() throws Exception {
        assumeTrue(Posix.effectiveUser() == 0, "only root may set attributes of links");
        byte[] link = bytes("l");
        tree.symlink(link, FILE);
        set(FILE, "trusted.file", bytes("1"));
        set(link, "trusted.link", bytes("2"));
        int fd = Posix.open(tree.descriptor(), link, Posix.O_PATH | Posix.O_NOFOLLOW, 0);
        try {
            assertThat(reader.listByPath(fd)).isPositive();
            assertThat(userNames()).containsExactly("trusted.link");
        } finally {
            Posix.close(fd);
        }
        assertThat(reader.list(tree.descriptor(), link)).isPositive();
        assertThat(userNames()).containsExactly("trusted.link");
    }

    @Test
    void whatChangesAfterItWasListedIsReadAsItIs() throws Exception {
        set(FILE, "user.grows", bytes("1"));
        assertThat(reader.list(tree.descriptor(), FILE)).isPositive();
        set(FILE, "user.grows", new byte[3000]);
        while (reader.next() && !Arrays.equals(reader.name(), bytes("user.grows"))) {
            // On to it.
        }
        assertThat(reader.read()).isEqualTo(3000);
        assertThat(reader.value()).hasSize(3000);
        int fd = Posix.open(tree.descriptor(), FILE, Posix.O_PATH, 0);
        assertThat(Posix.removeXattrByPathOrErrno(fd, bytes("user.grows"))).isZero();
        Posix.close(fd);
        assertThat(reader.read()).isEqualTo(-Errno.ENODATA);
        assertThat(reader.value()).isEmpty();
    }

    @Test
    void listLongerThanTheUsualBufferComesWhole() throws Exception {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            names.add("user." + "n".repeat(200) + i);
            set(FILE, names.get(i), new byte[0]);
        }
        assertThat(reader.list(tree.descriptor(), FILE)).isGreaterThan(1600);
        assertThat(userNames()).containsExactlyInAnyOrderElementsOf(names);
    }

    @Test
    void failureLeavesNothingListed() throws Exception {
        set(FILE, "user.a", bytes("1"));
        assertThat(reader.list(tree.descriptor(), FILE)).isPositive();
        assertThat(reader.list(tree.descriptor(), bytes("none"))).isEqualTo(-Errno.ENOENT);
        assertThat(reader.next()).isFalse();
    }
}
