package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** That the fake Lustre does what tests of the connector take for granted. */
class FakeLustreITCase {
    private static final int ENOENT = 2;
    private static final int EIO = 5;
    private static final int EINVAL = 22;
    private static final int ENOTTY = 25;

    private static final int MIB = 1 << 20;

    @RegisterExtension final Workspace workspace = new Workspace();

    @BeforeEach
    void needsTheFake() {
        FakeLustre.assumePossible();
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static int open(Path path) throws PosixException {
        return Posix.open(Posix.AT_FDCWD, bytes(path), Posix.O_RDONLY, 0);
    }

    private static String layoutOf(Path file) throws PosixException {
        return HexFormat.of().formatHex(FakeLustreLayoutsITCase.layoutOf(file));
    }

    private static List<String> kinds(FakeLustre lustre, int mdt) throws IOException {
        return lustre.records(mdt).stream().map(one -> RawRecord.of(mdt, one).kind()).toList();
    }

    /** All on one MDT, with a user. */
    private FakeLustre small(String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("mdts=1");
        FakeLustre lustre = FakeLustre.in(workspace.base(), all.toArray(new String[0]));
        lustre.register(0);
        return lustre;
    }

    @Test
    void clearAnswersAsAServerDoes() throws IOException {
        try (FakeLustre lustre = small()) {
            FakeLibrary library = new FakeLibrary(lustre);
            String device = FakeLustre.device(0);
            Files.createFile(lustre.path().resolve("a"));
            Files.createFile(lustre.path().resolve("b"));
            assertThat(kinds(lustre, 0)).containsExactly("01/0", "11/c2", "01/0", "11/c2");
            assertThat(library.clear(device, "cl1", 5)).isEqualTo(-EINVAL);
            assertThat(library.clear(device, "cl2", 2)).isEqualTo(-ENOENT);
            assertThat(library.clear(device, "cl1", 2)).isZero();
            assertThat(library.clear(device, "cl1", 1)).isEqualTo(-ENOENT);
            assertThat(library.clear(device, "cl1", 2)).isZero();
            assertThat(library.clear(FakeLustre.device(1), "cl1", 2)).isEqualTo(-ENOENT);
            assertThat(library.start(FakeLustre.device(1))).isEqualTo(-ENOENT);
            assertThat(lustre.records(0)).hasSize(2);

            assertThat(lustre.register(0)).isEqualTo("cl2");
            assertThat(library.clear(device, "cl1", 0)).isZero();
            assertThat(lustre.records(0)).as("both have all").isEmpty();
            Files.createDirectory(lustre.path().resolve("c"));
            assertThat(library.clear(device, "cl1-backup", 5)).isZero();
            assertThat(lustre.records(0)).as("the second one still needs it").hasSize(1);
            assertThat(library.records(device, 0, 0, 5)).hasSize(1);
            assertThat(library.records(device, 0, 0, 6)).isEmpty();
            lustre.ctl("deregister", 0, "cl2");
            assertThat(lustre.records(0)).isEmpty();
            assertThat(library.clear(device, "cl2", 5)).isEqualTo(-ENOENT);

            lustre.ctl("age", 0, "cl1", 1000);
            assertThat(lustre.ctl("gc", 0, 2000)).isEqualTo("0");
            assertThat(lustre.ctl("gc", 0, 900)).isEqualTo("1");
            assertThat(library.clear(device, "cl1", 5)).isEqualTo(-ENOENT);
            Files.createDirectory(lustre.path().resolve("d"));
            assertThat(lustre.records(0)).as("nobody listens").isEmpty();
            assertThat(lustre.register(0)).isEqualTo("cl3");
            lustre.ctl("append-gap", 0, 10);
            Files.createDirectory(lustre.path().resolve("e"));
            assertThat(lustre.lastIndex(0)).isEqualTo(16);
            lustre.ctl("age", 0, "cl3", 2_592_000_001L);
            Files.createDirectory(lustre.path().resolve("f"));
            assertThat(lustre.ctl("users", 0)).as("idle for 30 days").doesNotContain("cl3");
        }
    }

    @Test
    void recordsOfTimesAndAclsComeOnceBetweenClears() throws IOException {
        try (FakeLustre lustre = small()) {
            Path file = Files.createFile(lustre.path().resolve("f"));
            String in = Shell.quote(file);
            lustre.ctl("clear", 0, "cl1", 2);
            Shell.run("touch -c " + in + "; touch -c " + in + "; setfacl -m u:9:r " + in);
            assertThat(kinds(lustre, 0)).containsExactly("17/7");
            Shell.run("chmod 600 " + in + "; chmod 600 " + in + "; setfattr -n user.a " + in);
            assertThat(kinds(lustre, 0)).containsExactly("17/7", "14/14", "14/14", "15/0");
            lustre.ctl("clear", 0, "cl1", 2);
            Shell.run("setfacl -m u:9:rw " + in + "; setfacl -m u:9:rwx " + in);
            assertThat(kinds(lustre, 0)).endsWith("15/0", "18/4").hasSize(5);
            assertThat(Shell.run("getfacl -cnp " + in)).contains("user:9:rwx");
        }
    }

    @Test
    void onlyDataAccessRecalls() throws Exception {
        try (FakeLustre lustre = small("recall_us=100000", "osts=2")) {
            FakeLibrary library = new FakeLibrary(lustre);
            Path file = lustre.path().resolve("f");
            byte[] content = "content".repeat(1000).getBytes(StandardCharsets.UTF_8);
            Files.write(file, content);
            assertThat(lustre.ask("release", "/f").result()).as("not archived").isEqualTo(-1);
            lustre.ctl("archive", "/f", 3);
            String layout = layoutOf(file);
            lustre.ctl("release", "/f");
            assertThat(layoutOf(file))
                    .startsWith("d00bd10b01000080")
                    .endsWith("00".repeat(24))
                    .hasSameSizeAs(layout);
            assertThat(Files.size(file)).isEqualTo(content.length);
            assertThat(Shell.run("stat -c %b " + Shell.quote(file)).strip()).isEqualTo("1");
            assertThat(Shell.run("getfattr -dm- --absolute-names " + Shell.quote(file)))
                    .contains("trusted.hsm", "trusted.link", "lustre.lov");
            assertThat(library.hsmState(file.toString())).containsExactly(0xd, 3, 0, 0);
            assertThat(library.fid(file.toString())).isEqualTo(lustre.ctl("fid", "/f"));
            FileChannel.open(file, StandardOpenOption.READ).close();
            assertThat(lustre.counters()).containsEntry("recalls", 0L);

            assertThat(Files.readAllBytes(file)).isEqualTo(content);
            assertThat(lustre.counters()).containsEntry("recalls_read", 1L);
            assertThat(library.hsmState(file.toString()).get(0)).isEqualTo(9);
            lustre.ctl("release", "/f");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                byte[] mapped = new byte[content.length];
                channel.map(FileChannel.MapMode.READ_ONLY, 0, content.length).get(mapped);
                assertThat(mapped).isEqualTo(content);
            }
            assertThat(lustre.counters()).containsEntry("recalls_read", 2L);
            lustre.ctl("release", "/f");
            int fd = open(file);
            assertThat(Posix.seekOrErrno(fd, 0, Posix.SEEK_DATA)).isZero();
            assertThat(Posix.seekOrErrno(fd, 0, Posix.SEEK_HOLE)).isEqualTo(content.length);
            Posix.close(fd);
            assertThat(lustre.counters())
                    .containsEntry("recalls_seek", 1L)
                    .containsEntry("recalls", 3L)
                    .containsEntry("restoring_most", 1L);
            lustre.ctl("release", "/f");
            lustre.ctl("lose", "/f");
            assertThatThrownBy(() -> Files.readAllBytes(file)).hasMessage("No data available");
            assertThat(lustre.counters()).containsEntry("recalls", 3L);
        }
    }

