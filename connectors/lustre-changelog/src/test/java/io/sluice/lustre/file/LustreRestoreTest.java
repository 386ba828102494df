package io.sluice.lustre.file;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.RawTree;
import io.sluice.lustre.Captures;
import io.sluice.lustre.LustreFormatException;
import io.sluice.lustre.layout.Layout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Layouts on an ordinary filesystem, where a played client takes them. */
class LustreRestoreTest {
    private static final int FLAGS = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL;
    private static final byte[] NAME = bytes("f");

    private RawTree tree;
    private int directory;

    /** Number of stripes in struct lov_user_md_v3. */
    private static final int V3_STRIPES = 28;

    private final PlayedClient client = new PlayedClient();
    private final List<String> recalls = new ArrayList<>();
    private boolean lustre = true;

    /** A client: what it is asked to set it keeps, as far as it has the like. */
    private static final class PlayedClient implements LayoutCalls {
        private final Map<String, byte[]> layouts = new HashMap<>();
        private boolean refusesPools;
        private boolean ignores;
        private int osts;

        @Override
        public int set(int directory, byte[] name, byte[] value) {
            try {
                Layout layout = Layout.parse(value);
                if (refusesPools && layout.hasPools()) {
                    return -Errno.EINVAL;
                }
                if (!ignores) {
                    layouts.put(
                            new String(name, StandardCharsets.UTF_8),
                            osts == 0 ? value : layout.clampedTo(osts).clean());
                }
                return 0;
            } catch (LustreFormatException e) {
                return -Errno.EINVAL;
            }
        }

