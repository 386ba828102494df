package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.Stat;
import io.sluice.common.filesystem.HsmOptions;
import io.sluice.common.filesystem.HsmPolicy;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.RawTree;
import io.sluice.common.round.Content;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Policy by state by the moment of the release, for a small, a large and a sparse file. */
@Timeout(120)
class ReleasedFilesTest {
    private static final int SMALL = 1000;
    private static final int LARGE = 3 << 20;
    private static final String BLOCK = block("HSM", "hsm=arch=1;rel=1;dir=0;lost=0;aid=1");
    private static final String[] FILES = {"small", "large", "sparse"};

    private RawTree tree;
    private final MemoryReceivers receivers = new MemoryReceivers();
    private final PlayedTape tape = new PlayedTape();

    @BeforeEach
    void makeFiles() throws IOException {
        tree = new RawTree();
        write("small", SMALL);
        write("large", LARGE);
        try (RandomAccessFile sparse = new RandomAccessFile(path("sparse").toFile(), "rw")) {
            sparse.setLength(LARGE);
            sparse.seek(1 << 20);
            sparse.write(new byte[] {1, 2, 3});
        }
    }

    @AfterEach
    void removeFiles() throws IOException {
        tree.close();
        // The throttle's watcher is told to end and not waited for: its file may hang.
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!ownThreads().isEmpty() && System.nanoTime() < until) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        assertThat(ownThreads()).as("threads that are left").isEmpty();
    }

    private static List<String> ownThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("sluice-"))
                .toList();
    }

    private void write(String name, int size) throws IOException {
        byte[] data = new byte[size];
        new Random(size).nextBytes(data);
        Files.write(path(name), data);
    }

    private Path path(String name) {
        return Path.of(new String(tree.root(), StandardCharsets.UTF_8), name);
    }

    private WriterRig rig(HsmOptions hsm) throws Exception {
        return WriterRig.of(
                WriterRig.options(tree.root(), 1, Content.FULL).withFilesystem(tape.factory(), hsm),
                receivers);
    }

    private static HsmOptions options(HsmPolicy policy) {
        return new HsmOptions(policy, HsmOptions.RECALLS, 0, 60, false);
    }

    /** All files, as an index gives them out. */
    private ItemBatch items(Reason reason, boolean knownToBeReleased) throws IOException {
        ItemPacker packer = new ItemPacker();
        for (String name : FILES) {
            PackedEntries packed = new PackedEntries(256);
            Stat stat = WriterRig.stat(tree.root(), name);
            if (knownToBeReleased) {
                packed.released(bytes(name), name.length(), stat);
            } else {
                packed.present(bytes(name), name.length(), stat, null);
            }
            EntryCursor cursor = new EntryCursor().reset(packed.toBytes());
            cursor.next();
            packer.add(reason, cursor);
        }
        return packer.take(new byte[0], 0);
    }

    private Map<String, SampleEntry> entries() throws IOException {
        Map<String, SampleEntry> entries = new LinkedHashMap<>();
        for (SampleEntry entry : receivers.entries(0)) {
            assertThat(entries.put(entry.path(), entry)).isNull();
        }
        return entries;
    }

    private static String block(String kind, String content) {
        return kind + " " + HexFormat.of().formatHex(bytes(content));
    }

    private void checkStubs() throws IOException {
        assertThat(entries().keySet()).containsExactly(FILES);
        for (SampleEntry entry : entries().values()) {
            assertThat(entry.data()).isEmpty();
            assertThat(entry.extents()).isEmpty();
            assertThat(entry.torn()).isNull();
            assertThat(entry.blocks()).containsExactly(BLOCK);
            assertThat(entry.stat().size()).isPositive();
        }
    }

    private void checkWhole() throws IOException {
        assertThat(entries().keySet()).containsExactly(FILES);
        for (String name : new String[] {"small", "large"}) {
            SampleEntry entry = entries().get(name);
            assertThat(SampleEntry.bytes(entry.data())).isEqualTo(Files.readAllBytes(path(name)));
            assertThat(entry.blocks()).isEmpty();
        }
        assertThat(entries().get("sparse").data()).contains("\u0001\u0002\u0003");
    }

    private void releaseAll(boolean atOpen) throws IOException {
        for (String name : FILES) {
            if (atOpen) {
                tape.releaseAtOpen(path(name));
            } else {
                tape.release(path(name), 1);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "SKIP_RELEASED,  hsm.skipped, false, true",
        "SKIP_RELEASED,  hsm.skipped, false, false",
        "SKIP_RELEASED,  hsm.skipped, true,  false",
        "MARK_RELEASED,  hsm.marked,  false, true",
        "MARK_RELEASED,  hsm.marked,  true,  false",
    })
    void newFilesOnTapeAreEntriesWithoutData(
            HsmPolicy policy, String count, boolean atOpen, boolean known) throws Exception {
        releaseAll(atOpen);
        try (WriterRig rig = rig(options(policy))) {
            rig.send(items(Reason.NEW, known)).finish();
            assertThat(rig.counts()).containsEntry(count, 3L).containsEntry("stored.f", 3L);
            assertThat(rig.counts()).doesNotContainKeys("hsm.lost", "hsm.recalled");
            if (known) {
                assertThat(rig.notes()).isEmpty();
            } else {
                assertThat(rig.notes())
                        .containsExactly(
                                "owed changed small", "owed changed large", "owed changed sparse");
            }
        }
        checkStubs();
        assertThat(tape.recalls).isZero();
    }

    @ParameterizedTest
    @EnumSource(
            value = HsmPolicy.class,
            names = {"SKIP_RELEASED", "MARK_RELEASED"})
    void changedFilesThatTheIndexTookForReadableShadowNothing(HsmPolicy policy) throws Exception {
        for (boolean atOpen : new boolean[] {false, true}) {
            releaseAll(atOpen);
            try (WriterRig rig = rig(options(policy))) {
                rig.send(items(Reason.CHANGED, false)).finish();
                assertThat(rig.counts())
                        .containsEntry("skipped.released", 3L)
                        .containsEntry("hsm.stale_meta", 3L)
                        .doesNotContainKeys("hsm.skipped", "hsm.marked");
                assertThat(rig.notes())
                        .containsExactly(
                                "owed changed small", "owed changed large", "owed changed sparse");
            }
            assertThat(entries()).isEmpty();
        }
        assertThat(tape.recalls).isZero();
    }

    @Test
    void changedFilesThatTheIndexKnowsToBeOnTapeAreEntriesWithoutData() throws Exception {
        releaseAll(false);
        try (WriterRig rig = rig(options(HsmPolicy.MARK_RELEASED))) {
            rig.send(items(Reason.CHANGED, true)).finish();
            assertThat(rig.counts()).containsEntry("hsm.marked", 3L);
            assertThat(rig.notes()).isEmpty();
        }
        checkStubs();
    }

    @ParameterizedTest
    @CsvSource({"NEW, false", "NEW, true", "CHANGED, false", "RETRIED, true"})
    void backupReleasedFetchesThemBackAndStoresThemWhole(Reason reason, boolean atOpen)
            throws Exception {
        releaseAll(atOpen);
        try (WriterRig rig = rig(options(HsmPolicy.BACKUP_RELEASED))) {
            rig.send(items(reason, !atOpen)).finish();
            assertThat(rig.counts()).containsEntry("hsm.recalled", 3L);
            assertThat(rig.notes()).isEmpty();
        }
        checkWhole();
        assertThat(tape.recalls).isEqualTo(3);
    }

    @Test
    void neverMoreAreOnTheirWayThanTheCapAllowsAndEachRequestIsOfOneArchive() throws Exception {
        tape.slow(4);
        String[] names = new String[40];
        for (int i = 0; i < names.length; i++) {
            names[i] = "f" + i;
            write(names[i], 100 + i);
            tape.release(path(names[i]), 1 + i % 2);
        }
        try (WriterRig rig = rig(new HsmOptions(HsmPolicy.BACKUP_RELEASED, 5, 0, 60, true))) {
            rig.send(0, names).finish();
            assertThat(rig.counts()).containsEntry("hsm.recalled", 40L);
        }
        assertThat(tape.recalls).isEqualTo(40);
        assertThat(tape.mostUnderWay).isBetween(2, 5);
        assertThat(tape.requests).allMatch(request -> request.matches("[1-5] of [12]"));
        assertThat(tape.releases).as("released again").hasSize(40).doesNotHaveDuplicates();
    }

    @Test
    void whatTheArchiveHasLostIsNotAskedFor() throws Exception {
        for (String name : FILES) {
            tape.lose(path(name));
        }
        try (WriterRig rig = rig(options(HsmPolicy.BACKUP_RELEASED))) {
            rig.send(items(Reason.NEW, true)).finish();
            assertThat(rig.counts())
                    .containsEntry("hsm.lost", 3L)
                    .doesNotContainKeys("hsm.skipped", "hsm.recalled");
        }
        assertThat(entries().get("small").blocks())
                .containsExactly(block("HSM", "hsm=arch=1;rel=1;dir=0;lost=1;aid=1"));
        assertThat(tape.recalls).isZero();
    }

    /** The index gives them out whatever is stored, since it expects them to come back. */
    @Test
    void whatTheArchiveHasLostShadowsNothingThatIsStored() throws Exception {
        for (String name : FILES) {
            tape.lose(path(name));
        }
        try (WriterRig rig = rig(options(HsmPolicy.BACKUP_RELEASED))) {
            rig.send(items(Reason.RETRIED, true)).finish();
            assertThat(rig.counts()).containsEntry("skipped.released", 3L);
            assertThat(rig.notes())
                    .containsExactly(
                            "owed changed small", "owed changed large", "owed changed sparse");
        }
        assertThat(entries()).isEmpty();
    }

    /** Else an entry without data would shadow it when the file goes to tape again. */
    @Test
    void whatTheIndexTakesForAnEntryWithoutDataIsNotStoredWithIt() throws Exception {
        try (WriterRig rig = rig(options(HsmPolicy.SKIP_RELEASED))) {
            rig.send(items(Reason.NEW, true)).finish();
            assertThat(rig.notes())
                    .containsExactly(
                            "owed changed small", "owed changed large", "owed changed sparse");
        }
        assertThat(entries()).isEmpty();
    }

    @Test
    void whatDoesNotComeBackInTimeFailsAndIsOwed() throws Exception {
        tape.keepForEver(path("small"));
        try (WriterRig rig = rig(new HsmOptions(HsmPolicy.BACKUP_RELEASED, 4, 0, 1, false))) {
            rig.send(items(Reason.NEW, false)).finish();
            assertThat(rig.counts()).containsEntry("failed.ETIMEDOUT", 1L);
            assertThat(rig.notes())
                    .containsExactlyInAnyOrder(
                            "failed recall " + Errno.ETIMEDOUT + " small", "owed failed small");
        }
        assertThat(entries().keySet()).containsExactly("large", "sparse");
    }

    @Test
    void aFileWhoseStateIsNotToldIsNotRead() throws Exception {
        tape.tellNothing(Errno.EIO);
        try (WriterRig rig = rig(options(HsmPolicy.SKIP_RELEASED))) {
            rig.send(items(Reason.NEW, false)).finish();
            assertThat(rig.counts()).containsEntry("failed.EIO", 3L);
        }
        assertThat(entries()).isEmpty();
    }

    @Test
    void aLayoutBeyondAllMeasureIsLeftOutAndReported() throws Exception {
        tape.layout(path("small"), new byte[65_537]);
        try (WriterRig rig = rig(options(HsmPolicy.SKIP_RELEASED))) {
            rig.send(0, "small").finish();
            assertThat(rig.notes())
                    .containsExactlyInAnyOrder(
                            "failed layout " + Errno.E2BIG + " small", "owed failed small");
        }
        assertThat(entries().get("small").blocks()).isEmpty();
    }

    @Test
    void layoutsStandBeforeTheDataOfFilesAndWithDirectories() throws Exception {
        byte[] layout = bytes("lustre.lov\0stripes");
        Files.createDirectory(path("directory"));
        Files.write(path("empty"), new byte[0]);
        String[] names = {"small", "large", "sparse", "empty", "directory"};
        for (String name : names) {
            tape.layout(path(name), layout);
        }
        try (WriterRig rig = rig(options(HsmPolicy.SKIP_RELEASED))) {
            rig.send(0, names).finish();
        }
        assertThat(entries().keySet()).containsExactly(names);
        for (SampleEntry entry : entries().values()) {
            assertThat(entry.blocks()).containsExactly(block("LAYOUT", "lustre.lov\0stripes"));
        }
    }
}
