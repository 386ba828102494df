package io.sluice.e2e;

import static io.sluice.e2e.LayoutBlobs.composite;
import static io.sluice.e2e.LayoutBlobs.plain;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import io.sluice.e2e.LayoutBlobs.Component;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What was done on a real Lustre with two MDTs, done again on the fake: it has to write the same
 * records. And records of the real one's device, read through the fake's library, are those that
 * the real one's library gave.
 */
class FakeLustreCaptureITCase {
    private static final int O_WRONLY_CREAT_DELAYED = 0x2100 | 0x40 | 1;

    @RegisterExtension final Workspace workspace = new Workspace();

    @BeforeEach
    void needsTheFake() {
        FakeLustre.assumePossible();
    }

    static List<JsonNode> lines(String resource) throws IOException {
        ObjectMapper json = new ObjectMapper();
        List<JsonNode> nodes = new ArrayList<>();
        try (InputStream in =
                        FakeLustreCaptureITCase.class.getResourceAsStream("/lustre/" + resource);
                BufferedReader reader =
                        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                nodes.add(json.readTree(line));
            }
        }
        return nodes;
    }

    private static byte[] hex(JsonNode node) {
        return HexFormat.of().parseHex(node.get("hex").asText());
    }

    /** In the order of their times, over all MDTs. */
    private static List<RawRecord> captured(String resource) throws IOException {
        return lines(resource).stream()
                .map(node -> RawRecord.of(node.get("mdt").asInt(), hex(node)))
                .filter(RawRecord::isOfDefaultMask)
                .sorted(Comparator.comparingLong(RawRecord::nanos))
                .toList();
    }

    private static List<RawRecord> recorded(FakeLustre lustre, int... mdts) throws IOException {
        List<RawRecord> records = new ArrayList<>();
        for (int mdt : mdts) {
            lustre.records(mdt).forEach(bytes -> records.add(RawRecord.of(mdt, bytes)));
        }
        records.sort(Comparator.comparingLong(RawRecord::nanos));
        return records;
    }

    private static void in(FakeLustre lustre, String commands) throws IOException {
        Shell.run("set -e; cd " + Shell.quote(lustre.path()) + "\n" + commands);
    }

    /** As {@code lfs setstripe} makes a file with a layout. */
    private static void fileWithLayout(FakeLustre lustre, String name, String layout) {
        NativeLibrary c = NativeLibrary.getInstance("c");
        String path = lustre.path().resolve(name).toString();
        int fd = c.getFunction("open").invokeInt(new Object[] {path, O_WRONLY_CREAT_DELAYED, 0644});
        assertThat(fd).as(name).isNotNegative();
        byte[] bytes = HexFormat.of().parseHex(layout);
        Memory value = new Memory(bytes.length);
        value.write(0, bytes, 0, bytes.length);
        Object[] set = {fd, "lustre.lov", value, (long) bytes.length, 0};
        int result = c.getFunction("fsetxattr").invokeInt(set);
        int error = Native.getLastError();
        c.getFunction("close").invokeInt(new Object[] {fd});
        assertThat(result).as("%s: errno %d", name, error).isZero();
    }

    @Test
    void namesAttributesAndLayouts() throws IOException {
        try (FakeLustre lustre = FakeLustre.in(workspace.base(), "osts=3")) {
            lustre.register(0);
            lustre.register(1);
            lustre.ctl("mkdir", "/d0", 1);
            lustre.ctl("mkdir", "/d1", 1);
            lustre.ctl("mkdir", "/ds", 0);
            in(
                    lustre,
                    """
                    touch d0/f1
                    echo a > d0/f1
                    echo a >> d0/f1
                    ln d0/f1 d0/f1-hard
                    ln -s f1 d0/f1-sym
                    mknod d0/fifo p
                    mknod d0/nod c 1 3
                    """);
            bareFile(lustre, "d0/bare");
            in(
                    lustre,
                    """
                    chmod 640 d0/f1
                    chown 1:1 d0/f1
                    touch d0/f1
                    touch d0/f1
                    truncate -s 100 d0/f1
                    truncate -s 0 d0/f1
                    setfattr -n user.foo -v bar d0/f1
                    setfattr -x user.foo d0/f1
                    mv d0/f1 d0/f2
                    echo b > d0/t1
                    mv d0/f2 d0/t1
                    mv d0/t1 d1/t1
                    mv d1/t1 $'ds/name with space \\xc3\\xa9'
                    echo c > $'ds/bad\\xff\\xfename'
                    """);
            lustre.ctl("mkdir", "/ds/sub", 1);
            in(lustre, "touch ds/sub/a; mv ds/sub ds/sub2; rm d0/f1-hard; rm d0/f1-sym");
            lustre.ctl("mkdir", "/d0/tmp", 0);
            in(
                    lustre,
                    """
                    rmdir d0/tmp
                    exec 5> d0/ou
                    rm d0/ou
                    exec 5>&-
                    """);
            layouts(lustre);
            migrations(lustre);
            sharedMapping(lustre);
            List<RawRecord> captured = captured("names.jsonl");
            assertThat(captured.size()).isGreaterThan(80);
            assertThat(RawRecord.story(inOneLog(recorded(lustre, 0, 1)), true))
                    .isEqualTo(RawRecord.story(inOneLog(captured), true));
        }
    }

    /**
     * The real ds was striped over both MDTs, so a name in it was renamed on the second one; the
     * fake has no striped directories. And of two MDTs in a migration only the order on each is
     * sure.
     */
    private static List<RawRecord> inOneLog(List<RawRecord> records) {
        return records.stream()
                .map(
                        one ->
                                one.name().equals("sub2/sub")
                                        ? new RawRecord(
                                                1,
                                                one.type(),
                                                one.flags(),
                                                one.index(),
                                                one.time(),
                                                one.target(),
                                                one.parent(),
                                                one.source(),
                                                one.sourceParent(),
                                                one.hasJob(),
                                                one.hasClient(),
                                                one.xattr(),
                                                one.name())
                                        : one)
                .toList();
    }

    private static void bareFile(FakeLustre lustre, String name) {
        Object[] made = {lustre.path().resolve(name).toString(), 0100644, 0L};
        assertThat(NativeLibrary.getInstance("c").getFunction("mknod").invokeInt(made)).isZero();
    }

    private static void layouts(FakeLustre lustre) throws IOException {
        String striped = "d00bd10b01000000" + "00".repeat(16) + "000040000100ffff";
        fileWithLayout(lustre, "d0/s2", striped);
        in(lustre, "dd if=/dev/zero of=d0/s2 bs=64k count=48 status=none");
        fileWithLayout(
                lustre,
                "d0/pfl",
                composite(
                        false,
                        new Component(0, 0x100000, plain(1, 0x100000, 1)),
                        new Component(0x100000, 0x800000, plain(1, 0x400000, 2)),
                        new Component(0x800000, -1, plain(1, 0x400000, 0xffff))));
        in(lustre, "dd if=/dev/zero of=d0/pfl bs=2M count=1 status=none");
        fileWithLayout(
                lustre,
                "d0/dom",
                composite(
                        false,
                        new Component(0, 0x10000, plain(0x100, 0x10000, 0)),
                        new Component(0x10000, -1, plain(1, 0x400000, 1))));
        in(lustre, "echo dom > d0/dom");
        fileWithLayout(
                lustre,
                "d0/flr",
                composite(
                        true,
                        new Component(0, -1, plain(1, 0x400000, 1)),
                        new Component(0, -1, plain(1, 0x400000, 2))));
        in(lustre, "echo flr > d0/flr");
        lustre.ctl("resync", "/d0/flr");
        fileWithLayout(lustre, "d0/over", plain(0x201, 0x400000, 5));
        in(lustre, "echo o > d0/over");
        lustre.ctl("migrate", "/d0/s2");
    }

    private static void migrations(FakeLustre lustre) throws IOException {
        lustre.ctl("mkdir", "/d0/mig", 0);
        in(lustre, "touch d0/mig/x");
        lustre.ctl("migrate-mdt", "/d0/mig", 1);
        in(
                lustre,
                """
                setfattr -n trusted.dmv -v any d1
                setfattr -n lustre.lov -v 0x%1$s d1
                setfattr -n lustre.lov -v 0x%1$s ds
                chmod 600 d0/over
                chattr +d d0/s2
                """
                        .formatted(plain(1, 0x100000, 2)));
    }

    private static void sharedMapping(FakeLustre lustre) throws IOException {
        NativeLibrary c = NativeLibrary.getInstance("c");
        String path = lustre.path().resolve("d0/mm").toString();
        int fd = c.getFunction("open").invokeInt(new Object[] {path, 0x42, 0644});
        c.getFunction("ftruncate").invokeInt(new Object[] {fd, 8192L});
        Object[] map = {null, 8192L, 3, 1, fd, 0L};
        com.sun.jna.Pointer bytes = c.getFunction("mmap").invokePointer(map);
        bytes.setByte(5000, (byte) 1);
        c.getFunction("munmap").invokeInt(new Object[] {bytes, 8192L});
        c.getFunction("close").invokeInt(new Object[] {fd});
        assertThat(java.nio.file.Files.readAllBytes(lustre.path().resolve("d0/mm"))[5000])
                .isEqualTo((byte) 1);
    }

    @Test
    void archiveReleaseRestoreRemove() throws IOException {
        try (FakeLustre lustre = FakeLustre.in(workspace.base())) {
            lustre.ctl("mkdir", "/d1", 1);
            lustre.ctl("set", "rr_depth", 0);
            lustre.register(1);
            in(lustre, "mkdir d1/h; dd if=/dev/urandom of=d1/h/f bs=64k count=40 status=none");
            String sum = sum(lustre, "d1/h/f");
            lustre.ctl("archive", "/d1/h/f");
            lustre.ctl("release", "/d1/h/f");
            lustre.ctl("restore", "/d1/h/f");
            lustre.ctl("release", "/d1/h/f");
            lustre.ctl("restore", "/d1/h/f");
            lustre.ctl("release", "/d1/h/f");
            assertThat(sum(lustre, "d1/h/f")).isEqualTo(sum);
            lustre.ctl("release", "/d1/h/f");
            in(
                    lustre,
                    """
                    chmod 600 d1/h/f
                    mv d1/h/f d1/h/f.2
                    setfattr -n user.q -v 1 d1/h/f.2
                    printf dirty | dd of=d1/h/f.2 conv=notrunc status=none
                    """);
            assertThat(lustre.ctl("hsm", "/d1/h/f.2")).isEqualTo("0xb 1");
            lustre.ctl("archive", "/d1/h/f.2");
            lustre.ctl("release", "/d1/h/f.2");
            in(lustre, ": > d1/h/f.2");
            lustre.ctl("hsm-set", "/d1/h/f.2", 20, 0);
            lustre.ctl("hsm-set", "/d1/h/f.2", 0, 20);
            in(lustre, "echo data > d1/h/f.2");
            lustre.ctl("archive", "/d1/h/f.2");
            lustre.ctl("remove", "/d1/h/f.2");
            in(lustre, "echo data > d1/h/f.2.3");
            lustre.ctl("archive", "/d1/h/f.2.3");
            in(lustre, "rm d1/h/f.2.3");
            assertThat(RawRecord.story(withoutReading(recorded(lustre, 1)), false))
                    .isEqualTo(RawRecord.story(withoutReading(captured("hsm.jsonl")), false));
        }
    }

    /** Of the writes, one was by a program that could also read, as no bytes here show. */
    private static List<RawRecord> withoutReading(List<RawRecord> records) {
        return records.stream()
                .map(
                        one ->
                                one.type() == RawRecord.CLOSE && one.flags() == 3
                                        ? withFlags(one, 2)
                                        : one)
                .toList();
    }

    private static RawRecord withFlags(RawRecord one, int flags) {
        return new RawRecord(
                one.mdt(),
                one.type(),
                flags,
                one.index(),
                one.time(),
                one.target(),
                one.parent(),
                one.source(),
                one.sourceParent(),
                one.hasJob(),
                one.hasClient(),
                one.xattr(),
                one.name());
    }

    private static String sum(FakeLustre lustre, String name) throws IOException {
        return Shell.run("md5sum < " + Shell.quote(lustre.path().resolve(name)));
    }

    /** The clients of that capture sent no jobs. */
    @Test
    void timesAndAclsOnceUntilAClear() throws IOException {
        try (FakeLustre lustre = FakeLustre.in(workspace.base(), "jobid=0")) {
            lustre.ctl("mkdir", "/d", 1);
            String user = lustre.register(1);
            in(lustre, "mkfifo d/before");
            long acknowledged = lustre.lastIndex(1);
            lustre.ctl("clear", 1, user, acknowledged);
            String[] steps = {
                "echo a > d/rearm; touch -c -d @1600000000 d/rearm",
                "touch -c -d @1600000001 d/rearm; setfacl -m u:1234:r d/rearm",
                "setfacl -m u:1234:rw d/rearm",
                "touch -c -d @1600000002 d/rearm",
                "touch -a d/rearm",
            };
            for (String step : steps) {
                in(lustre, step);
                lustre.ctl("clear", 1, user, acknowledged);
            }
            List<RawRecord> captured = captured("times.jsonl");
            assertThat(captured).hasSize(7);
            assertThat(RawRecord.story(recorded(lustre, 1), false).stream().map(this::noParent))
                    .containsExactlyElementsOf(
                            RawRecord.story(captured, false).stream().map(this::noParent).toList());
        }
    }

    private String noParent(String line) {
        return line.replaceFirst(" p=\\w+", "");
    }

    @Test
    void libraryGivesRecordsAsTheRealOneDid() throws IOException {
        int compared = 0;
        try (FakeLustre lustre = FakeLustre.in(workspace.base())) {
            FakeLibrary library = new FakeLibrary(lustre);
            List<JsonNode> nodes = new ArrayList<>(lines("library.jsonl"));
            nodes.sort(Comparator.comparingLong(node -> node.get("index").asLong()));
            Set<String> appended = new HashSet<>();
            for (JsonNode node : nodes) {
                String which = node.get("mdt") + "/" + node.get("index");
                if (node.get("start_flags").asInt() < 0 && appended.add(which)) {
                    lustre.ctl("append-raw", node.get("mdt").asInt(), node.get("hex").asText());
                }
            }
            for (JsonNode node : nodes) {
                int sendFlags = node.get("start_flags").asInt();
                if (sendFlags < 0) {
                    continue;
                }
                long index = node.get("index").asLong();
                int extraFlags = node.get("xflags").asInt();
                String device = FakeLustre.device(node.get("mdt").asInt());
                byte[] given = library.records(device, sendFlags, extraFlags, index).get(0);
                byte[] expected = hex(node);
                assertThat(HexFormat.of().formatHex(Arrays.copyOf(given, expected.length)))
                        .as("%s %d, flags %x %x", device, index, sendFlags, extraFlags)
                        .isEqualTo(node.get("hex").asText());
                compared++;
            }
        }
        System.out.println(compared + " captured records of the library");
        assertThat(compared).isGreaterThan(170);
    }
}