        @Override
        public byte[] get(int directory, byte[] name) throws PosixException {
            byte[] value = layouts.get(new String(name, StandardCharsets.UTF_8));
            if (value == null) {
                throw new PosixException("lgetxattr", name, Errno.ENODATA);
            }
            return value;
        }
    }

    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
        directory = Posix.open(Posix.AT_FDCWD, tree.root(), Posix.O_PATH | Posix.O_DIRECTORY, 0);
    }

    @AfterEach
    void removeTree() throws Exception {
        Posix.close(directory);
        tree.close();
    }

    private LustreRestore hooks() {
        return new LustreRestore(
                client,
                descriptor -> lustre,
                () -> client.osts,
                new LustreRestore.Recaller() {
                    @Override
                    public LustreRestore.Wanted look(int descriptor) {
                        byte[] identity = ByteBuffer.allocate(4).putInt(recalls.size()).array();
                        return new LustreRestore.Wanted(7, identity);
                    }

                    @Override
                    public int recall(long archive, List<byte[]> identities) {
                        recalls.add(identities.size() + " of " + archive);
                        return 0;
                    }
                });
    }

    private Path path() {
        return Path.of(new String(tree.root(), StandardCharsets.UTF_8), "f");
    }

    /** Makes the file, which must then be an ordinary, empty, writable one. */
    private void create(LustreRestore hooks, byte[] layout) throws Exception {
        int fd = hooks.create(directory, NAME, FLAGS, 0600, LayoutBlock.of(layout));
        assertThat(fd).isNotNegative();
        Posix.close(fd);
        assertThat(Files.size(path())).isZero();
        assertThat(hooks.create(directory, NAME, FLAGS, 0600, LayoutBlock.of(layout)))
                .as("the name is taken")
                .isEqualTo(-Errno.EEXIST);
        Files.delete(path());
    }

    @Test
    void everyCapturedLayoutIsSetAsItWasWished() throws Exception {
        int seen = 0;
        for (Map.Entry<String, byte[]> captured : Captures.layouts().entrySet()) {
            LustreRestore hooks = hooks();
            create(hooks, captured.getValue());
            Layout set = Layout.parse(client.layouts.get("f"));
            assertThat(Layout.parse(captured.getValue()).equalsAsSet(set))
                    .as(captured.getKey())
                    .isTrue();
            assertThat(hooks.end()).as(captured.getKey()).isEmpty();
            seen++;
        }
        assertThat(seen).isGreaterThan(40);
    }

    private byte[] captured(boolean pools, int stripes) throws Exception {
        for (byte[] layout : Captures.layouts().values()) {
            Layout parsed = Layout.parse(layout);
            boolean enough =
                    parsed.components().stream()
                            .anyMatch(part -> part.stripeCount() >= stripes && !part.isWide());
            if (parsed.hasPools() == pools && enough && !parsed.isReleased()) {
                return layout;
            }
        }
        throw new AssertionError("no such layout was captured");
    }

    @Test
    void aPoolThatIsMissingIsLeftOut() throws Exception {
        client.refusesPools = true;
        byte[] layout = captured(true, 1);
        LustreRestore hooks = hooks();
        create(hooks, layout);
        Layout set = Layout.parse(client.layouts.get("f"));
        assertThat(Layout.parse(layout).withoutPools().equalsAsSet(set)).isTrue();
        assertThat(hooks.end()).containsEntry("restored with a layout that names no pool", 1L);
    }

    @Test
    void stripesBeyondTheOstsAreLeftOut() throws Exception {
        client.osts = 1;
        byte[] layout = captured(false, 2);
        LustreRestore hooks = hooks();
        create(hooks, layout);
        assertThat(hooks.end())
                .containsEntry("restored with fewer stripes: there are not so many OSTs", 1L);
    }

    /** The one is told beside the other, and neither is left out for the other's sake. */
    @Test
    void aPoolAndStripesThatAreMissingAreBothLeftOutAndTold() throws Exception {
        byte[] wide = Layout.parse(captured(true, 1)).clean();
        wide[V3_STRIPES] = 9;
        client.osts = 2;
        LustreRestore hooks = hooks();
        create(hooks, wide);
        Layout inPool = Layout.parse(client.layouts.get("f"));
        assertThat(inPool.hasPools()).isTrue();
        assertThat(Layout.parse(wide).clampedTo(2).equalsAsSet(inPool)).isTrue();
        assertThat(hooks.end())
                .containsOnlyKeys("restored with fewer stripes: there are not so many OSTs");

        client.refusesPools = true;
        hooks = hooks();
        create(hooks, wide);
        assertThat(Layout.parse(client.layouts.get("f")).hasPools()).isFalse();
        assertThat(hooks.end())
                .containsEntry("restored with fewer stripes: there are not so many OSTs", 1L)
                .containsEntry("restored with a layout that names no pool", 1L);
    }

    @Test
    void whereNoLayoutIsTakenTheFileGetsItsDirectorys() throws Exception {
        client.ignores = true;
        LustreRestore hooks = hooks();
        create(hooks, captured(false, 1));
        assertThat(client.layouts).isEmpty();
        assertThat(hooks.end()).containsEntry("restored with the directory's default layout", 1L);
    }

    @Test
    void elsewhereAndOfOtherFilesystemsNothingIsMade() throws Exception {
        byte[] layout = captured(false, 1);
        assertThat(hooks().create(directory, NAME, FLAGS, 0600, bytes("ceph.layout\0x")))
                .isEqualTo(-Errno.EOPNOTSUPP);
        assertThat(hooks().create(directory, NAME, FLAGS, 0600, bytes("lustre.lov\0x")))
                .as("bytes that are no layout")
                .isEqualTo(-Errno.EOPNOTSUPP);
        lustre = false;
        assertThat(hooks().create(directory, NAME, FLAGS, 0600, LayoutBlock.of(layout)))
                .isEqualTo(-Errno.EOPNOTSUPP);
        assertThat(path()).doesNotExist();
    }

    @Test
    void directoriesGetTheirDefaultLayout() throws Exception {
        byte[] layout = captured(false, 1);
        LustreRestore hooks = hooks();
        assertThat(hooks.apply(directory, "LAYOUT", LayoutBlock.of(layout))).isZero();
        assertThat(Layout.parse(layout).equalsAsSet(Layout.parse(client.layouts.get("."))))
                .isTrue();
        assertThat(hooks.apply(directory, "HSM", bytes("hsm=arch=1"))).isEqualTo(-Errno.EOPNOTSUPP);
    }

    @Test
    void aDirectoryThatTellsAnotherLayoutThanItWasGivenIsTold() throws Exception {
        client.ignores = true;
        LustreRestore hooks = hooks();
        assertThat(hooks.apply(directory, "LAYOUT", LayoutBlock.of(captured(false, 1)))).isZero();
        assertThat(hooks.end().toString())
                .contains("another default layout")
                .doesNotContain("the directory's default");
    }

    @Test
    void aFileOnTapeIsNeverMadeAndOneThatIsThereIsFetchedBack() throws Exception {
        LustreRestore hooks = hooks();
        assertThat(hooks.createReleased(directory, NAME, null, null, bytes("hsm=rel=1")))
                .isEqualTo(-Errno.EOPNOTSUPP);
        hooks.kept(directory, NAME);
        assertThat(hooks.end()).as("nothing is there").isEmpty();
        Files.write(path(), new byte[] {1});
        for (int i = 0; i < 120; i++) {
            hooks.kept(directory, NAME);
        }
        assertThat(hooks.end()).containsEntry("on tape alone and asked for", 120L);
        assertThat(recalls).containsExactly("50 of 7", "50 of 7", "20 of 7");
        assertThat(Files.readAllBytes(path())).containsExactly(1);
    }
}
