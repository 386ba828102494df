package io.sluice.lustre.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import io.sluice.common.SluiceException;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.lustre.Captures;
import io.sluice.lustre.Fid;
import io.sluice.lustre.changelog.ChangelogDecoder;
import io.sluice.lustre.changelog.ChangelogException;
import io.sluice.lustre.changelog.ChangelogRecord;
import io.sluice.lustre.hsm.HsmAction;
import io.sluice.lustre.hsm.HsmState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Through JNA, against a library with the same symbols that a C compiler made just before. */
final class LustreApiTest {
    private static final byte[] MOUNT = ascii("/mnt/lustre");
    private static final String MDT = "lustre-MDT0000";
    private static final Fid LINKED = new Fid(0x240000402L, 0x35, 0);

    @TempDir static Path directory;

    private static String library;
    private static NativeLibrary test;
    private static LustreApi api;

    /** Held here: the library reads them when it gives them. */
    private static Memory records;

    @BeforeAll
    static void compile() throws Exception {
        library = directory.resolve("liblustreapi.so.1").toString();
        String source = Path.of("src", "test", "c", "liblustreapi.c").toString();
        Process compiler =
                start("cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source);
        String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(compiler.waitFor()).as(said).isZero();
        test = NativeLibrary.getInstance(library);
        api = new LustreApi(Llapi.load(library));
    }

    /** Without a compiler there is nothing to test with. */
    private static Process start(String... command) {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            return abort("no C compiler: " + e.getMessage());
        }
    }

    @Test
    void missingLibraryIsOneLine() {
        assertThatExceptionOfType(SluiceException.class)
                .isThrownBy(() -> Llapi.load("liblustreapi-that-nobody-has.so.1"))
                .withMessageMatching(
                        "liblustreapi-that-nobody-has\\.so\\.1: cannot be loaded \\(.*cannot open"
                                + " shared object file.*\\); install .* LD_LIBRARY_PATH");
    }

    @Test
    void missingFunctionIsOneLine() {
        Llapi llapi = Llapi.load(library);
        assertThatExceptionOfType(SluiceException.class)
                .isThrownBy(() -> llapi.call("llapi_of_tomorrow"))
                .withMessage(
                        library + ": it has no llapi_of_tomorrow; Lustre 2.12 or newer is needed");
    }

    @Test
    void messageLevelIsSet() {
        api.setMessageLevel(0);
        assertThat(ask("test_message_level")).isZero();
    }

    @Test
    void filesystemIsKnownByItsName() throws Exception {
        assertThat(api.searchFsname(ascii("/mnt/lustre/d"))).contains("lustre");
        assertThat(api.searchFsname(ascii("/tmp"))).isEmpty();
        fails(
                () -> api.searchFsname(ascii("/x")),
                "llapi_search_fsname '/x': input/output error (EIO)",
                5);
    }

    @Test
    void recordsOfTheLibraryAreRead() throws Exception {
        List<byte[]> captured = new ArrayList<>();
        for (JsonNode node : Captures.json("changelog-vectors.jsonl")) {
            captured.add(Captures.hex(node, "hex"));
        }
        give(captured);
        List<ChangelogRecord> read = new ArrayList<>();
        try (ChangelogReader reader = api.changelogStart(MDT, 1L << 40)) {
            assertThat(test.getFunction("test_last_number").invokeLong(new Object[0]))
                    .isEqualTo(1L << 40);
            for (ChangelogRecord record = reader.next(); record != null; record = reader.next()) {
                read.add(record);
            }
            assertThat(reader.next()).isNull();
        }
        System.out.println("LustreApiTest: " + read.size() + " records through JNA");
        assertThat(read)
                .usingRecursiveComparison()
                .isEqualTo(captured.stream().map(ChangelogDecoder::decode).toList());
        assertThat(ask("test_live_records")).isZero();
        assertThat(ask("test_live_readers")).isZero();
    }

    @Test
    void readerThatFailsSaysWhyAndIsClosedOnce() throws Exception {
        give(List.of(), -5, 0);
        ChangelogReader reader = api.changelogStart(MDT, 1);
        fails(reader::next, "llapi_changelog_recv lustre-MDT0000: input/output error (EIO)", 5);
        fails(reader::next, "llapi_changelog_recv lustre-MDT0000: ENOMEM", 12);
        reader.close();
        reader.close();
        assertThat(ask("test_live_readers")).isZero();
        assertThatIllegalStateException().isThrownBy(reader::next);
        fails(
                () -> api.changelogStart("lustre-MDT0009", 1),
                "llapi_changelog_start lustre-MDT0009: no such file or directory (ENOENT)",
                2);
        assertThat(ask("test_live_readers")).isZero();
    }

    @Test
    void recordThatIsNoneIsFreedToo() throws Exception {
        byte[] tooLong = new byte[ChangelogDecoder.HEADER_BYTES];
        tooLong[1] = 0x7f;
        give(List.of(tooLong));
        try (ChangelogReader reader = api.changelogStart(MDT, 1)) {
            assertThatExceptionOfType(ChangelogException.class).isThrownBy(reader::next);
        }
        assertThat(ask("test_live_records")).isZero();
    }