    @Test
    void restoresThatAreAskedForTakeTheirTime() throws Exception {
        try (FakeLustre lustre = small("restore_us=300000")) {
            FakeLibrary library = new FakeLibrary(lustre);
            List<String> fids = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Files.writeString(lustre.path().resolve("f" + i), "content " + i);
                lustre.ctl("archive", "/f" + i);
                lustre.ctl("release", "/f" + i);
                fids.add(lustre.ctl("fid", "/f" + i));
            }
            String mount = lustre.path().toString();
            assertThat(library.restore(mount, List.of("[0x200000401:0x999:0x0]")))
                    .isEqualTo(-ENOENT);
            assertThat(library.restore(mount, fids)).isZero();
            Path first = lustre.path().resolve("f0");
            assertThat(library.hsmState(first.toString())).containsExactly(0xd, 1, 1, 11);
            assertThat(library.currentAction(first.toString())).isEqualTo(11);
            assertThat(Files.readString(first)).as("waits for the same one").isEqualTo("content 0");
            assertThat(library.currentAction(first.toString())).isZero();
            assertThat(lustre.counters())
                    .containsEntry("recalls", 0L)
                    .containsEntry("recalls_request", 3L)
                    .containsEntry("restoring_most", 3L);
            assertThat(library.hsmState(mount)).containsExactly(-ENOTTY);
        }
    }

    @Test
    void filesAndDirectoriesAreFoundByFid() throws Exception {
        try (FakeLustre lustre = FakeLustre.in(workspace.base())) {
            FakeLibrary library = new FakeLibrary(lustre);
            String mount = lustre.path().toString();
            lustre.ctl("mkdir", "/one", 1);
            Path file = Files.writeString(lustre.path().resolve("one/f"), "found");
            Files.createLink(lustre.path().resolve("one/g"), file);
            Path byFid = lustre.path().resolve(".lustre/fid");
            assertThat(byFid.resolve(lustre.ctl("fid", "/one/f"))).hasContent("found");
            Path directory = byFid.resolve(lustre.ctl("fid", "/one"));
            assertThat(directory.resolve("f")).hasContent("found");
            assertThat(byFid.resolve(lustre.ctl("fid", "/")).resolve("one/f")).exists();
            assertThat(directory.toFile().list()).containsExactlyInAnyOrder("f", "g");
            assertThat(lustre.path().toFile().list()).containsExactly("one");
            assertThat(Files.getAttribute(directory, "unix:ino"))
                    .isEqualTo(Files.getAttribute(lustre.path().resolve("one"), "unix:ino"));
            assertThat(byFid.resolve("[0x200000401:0x999:0x0]")).doesNotExist();

            String fid = library.fid(file.toString());
            assertThat(library.paths(mount, fid)).containsExactly("one/f", "one/g");
            assertThat(library.paths(FakeLustre.NAME, fid)).containsExactly("one/f", "one/g");
            assertThat(library.paths(mount, lustre.ctl("fid", "/"))).containsExactly("/");
            assertThat(library.paths(mount, "[0x200000401:0x999:0x0]"))
                    .containsExactly(Integer.toString(-ENOENT));
            assertThat(library.fsname(file.toString())).isEqualTo(FakeLustre.NAME);
            assertThat(library.fsname("/")).startsWith("-");
            assertThat(library.osts(mount)).isEqualTo(4);
            int root = open(lustre.path());
            int one = open(file.getParent());
            assertThat(library.mdtOf(root)).isZero();
            assertThat(library.mdtOf(one)).isEqualTo(1);
            assertThat(library.mdtOf(root, fid)).isEqualTo(1);
            assertThat(library.mdtOf(root, "[0x200000401:0x999:0x0]")).isEqualTo(-ENOENT);
            Posix.close(one);
            Posix.close(root);
        }
    }

    @Test
    void eachOstReadsOneThingAtATime() throws Exception {
        try (FakeLustre lustre = small("osts=4", "stripe_count=4", "ost_us=20000", "direct_io=1")) {
            Path file = lustre.path().resolve("f");
            Files.write(file, new byte[8 * MIB]);
            lustre.ctl("reset");
            List<CompletableFuture<Void>> readers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                long from = (long) i * MIB;
                readers.add(CompletableFuture.runAsync(() -> read(file, from)));
            }
            readers.forEach(CompletableFuture::join);
            Map<String, Long> apart = lustre.counters();
            for (int i = 0; i < 4; i++) {
                assertThat(apart)
                        .containsEntry("ost" + i + "_bytes", (long) MIB)
                        .containsEntry("ost" + i + "_most", 1L);
            }
            lustre.ctl("reset");
            CompletableFuture<Void> other = CompletableFuture.runAsync(() -> read(file, 0));
            read(file, 4L * MIB);
            other.join();
            assertThat(lustre.counters()).containsEntry("ost0_bytes", 2L * MIB);
        }
    }

    private static void read(Path file, long from) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            java.nio.ByteBuffer buffer = java.nio.ByteBuffer.allocateDirect(MIB);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, from + buffer.position()) < 0) {
                    throw new IOException("short");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aClientMayKeepACloseBack() throws Exception {
        try (FakeLustre lustre = small("opencache_ms=600000")) {
            Files.writeString(lustre.path().resolve("f"), "x");
            assertThat(kinds(lustre, 0)).containsExactly("01/0");
            lustre.ctl("close-now");
            assertThat(kinds(lustre, 0)).hasSize(2).last().asString().startsWith("11/");
        }
    }

    @Test
    void aReaderFailsOnceAfterAnOutage() throws Exception {
        try (FakeLustre lustre = small()) {
            FakeLibrary library = new FakeLibrary(lustre);
            Files.createFile(lustre.path().resolve("f"));
            lustre.ctl("outage", 0, 200, EIO);
            long begun = System.nanoTime();
            assertThatThrownBy(() -> library.records(FakeLustre.device(0), 0, 0, 1))
                    .hasMessage("recv: " + -EIO);
            assertThat(System.nanoTime() - begun).isGreaterThan(150_000_000L);
            assertThat(library.records(FakeLustre.device(0), 0, 0, 1)).hasSize(2);
        }
    }

    @Test
    void itIsUnmountedWithItsProcess() throws Exception {
        Path mounted;
        try (FakeLustre lustre = small()) {
            mounted = lustre.path();
            Files.createFile(mounted.resolve("f"));
        }
        assertThat(mounted.resolve("f")).doesNotExist();
        assertThat(mounted).isDirectory();
    }
}
