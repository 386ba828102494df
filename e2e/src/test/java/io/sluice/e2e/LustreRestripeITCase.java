package io.sluice.e2e;

import static io.sluice.e2e.LayoutBlobs.composite;
import static io.sluice.e2e.LayoutBlobs.plain;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.e2e.LayoutBlobs.Component;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Layouts through a backup and a restore, from a played Lustre with three OSTs and back. */
class LustreRestripeITCase {
    private static final byte[] LAYOUT = "lustre.lov".getBytes(StandardCharsets.UTF_8);
    private static final int V3 = 0x0bd30bd0;
    private static final int COMPOSITE = 0x0bd60bd0;
    private static final int INIT = 0x10;
    private static final int STALE = 1;

    /** Into the second component of a layout that has one. */
    private static final int LARGE = (1 << 20) + 4711;

    private static final int MIB = 1 << 20;
    private static final String NO_POOL = "restored with a layout that names no pool";
    private static final String FEWER = "restored with fewer stripes: there are not so many OSTs";

    @RegisterExtension final Workspace workspace = new Workspace();

    @BeforeEach
    void needsFuse() {
        FakeLustre.assumePossible();
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String pooled(int stripes, String pool) {
        String name = HexFormat.of().formatHex(pool.getBytes(StandardCharsets.UTF_8));
        return plain(1, MIB, stripes).replaceFirst("d00bd10b", "d00bd30b")
                + name
                + "00".repeat(16 - pool.length());
    }

    private static void set(Path file, String hex) throws PosixException {
        byte[] value = HexFormat.of().parseHex(hex);
        int directory = Posix.open(Posix.AT_FDCWD, bytes(file.getParent()), Posix.O_RDONLY, 0);
        try {
            assertThat(Posix.setXattrOrErrno(directory, bytes(file.getFileName()), LAYOUT, value))
                    .as(file.toString())
                    .isZero();
        } finally {
            Posix.close(directory);
        }
    }

    /** With a layout, and data: not in its whole last component, so that this has no objects. */
    private static void make(Path file, String hex, int size) throws IOException {
        try {
            assertThat(Posix.mknodOrErrno(Posix.AT_FDCWD, bytes(file), 0100644, 0, 0)).isZero();
            set(file, hex);
        } catch (PosixException e) {
            throw new IOException(e);
        }
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        Files.write(file, content);
    }

    /**
     * What a layout asks for, each component in a line: extent, pattern, size and number of
     * stripes, pool, mirror, flags but for those that say that it has objects, and that another
     * mirror was written: as a restore does, and {@code lfs mirror resync} ends it.
     */
    private static List<String> wishes(Path file) throws PosixException {
        byte[] value = FakeLustreLayoutsITCase.layoutOf(file);
        ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        List<String> wishes = new ArrayList<>();
        if (in.getInt(0) != COMPOSITE) {
            wishes.add(striping(in, 0));
            return wishes;
        }
        wishes.add("mirrors " + (in.getShort(16) + 1));
        for (int i = 0; i < in.getShort(14); i++) {
            int entry = 32 + 48 * i;
            wishes.add(
                    in.getLong(entry + 8)
                            + "-"
                            + in.getLong(entry + 16)
                            + " mirror "
                            + (in.getInt(entry) >> 16)
                            + " flags "
                            + (in.getInt(entry + 4) & ~(INIT | STALE))
                            + " "
                            + striping(in, in.getInt(entry + 24)));
        }
        return wishes;
    }

    private static String striping(ByteBuffer in, int at) {
        String pool = "";
        if (in.getInt(at) == V3) {
            byte[] name = new byte[16];
            in.get(at + 32, name);
            pool = " pool " + new String(name, StandardCharsets.UTF_8).replace("\0", "");
        }
        return String.format(
                "pattern %x size %d stripes %d%s",
                in.getInt(at + 4), in.getInt(at + 24), in.getShort(at + 28), pool);
    }

    /** Backs the tree up, and gives where it is restored to, on the same filesystem. */
    private Path restored(FakeLustre lustre, Path tree, Result[] said, Object... settings)
            throws IOException {
        lustre.in(Sluice.command("backup", tree, "--to", workspace.archive(), "--mode", "lustre"))
                .run()
                .exits(0);
        for (int i = 0; i < settings.length; i += 2) {
            lustre.ctl("set", settings[i], settings[i + 1]);
        }
        Path target = lustre.path().resolve("restored");
        said[0] =
                lustre.in(Sluice.command("restore", workspace.archive(), "--target", target))
                        .run()
                        .exits(0);
        return target;
    }

    @Test
    void everyLayoutIsReadBackAsItWas() throws Exception {
        try (FakeLustre lustre =
                FakeLustre.in(workspace.base(), "osts=3", "mdts=1", "pools=fast")) {
            lustre.ctl("set", "strict_pools", 1);
            Path tree = Files.createDirectory(lustre.path().resolve("tree"));
            Map<String, String> layouts = new LinkedHashMap<>();
            for (JsonNode node : FakeLustreCaptureITCase.lines("layouts.jsonl")) {
                layouts.put("captured" + layouts.size(), node.get("hex").asText());
            }
            final int captured = layouts.size();
            layouts.put("wide", plain(1, 4 * MIB, 0xffff));
            layouts.put("overstriped", plain(0x201, MIB, 7));
            layouts.put("pooled", pooled(2, "fast"));
            layouts.put(
                    "mirrored",
                    composite(
                            true,
                            new Component(0, -1, plain(1, MIB, 1)),
                            new Component(0, -1, pooled(2, "fast"))));
            layouts.put(
                    "dom",
                    composite(
                            false,
                            new Component(0, 0x10000, plain(0x100, 0x10000, 0)),
                            new Component(0x10000, 8 * MIB, plain(1, MIB, 2)),
                            new Component(8 * MIB, -1, plain(1, 4 * MIB, 0xffff))));
            // The pool that was captured is not this one's.
            layouts.replaceAll((name, hex) -> hex.replace("6e6f706f6f6c", "666173740000"));
            for (Map.Entry<String, String> layout : layouts.entrySet()) {
                Path file = tree.resolve(layout.getKey());
                make(file, layout.getValue(), LARGE);
                if (wishes(file).get(0).equals("mirrors 2")) {
                    // A mirror that is stale is none.
                    lustre.ctl("resync", file);
                }
            }
            Path directory = Files.createDirectory(tree.resolve("directory"));
            set(directory, plain(1, 2 * MIB, 3));

            Result[] said = new Result[1];
            Path target = restored(lustre, tree, said, "strict_stripes", 1);
            assertThat(said[0].out() + said[0].error()).doesNotContain("restored with");
            for (String name : layouts.keySet()) {
                assertThat(wishes(target.resolve(name)))
                        .as(name)
                        .isEqualTo(wishes(tree.resolve(name)));
                assertThat(Files.mismatch(target.resolve(name), tree.resolve(name)))
                        .as(name)
                        .isEqualTo(-1);
            }
            assertThat(wishes(target.resolve("directory"))).isEqualTo(wishes(directory));
            System.out.println(
                    layouts.size() + " layouts restored, " + captured + " of them captured");
        }
    }

    @Test
    void whatTheTargetLacksIsLeftOutStepByStepAndCounted() throws Exception {
        try (FakeLustre lustre =
                FakeLustre.in(workspace.base(), "osts=3", "mdts=1", "pools=fast")) {
            Path tree = Files.createDirectory(lustre.path().resolve("tree"));
            lustre.ctl("set", "strict_pools", 0);
            make(tree.resolve("noPool"), pooled(2, "slow"), 100);
            make(tree.resolve("pool"), pooled(1, "fast"), 100);
            // The second component has no objects yet, so it keeps what it asks for.
            make(tree.resolve("fewer"), beyond(plain(1, MIB, 9)), 100);
            make(tree.resolve("fewerInPool"), beyond(pooled(9, "fast")), 100);
            make(tree.resolve("fewerAndNoPool"), beyond(pooled(9, "slow")), 100);

            Result[] said = new Result[1];
            Path target = restored(lustre, tree, said, "strict_pools", 1, "strict_stripes", 1);
            assertThat(wishes(target.resolve("noPool")))
                    .containsExactly("pattern 1 size 1048576 stripes 2");
            assertThat(wishes(target.resolve("pool"))).isEqualTo(wishes(tree.resolve("pool")));
            String last = "1048576--1 mirror 0 flags 0 pattern 1 size 1048576 stripes 3";
            assertThat(wishes(target.resolve("fewer")).get(2)).isEqualTo(last);
            assertThat(wishes(target.resolve("fewerInPool")).get(2)).isEqualTo(last + " pool fast");
            assertThat(wishes(target.resolve("fewerAndNoPool")).get(2)).isEqualTo(last);
            String lines = said[0].out() + said[0].error();
            assertThat(lines).as("%s", said[0]).contains(NO_POOL + ": 2");
            assertThat(lines).as("%s", said[0]).contains(FEWER + ": 3");
            for (String name :
                    List.of("noPool", "pool", "fewer", "fewerInPool", "fewerAndNoPool")) {
                assertThat(Files.mismatch(target.resolve(name), tree.resolve(name)))
                        .as(name)
                        .isEqualTo(-1);
            }
        }
    }

    private static String beyond(String second) {
        return composite(
                false, new Component(0, MIB, plain(1, MIB, 1)), new Component(MIB, -1, second));
    }
}
