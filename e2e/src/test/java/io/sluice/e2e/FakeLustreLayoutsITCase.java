package io.sluice.e2e;

import static io.sluice.e2e.LayoutBlobs.composite;
import static io.sluice.e2e.LayoutBlobs.plain;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * That layouts are set on the fake, and read back, as they were on a real Lustre with three OSTs.
 */
class FakeLustreLayoutsITCase {
    private static final int ENOENT = 2;
    private static final int EINVAL = 22;

    private static final byte[] LAYOUT = "lustre.lov".getBytes(StandardCharsets.UTF_8);

    private static final int V1 = 0x0bd10bd0;
    private static final int V1_BYTES = 32;
    private static final int V3_BYTES = 48;
    private static final int OBJECT_BYTES = 24;
    private static final int COMPONENTS = 32;
    private static final int COMPONENT_BYTES = 48;

    @RegisterExtension final Workspace workspace = new Workspace();

    private int files;

    @BeforeEach
    void needsTheFake() {
        FakeLustre.assumePossible();
    }

    private FakeLustre lustre() throws IOException {
        return FakeLustre.in(workspace.base(), "osts=3", "mdts=1");
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    static byte[] layoutOf(Path file) throws PosixException {
        int directory = open(file.getParent());
        try {
            return Posix.getXattr(directory, bytes(file.getFileName()), LAYOUT);
        } finally {
            Posix.close(directory);
        }
    }

    private static String hexOf(Path file) throws PosixException {
        return HexFormat.of().formatHex(layoutOf(file));
    }

    private static int open(Path path) throws PosixException {
        return Posix.open(Posix.AT_FDCWD, bytes(path), Posix.O_RDONLY, 0);
    }

    private static int set(Path file, String hex) throws PosixException {
        int directory = open(file.getParent());
        try {
            byte[] value = HexFormat.of().parseHex(hex);
            return Posix.setXattrOrErrno(directory, bytes(file.getFileName()), LAYOUT, value);
        } finally {
            Posix.close(directory);
        }
    }

    private Path bareFile(FakeLustre lustre) {
        Path file = lustre.path().resolve("bare" + files++);
        assertThat(Posix.mknodOrErrno(Posix.AT_FDCWD, bytes(file), 0100644, 0, 0)).isZero();
        return file;
    }

    /** Without what differs between filesystems: whose file it is, and which objects it has. */
    private static byte[] comparable(byte[] layout) {
        ByteBuffer in = ByteBuffer.wrap(layout.clone()).order(ByteOrder.LITTLE_ENDIAN);
        if (in.getInt(0) == 0x0bd60bd0) {
            for (int i = 0; i < in.getShort(14); i++) {
                int entry = COMPONENTS + i * COMPONENT_BYTES;
                blank(in, in.getInt(entry + 24), in.getInt(entry + 28));
            }
        } else {
            blank(in, 0, layout.length);
        }
        return in.array();
    }

    private static void blank(ByteBuffer blob, int at, int size) {
        zero(blob, at + 8, at + 24);
        int head = blob.getInt(at) == V1 ? V1_BYTES : V3_BYTES;
        zero(blob, at + head, at + size);
    }

    private static void zero(ByteBuffer blob, int from, int to) {
        for (int i = from; i < to; i++) {
            blob.put(i, (byte) 0);
        }
    }

    @Test
    void cleanLayoutsAreReadBackAsOnARealOne() throws Exception {
        Map<String, String> clean =
                Map.of(
                        "v1", plain(1, 0x100000, 2),
                        "v1all", plain(1, 0x400000, 0xffff),
                        "v3nopool",
                                plain(1, 0x100000, 1).replaceFirst("d00bd10b", "d00bd30b")
                                        + "6e6f706f6f6c"
                                        + "00".repeat(10),
                        "pfl",
                                composite(
                                        false,
                                        new Component(0, 0x100000, plain(1, 0x100000, 1)),
                                        new Component(0x100000, -1, plain(1, 0x400000, 2))),
                        "dom",
                                composite(
                                        false,
                                        new Component(0, 0x10000, plain(0x100, 0x10000, 0)),
                                        new Component(0x10000, -1, plain(1, 0x100000, 1))),
                        "idx1", plain(1, 0x100000, 1, 1));
        int compared = 0;
        try (FakeLustre lustre = lustre()) {
            for (JsonNode node : FakeLustreCaptureITCase.lines("layouts.jsonl")) {
                String name = node.get("clean").asText();
                if (name.isEmpty()) {
                    continue;
                }
                Path file = bareFile(lustre);
                assertThat(set(file, clean.get(name))).as(name).isZero();
                byte[] real = HexFormat.of().parseHex(node.get("hex").asText());
                assertThat(comparable(layoutOf(file))).as(name).isEqualTo(comparable(real));
                if (name.equals("idx1")) {
                    assertThat(hexOf(file)).as("OST 1").endsWith("0000000001000000");
                }
                compared++;
            }
        }
        assertThat(compared).isEqualTo(clean.size());
    }

    /**
     * The lengths are what the real one had of them then: components not in use have no objects.
     */
    @Test
    void everyCapturedLayoutCanBeSetOnAFile() throws Exception {
        Map<String, Integer> lengths =
                Map.of("d0/s2", 56, "d0/pfl", 296, "d0/dom", 192, "d0/flr", 264, "d0/over", 152);
        int known = 0;
        int all = 0;
        try (FakeLustre lustre = lustre()) {
            for (JsonNode node : FakeLustreCaptureITCase.lines("layouts.jsonl")) {
                if (!node.get("clean").asText().isEmpty()) {
                    continue;
                }
                String path = node.get("path").asText();
                Path file = bareFile(lustre);
                assertThat(set(file, node.get("hex").asText())).as(path).isZero();
                byte[] made = layoutOf(file);
                if (lengths.containsKey(path)) {
                    assertThat(made).as(path).hasSize(lengths.get(path));
                    known++;
                }
                Path copy = bareFile(lustre);
                assertThat(set(copy, HexFormat.of().formatHex(made))).as(path).isZero();
                assertThat(comparable(layoutOf(copy))).as(path).isEqualTo(comparable(made));
                all++;
            }
        }
        assertThat(known).isEqualTo(lengths.size());
        System.out.println(all + " captured layouts");
    }

    @Test
    void layoutsAreSetOnlyOnFilesWithoutObjects() throws Exception {
        try (FakeLustre lustre = lustre()) {
            Path bare = bareFile(lustre);
            assertThatThrownBy(() -> layoutOf(bare)).hasMessageContaining("ENODATA");
            assertThat(set(bare, plain(1, 0x100001, 2))).as("unaligned").isEqualTo(-EINVAL);
            assertThat(set(bare, plain(1, 0x100000, 2, 9))).as("no OST 9").isEqualTo(-EINVAL);
            assertThat(set(bare, plain(4, 0x100000, 2))).as("no pattern 4").isEqualTo(-EINVAL);
            assertThat(set(bare, "d00bd10b01")).as("short").isEqualTo(-EINVAL);
            Component first = new Component(0, 0x100000, plain(1, 0x100000, 1));
            Component gap = new Component(0x200000, -1, plain(1, 0x100000, 1));
            assertThat(set(bare, composite(false, first, gap))).as("a gap").isEqualTo(-EINVAL);
            assertThat(set(bare, plain(1, 0x200000, 2, 2))).isZero();
            String made = hexOf(bare);
            assertThat(made).hasSize(2 * (32 + 2 * 24)).endsWith("00000000" + "00000000");
            assertThat(set(bare, plain(1, 0x100000, 1))).as("no effect").isZero();
            assertThat(hexOf(bare)).isEqualTo(made);

            Path wide = bareFile(lustre);
            lustre.ctl("set", "strict_stripes", 1);
            assertThat(set(wide, plain(1, 0x100000, 9))).isEqualTo(-EINVAL);
            lustre.ctl("set", "strict_stripes", 0);
            assertThat(set(wide, plain(1, 0x100000, 9))).isZero();
            assertThat(layoutOf(wide)).as("as many as there are").hasSize(32 + 3 * OBJECT_BYTES);
            Path pooled = bareFile(lustre);
            String pool = HexFormat.of().formatHex("nopool".getBytes(StandardCharsets.UTF_8));
            String v3 = plain(1, 0x100000, 1).replaceFirst("d00bd10b", "d00bd30b") + pool;
            lustre.ctl("set", "strict_pools", 1);
            assertThat(set(pooled, v3 + "00".repeat(10))).isEqualTo(-ENOENT);
            lustre.ctl("set", "strict_pools", 0);
            assertThat(set(pooled, v3 + "00".repeat(10))).isZero();
            assertThat(hexOf(pooled)).startsWith("d00bd30b").contains(pool);

            Path directory = Files.createDirectory(lustre.path().resolve("d"));
            assertThat(set(directory, plain(1, 0x100000, 3))).isZero();
            assertThat(hexOf(directory)).isEqualTo(plain(1, 0x100000, 3));
            assertThat(layoutOf(Files.createFile(directory.resolve("f"))))
                    .hasSize(32 + 3 * OBJECT_BYTES);
        }
    }
}