    @Test
    void clearingNamesItsUserAndNeverMeansEverything() throws Exception {
        api.changelogClear(MDT, "cl1", 5_000_000_000L);
        assertThat(lastText()).isEqualTo("lustre-MDT0000 cl1");
        assertThat(test.getFunction("test_last_number").invokeLong(new Object[0]))
                .isEqualTo(5_000_000_000L);
        fails(
                () -> api.changelogClear(MDT, "cl2", 7),
                "llapi_changelog_clear lustre-MDT0000 cl2 7: no such file or directory (ENOENT)",
                Errno.ENOENT);
        fails(() -> api.changelogClear(MDT, "cl1", 6_000_000_000L), "invalid argument", 22);
        assertThatIllegalArgumentException().isThrownBy(() -> api.changelogClear(MDT, "cl1", 0));
    }

    @Test
    void allPathsOfAnObjectAreFound() throws Exception {
        assertThat(paths(LINKED)).containsExactly("d1/t3/a", "d1/t3/a0", "d1/t3/a1", "d1/t3/a2");
        assertThat(paths(new Fid(0x200000007L, 1, 0))).containsExactly("");
        assertThat(paths(new Fid(0x240000402L, 0x36, 0))).containsExactly("left");
        fails(
                () -> api.fid2path(MOUNT, new Fid(1, 2, 3)),
                "llapi_fid2path '[0x1:0x2:0x3]': no such file or directory (ENOENT)",
                Errno.ENOENT);
    }

    private static List<String> paths(Fid fid) throws LustreException {
        return api.fid2path(MOUNT, fid).stream()
                .map(path -> new String(path, StandardCharsets.US_ASCII))
                .toList();
    }

    @Test
    void hsmStateIsAskedOfADescriptor() throws Exception {
        assertThat(api.hsmStateOf(1000)).isEqualTo(new HsmState(0x0d, 7));
        fails(() -> api.hsmStateOf(3), "llapi_hsm_state_get_fd on descriptor 3: ENOTTY", 25);
    }

    @Test
    void hsmRequestNamesWholeFiles() throws Exception {
        List<Fid> fids = List.of(LINKED, new Fid(-1, -2, 0));
        api.hsmRequest(MOUNT, HsmAction.RESTORE, 3, fids);
        ByteBuffer expected = ByteBuffer.allocate(24 + 2 * 32).order(ByteOrder.nativeOrder());
        expected.putInt(11).putInt(3).putLong(0).putInt(2).putInt(0);
        for (Fid fid : fids) {
            expected.putLong(fid.sequence()).putInt(fid.objectId()).putInt(fid.version());
            expected.putLong(0).putLong(-1);
        }
        Pointer request = test.getFunction("test_request").invokePointer(new Object[0]);
        assertThat(request.getByteArray(0, expected.capacity())).isEqualTo(expected.array());
        fails(
                () -> api.hsmRequest(ascii("/mnt"), HsmAction.RELEASE, 0, fids),
                "llapi_hsm_request '/mnt': EBUSY",
                16);
        List<Fid> most = Collections.nCopies(LustreApi.MAX_REQUEST_FIDS, LINKED);
        api.hsmRequest(MOUNT, HsmAction.ARCHIVE, 0, most);
        // The client wants less than a third of 5 KiB.
        assertThat(24 + 32 * most.size()).isLessThan(5120 / 3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> api.hsmRequest(MOUNT, HsmAction.CANCEL, 0, List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                api.hsmRequest(
                                        MOUNT,
                                        HsmAction.REMOVE,
                                        0,
                                        Collections.nCopies(most.size() + 1, LINKED)));
    }

    @Test
    void targetsAreCounted() throws Exception {
        assertThat(api.getObdCount(MOUNT, false)).isEqualTo(3);
        assertThat(api.getObdCount(MOUNT, true)).isEqualTo(64);
        fails(() -> api.getObdCount(ascii("/"), false), "llapi_get_obd_count '/': ENODEV", 19);
    }

    @Test
    void mdtIndexIsAskedOfTheFilesystem() throws Exception {
        int fd = Posix.open(Posix.AT_FDCWD, ascii(directory.toString()), Posix.O_RDONLY, 0);
        try {
            fails(
                    () -> LustreApi.mdtIndexOf(fd),
                    "LL_IOC_GET_MDTIDX on descriptor " + fd + ": ENOTTY",
                    25);
        } finally {
            Posix.close(fd);
        }
    }

    private static void fails(ThrowingCallable call, String message, int errno) {
        assertThatExceptionOfType(LustreException.class)
                .isThrownBy(call)
                .withMessageContaining(message)
                .satisfies(e -> assertThat(e.errno()).isEqualTo(errno));
    }

    /** Makes the library give {@code given}, and then what {@code more} says instead of lengths. */
    private static void give(List<byte[]> given, int... more) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int[] lengths = new int[given.size() + more.length];
        for (int i = 0; i < given.size(); i++) {
            bytes.writeBytes(given.get(i));
            lengths[i] = given.get(i).length;
        }
        System.arraycopy(more, 0, lengths, given.size(), more.length);
        records = new Memory(bytes.size() + 1L);
        records.write(0, bytes.toByteArray(), 0, bytes.size());
        test.getFunction("test_set_records")
                .invokeVoid(new Object[] {records, lengths, lengths.length});
    }

    private static int ask(String function) {
        return test.getFunction(function).invokeInt(new Object[0]);
    }

    private static String lastText() {
        return test.getFunction("test_last_text").invokePointer(new Object[0]).getString(0);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
