package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.RawTree;
import io.sluice.common.round.Content;
import io.sluice.common.round.Owed;
import io.sluice.common.round.OwedReason;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ShardWriterOperatorTest {
    /** Room for some hundred batches of one item. */
    private static final QueueSizes SMALL = new QueueSizes(32 << 10, 32 << 10);

    private RawTree tree;
    private final MemoryReceivers receivers = new MemoryReceivers();

    @BeforeEach
    void makeTree() throws IOException {
        tree = new RawTree();
    }

    @AfterEach
    void removeTree() throws IOException {
        tree.close();
        assertThat(
                        Thread.getAllStackTraces().keySet().stream()
                                .map(Thread::getName)
                                .filter(name -> name.matches("sluice-(shard|reader)-.*")))
                .as("threads that are left")
                .isEmpty();
    }

    private Path path(String name) {
        return Path.of(new String(tree.root(), java.nio.charset.StandardCharsets.UTF_8), name);
    }

    private WriterRig rig() throws Exception {
        return new WriterRig(tree.root(), 1, Content.FULL, receivers);
    }

    /** Pseudo-random bytes that are the same each time. */
    private byte[] write(String name, int size) throws IOException {
        byte[] data = new byte[size];
        new Random(size).nextBytes(data);
        Files.write(path(name), data);
        return data;
    }

    private Map<String, SampleEntry> entries() throws IOException {
        Map<String, SampleEntry> entries = new LinkedHashMap<>();
        for (SampleEntry entry : receivers.entries(0)) {
            assertThat(entry.state()).isEqualTo(DataState.INTACT);
            assertThat(entries.put(entry.path(), entry)).as("twice " + entry.path()).isNull();
        }
        return entries;
    }

    private static void checkSum(WriterRig rig) {
        Map<String, Long> counts = rig.counts();
        long outcomes =
                counts.entrySet().stream()
                        .filter(
                                count ->
                                        count.getKey().startsWith("stored.")
                                                || count.getKey().startsWith("failed.")
                                                || count.getKey().startsWith("skipped."))
                        .mapToLong(Map.Entry::getValue)
                        .sum();
        assertThat(outcomes).isEqualTo(counts.get("items"));
        long stored =
                counts.entrySet().stream()
                        .filter(count -> count.getKey().startsWith("stored."))
                        .mapToLong(Map.Entry::getValue)
                        .sum();
        assertThat(rig.receipts().stream().mapToLong(receipt -> receipt.entries()).sum())
                .isEqualTo(stored);
    }

    @Test
    void everyTypeOfEntryIsStored() throws Exception {
        byte[] data = write("file", 12_345);
        tree.directory("dir").fifo("fifo").symlink("link", "to/nowhere").file("empty");
        tree.directory("dir/sub");
        assertThat(
                        Posix.mknodOrErrno(
                                Posix.AT_FDCWD, bytes(path("sock").toString()), 0140600, 0, 0))
                .isZero();
        try (WriterRig rig = rig()) {
            ItemPacker root = new ItemPacker();
            WriterRig.add(root, new byte[0], WriterRig.stat(tree.root(), ""), null);
            rig.send(root.take(DirectoryPath.ABOVE_ROOT, 0));
            rig.send(0, "file", "dir", "fifo", "link", "empty", "sock").send(0, "dir/sub").finish();
            checkSum(rig);
            assertThat(rig.notes()).isEmpty();
            assertThat(rig.counts())
                    .containsEntry("stored.f", 2L)
                    .containsEntry("stored.d", 3L)
                    .containsEntry("stored.l", 1L)
                    .containsEntry("stored.p", 1L)
                    .containsEntry("stored.s", 1L)
                    .containsEntry("bytes", 12_345L)
                    .containsEntry("owed.racy", 8L);
        }
        Map<String, SampleEntry> entries = entries();
        assertThat(entries.keySet())
                .containsExactly("", "file", "dir", "fifo", "link", "empty", "sock", "dir/sub");
        assertThat(SampleEntry.bytes(entries.get("file").data())).isEqualTo(data);
        assertThat(entries.get("link").target()).isEqualTo("to/nowhere");
        Stat file = WriterRig.stat(tree.root(), "file");
        assertThat(entries.get("file").stat().inode()).isEqualTo(file.inode());
        assertThat(entries.get("file").stat().modified()).isEqualTo(file.modified());
    }

    @Test
    void filesOfEverySizeAreStoredAsTheyAre() throws Exception {
        BufferSizes sizes = BufferSizes.of(1, 1);
        int small = sizes.sliceBytes() / 2;
        int frame = sizes.frameBytes();
        int[] lengths = {
            0, 1, 4095, 4096, small - 1, small, small + 1, frame - 1, frame, frame + 1, 999_999,
            1_000_000, 1 << 20, 2 * frame, 3_000_000, 17 << 20,
        };
        Map<String, byte[]> written = new LinkedHashMap<>();
        for (int length : lengths) {
            written.put("f" + length, write("f" + length, length));
        }
        try (WriterRig rig = rig()) {
            rig.send(0, written.keySet().toArray(String[]::new)).finish();
            checkSum(rig);
            assertThat(rig.notes()).isEmpty();
        }
        Map<String, SampleEntry> entries = entries();
        assertThat(entries.keySet()).isEqualTo(written.keySet());
        written.forEach(
                (name, data) ->
                        assertThat(SampleEntry.bytes(entries.get(name).data()))
                                .as(name)
                                .isEqualTo(data));
    }

    /** More than slices, queue and buffers hold: the items come in order, and each once. */
    @Test
    void thousandsOfItemsComeInTheirOrder() throws Exception {
        tree.directory("d");
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            names.add("d/f" + i);
            write("d/f" + i, i * 7 % 40_000);
        }
        try (WriterRig rig = rig()) {
            rig.send(0, names.toArray(String[]::new));
            rig.snapshot();
            rig.finish();
            checkSum(rig);
        }
        assertThat(entries().keySet()).containsExactlyElementsOf(names);
    }

    @Test
    void laterNamesOfAFileAreLinks() throws Exception {
        byte[] data = write("a", 5000);
        Files.createLink(path("b"), path("a"));
        Files.createLink(path("c"), path("a"));
        try (WriterRig rig = rig()) {
            rig.send(0, "a").send(0, "b", "c").finish();
            checkSum(rig);
            assertThat(rig.counts())
                    .containsEntry("stored.f", 3L)
                    .containsEntry("links", 2L)
                    .containsEntry("links.f", 2L)
                    .containsEntry("bytes", 5000L);
        }
        Map<String, SampleEntry> entries = entries();
        assertThat(SampleEntry.bytes(entries.get("a").data())).isEqualTo(data);
        assertThat(entries.get("b").linkTo()).isEqualTo("a");
        assertThat(entries.get("c").linkTo()).isEqualTo("a");
    }

    @Test
    void whenTheFirstNameIsGoneTheSecondCarriesTheData() throws Exception {
        byte[] data = write("a", 700_000);
        Files.createLink(path("b"), path("a"));
        Files.createLink(path("c"), path("a"));
        try (WriterRig rig = rig()) {
            ItemBatch batch = rig.look(0, "a", "b", "c");
            tree.remove("a");
            rig.send(batch).finish();
            checkSum(rig);
            assertThat(rig.notes()).contains("owed vanished a").doesNotContain("owed failed a");
            assertThat(rig.counts()).containsEntry("skipped.vanished", 1L);
        }
        Map<String, SampleEntry> entries = entries();
        assertThat(entries.keySet()).containsExactly("b", "c");
        assertThat(SampleEntry.bytes(entries.get("b").data())).isEqualTo(data);
        assertThat(entries.get("c").linkTo()).isEqualTo("b");
    }

    @Test
    void aLinkWhoseFileWasSwappedIsStoredAsWhatItIs() throws Exception {
        byte[] data = write("a", 100);
        Files.createLink(path("b"), path("a"));
        byte[] other;
        try (WriterRig rig = rig()) {
            ItemBatch batch = rig.look(0, "a", "b");
            tree.remove("b");
            other = write("b", 200);
            rig.send(batch).finish();
            assertThat(rig.notes()).contains("owed changed b");
            checkSum(rig);
        }
        Map<String, SampleEntry> entries = entries();
        assertThat(SampleEntry.bytes(entries.get("a").data())).isEqualTo(data);
        assertThat(entries.get("b").linkTo()).isNull();
        assertThat(SampleEntry.bytes(entries.get("b").data())).isEqualTo(other);
    }

    @Test
    void aFileRewrittenBetweenTwoOfItsNamesIsStoredAgain() throws Exception {
        write("a", 5000);
        Files.createLink(path("b"), path("a"));
        Files.createLink(path("c"), path("a"));
        byte[] second = new byte[5000];
        try (WriterRig rig = rig()) {
            rig.send(0, "a");
            Files.write(path("a"), second);
            rig.send(0, "b", "c").finish();
            checkSum(rig);
        }
        Map<String, SampleEntry> entries = entries();
        // What became of the first name depends on when it was read; the later ones do not.
        assertThat(SampleEntry.bytes(entries.get("b").data())).isEqualTo(second);
        assertThat(entries.get("c").linkTo()).isEqualTo("b");
    }

    /** What is known of a first name when the later ones are taken from the queue, and when not. */
    @Test
    void whenTheFirstNameIsGoneTheSecondCarriesTheDataHoweverLateItComes() throws Exception {
        byte[] data = write("a", 5000);
        Files.createLink(path("b"), path("a"));
        Files.createLink(path("c"), path("a"));
        tree.file("other");
        int more = 2 * BufferSizes.of(1, 1).slices() * Slice.MAX_ITEMS;
        String[] others = new String[more];
        Arrays.fill(others, "other");
        try (WriterRig rig = rig()) {
            ItemBatch between = rig.look(0, others);
            ItemBatch a = rig.look(0, "a");
            ItemBatch b = rig.look(0, "b");
            ItemBatch c = rig.look(0, "c");
            tree.remove("a");
            rig.send(a).send(between);
            while (rig.hasMail()) {
                rig.mail();
            }
            rig.send(b).send(between).send(c).finish();
            checkSum(rig);
        }
        Map<String, SampleEntry> later = new LinkedHashMap<>();
        receivers.entries(0).forEach(entry -> later.put(entry.path(), entry));
        assertThat(SampleEntry.bytes(later.get("b").data())).isEqualTo(data);
        assertThat(later.get("c").linkTo()).isEqualTo("b");
    }

    @Test
    void whatVanishesIsOwedAndNoFailure() throws Exception {
        write("a", 10);
        tree.directory("d").file("d/f").file("was-dir");
        tree.directory("d2").file("d2/f");
        try (WriterRig rig = rig()) {
            ItemBatch a = rig.look(0, "a");
            ItemBatch f = rig.look(0, "d/f");
            ItemBatch f2 = rig.look(0, "d2/f");
            tree.remove("a").remove("d/f").removeDirectory("d");
            // A link in the place of a directory leads nowhere, even if the file is behind it.
            tree.rename("d2", "d3").symlink("d2", "d3");
            rig.send(a).send(f).send(f2).finish();
            checkSum(rig);
            assertThat(rig.notes())
                    .containsExactly("owed vanished a", "owed vanished d/f", "owed vanished d2/f");
            assertThat(rig.counts()).containsEntry("skipped.vanished", 3L);
        }
        assertThat(entries()).isEmpty();
    }

    @Test
    void whatWasReplacedIsStoredAsWhatItIsAndOwed() throws Exception {
        for (String name : List.of("a", "b", "c", "d")) {
            write(name, 10);
        }
        try (WriterRig rig = rig()) {
            ItemBatch batch = rig.look(0, "a", "b", "c", "d");
            tree.remove("a").remove("b").remove("c").remove("d");
            // Opening a fifo without a writer would block for ever, or succeed and read nothing.
            tree.symlink("a", "/etc/passwd").fifo("b").directory("c").file("d");
            rig.send(batch).finish();
            checkSum(rig);
            assertThat(rig.notes())
                    .containsExactly(
                            "owed changed a", "owed changed b", "owed changed c", "owed changed d");
        }
        Map<String, SampleEntry> entries = entries();
        assertThat(entries.get("a").target()).isEqualTo("/etc/passwd");
        assertThat(entries.get("b").stat().type()).isEqualTo(FileType.FIFO);
        assertThat(entries.get("c").stat().type()).isEqualTo(FileType.DIRECTORY);
        assertThat(entries.values()).allMatch(entry -> entry.data().isEmpty());
    }

    @Test
    void holesAreLeftOut() throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(path("holes").toFile(), "rw")) {
            file.setLength(64L << 20);
            file.seek(8 << 20);
            file.write(new byte[] {1, 2, 3});
            file.seek(40 << 20);
            file.write(new byte[1_500_000]);
        }
        try (RandomAccessFile file = new RandomAccessFile(path("hole").toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        try (RandomAccessFile file = new RandomAccessFile(path("small-hole").toFile(), "rw")) {
            file.setLength(100_000);
        }
        try (WriterRig rig = rig()) {
            rig.send(0, "holes", "hole", "small-hole").finish();
            checkSum(rig);
            assertThat(rig.notes()).isEmpty();
            assertThat(rig.counts().get("bytes")).isLessThan(4_000_000);
        }
        Map<String, SampleEntry> entries = entries();
        assertThat(entries.get("hole").extents()).containsExactly(1L << 40, 0L);
        assertThat(entries.get("hole").stat().size()).isEqualTo(1L << 40);
        SampleEntry holes = entries.get("holes");
        assertThat(holes.extents()).hasSize(4);
        assertThat(holes.extents().get(0)).isEqualTo(8L << 20);
        assertThat(holes.data()).startsWith("\1\2\3");
        assertThat(holes.extents().get(1) + holes.extents().get(3))
                .isEqualTo(holes.data().length());
    }

    @Test
    void pathsBeyondPathMaxAreReached() throws Exception {
        StringBuilder deep = new StringBuilder();
        String name = "n".repeat(200);
        for (int i = 0; i < 30; i++) {
            deep.append(i == 0 ? "" : "/").append(name);
            tree.directory(deep.toString());
        }
        String file = deep + "/f";
        tree.file(file);
        try (WriterRig rig = rig()) {
            ItemPacker packer = new ItemPacker();
            tree.directory("x").file("x/f");
            WriterRig.add(packer, bytes("f"), WriterRig.stat(tree.root(), "x/f"), null);
            rig.send(packer.take(bytes(deep.toString()), 0)).finish();
            checkSum(rig);
        }
        assertThat(entries().keySet()).containsExactly(file);
    }

    @Test
    void aFileThatWasLongUnchangedIsNotRacy() throws Exception {
        long now = 1_800_000_000_000L;
        Timestamp old = new Timestamp(1_799_999_000, 0);
        Stat stat = SampleEntry.stat(0100644, 1);
        assertThat(EntryReader.isRacy(at(stat, old, old), now, Long.MAX_VALUE)).isFalse();
        Timestamp fresh = new Timestamp(1_799_999_998, 0);
        assertThat(EntryReader.isRacy(at(stat, old, fresh), now, Long.MAX_VALUE)).isTrue();
        assertThat(EntryReader.isRacy(at(stat, fresh, old), now, now + 60_000)).isTrue();
        Timestamp future = new Timestamp(1_900_000_000, 0);
        for (Stat dated : List.of(at(stat, future, old), at(stat, old, future))) {
            assertThat(EntryReader.isRacy(dated, now, Long.MAX_VALUE)).isTrue();
            assertThat(EntryReader.isRacy(dated, now, now + 60_000)).as("a second time").isFalse();
        }
    }

    /**
     * The same of both, though one is read much later: the next round stores them together again.
     */
    @Test
    void namesOfAFileAreRacyTogether() throws Exception {
        Stat stat = SampleEntry.stat(0100644, 1);
        Timestamp changed = new Timestamp(1_699_999_998, 0);
        Stat one = at(stat, changed, changed);
        Stat several =
                new Stat(one.mode(), 2, 0, 0, 1, 1, changed, changed, changed, null, 0, 0, 0, 0);
        long started = 1_700_000_000_000L;
        assertThat(outcome(one, started + 5_000).isRacy(started)).isFalse();
        assertThat(outcome(one, started).isRacy(started)).isTrue();
        assertThat(outcome(one, 0).isRacy(started)).isTrue();
        assertThat(outcome(several, started + 5_000).isRacy(started)).isTrue();
        assertThat(outcome(several, started).isRacy(started + 60_000)).isFalse();
    }

    private static Outcome outcome(Stat stat, long lookedMs) {
        Outcome outcome =
                new Outcome(
                        new Item(
                                new byte[0],
                                bytes("f"),
                                Reason.NEW,
                                EntryKind.PRESENT,
                                0,
                                stat,
                                null,
                                null));
        outcome.announced = stat;
        outcome.lookedMs = lookedMs;
        return outcome;
    }

    private static Stat at(Stat s, Timestamp modified, Timestamp changed) {
        return new Stat(
                s.mode(), 1, 0, 0, 1, s.size(), modified, modified, changed, null, 0, 0, 0, 0);
    }

    /** What the index saw is what is stored; only attributes are asked for, by name. */
    @Test
    void metadataOpensNothing() throws Exception {
        write("a", 5000);
        Files.createLink(path("b"), path("a"));
        tree.symlink("l", "a");
        try (WriterRig rig = new WriterRig(tree.root(), 1, Content.METADATA, receivers)) {
            ItemBatch batch = rig.look(0, "a", "b", "l");
            tree.remove("a").remove("b").remove("l");
            write("b", 17);
            rig.send(batch).finish();
            checkSum(rig);
            assertThat(rig.notes()).containsExactly("owed vanished a", "owed vanished l");
            assertThat(rig.counts()).containsEntry("bytes", 0L).containsEntry("links", 1L);
        }
        Map<String, SampleEntry> entries = entries();
        assertThat(entries.keySet()).containsExactly("a", "b", "l");
        assertThat(entries.get("a").stat().size()).isEqualTo(5000);
        assertThat(entries.get("b").linkTo()).isEqualTo("a");
        assertThat(entries.get("l").target()).isEqualTo("a");
        assertThat(entries.values()).allMatch(entry -> entry.data().isEmpty());
    }

    @Test
    void aReceiverThatFailsFailsTheTaskWithItsWords() throws Exception {
        write("a", 5000);
        MemoryReceivers full =
                new MemoryReceivers(
                        shard -> {
                            throw new IOException("No space left on device");
                        });
        WriterRig rig = new WriterRig(tree.root(), 2, Content.FULL, full);
        try {
            rig.send(1, "a");
            assertThatThrownBy(rig::finish)
                    .isInstanceOf(IOException.class)
                    .hasMessage("No space left on device");
            assertThat(rig.hasPassedTheWatermark()).isFalse();
        } finally {
            rig.close();
        }
        assertThat(full.allClosed()).isTrue();
    }

    @Test
    void aTreeThatIsGoneFailsTheTask() throws Exception {
        write("a", 5000);
        ItemBatch batch = WriterRig.pack(tree.root(), "a").take(new byte[0], 0);
        try (WriterRig rig =
                new WriterRig(bytes(path("none").toString()), 1, Content.FULL, receivers)) {
            rig.send(batch);
            assertThatThrownBy(rig::finish).rootCause().hasMessageContaining("was it unmounted?");
        }
    }

    @Test
    void aBlockedReceiverBlocksTheTaskWhichStillProcessesItsMail() throws Exception {
        write("a", 10);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(1);
        MemoryReceivers slow =
                new MemoryReceivers(
                        shard -> {
                            blocked.countDown();
                            await(release);
                        });
        AtomicReference<Thread> mailbox = new AtomicReference<>(Thread.currentThread());
        try (WriterRig rig = WriterRig.withQueues(tree.root(), 1, SMALL, slow)) {
            ItemBatch batch = rig.look(0, "a");
            int sent = 0;
            rig.send(batch);
            assertThat(blocked.await(30, TimeUnit.SECONDS)).isTrue();
            // As many as slices and queue hold go in; the next one waits until there is room.
            long queued = (SMALL.heapBytes() + SMALL.overflowBytes()) / QueueSizes.of(batch);
            Thread releaser =
                    new Thread(
                            () -> {
                                WriterRig.awaitYield(mailbox.get());
                                release.countDown();
                            });
            releaser.start();
            for (sent = 1; sent < 5000; sent++) {
                rig.send(batch);
                if (release.getCount() == 0) {
                    break;
                }
            }
            int inFlight = BufferSizes.of(1, 1).slices() * Slice.MAX_ITEMS;
            assertThat(sent).isBetween((int) queued, (int) queued + inFlight + 3);
            releaser.join();
            rig.finish();
            assertThat(rig.counts()).containsEntry("items", sent + 1L);
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException();
        }
    }

    @Test
    void aTaskThatIsClosedWhileItsReceiverBlocksLeavesNoThread() throws Exception {
        write("a", 10);
        CountDownLatch blocked = new CountDownLatch(1);
        MemoryReceivers stuck =
                new MemoryReceivers(
                        shard -> {
                            blocked.countDown();
                            await(new CountDownLatch(1));
                        });
        WriterRig rig = new WriterRig(tree.root(), 3, Content.FULL, stuck);
        rig.send(0, "a").send(2, "a");
        assertThat(blocked.await(30, TimeUnit.SECONDS)).isTrue();
        rig.close();
        assertThat(stuck.allClosed()).isTrue();
    }

    @Test
    void aCancelWhileTheTaskWaitsForRoomEndsIt() throws Exception {
        write("a", 10);
        MemoryReceivers stuck = new MemoryReceivers(shard -> await(new CountDownLatch(1)));
        try (WriterRig rig = WriterRig.withQueues(tree.root(), 1, SMALL, stuck)) {
            ItemBatch batch = rig.look(0, "a");
            Thread mailbox = Thread.currentThread();
            Thread canceller =
                    new Thread(
                            () -> {
                                WriterRig.awaitYield(mailbox);
                                mailbox.interrupt();
                            });
            canceller.start();
            assertThatThrownBy(
                            () -> {
                                for (int i = 0; i < 5000; i++) {
                                    rig.send(batch);
                                }
                            })
                    .isInstanceOf(InterruptedException.class);
            canceller.join();
        }
    }

    @Test
    void shardsWithoutItemsHaveReceiptsToo() throws Exception {
        write("a", 10);
        try (WriterRig rig = new WriterRig(tree.root(), 5, Content.FULL, receivers)) {
            rig.send(3, "a").finish();
            assertThat(rig.receipts())
                    .extracting(receipt -> receipt.shard())
                    .containsExactlyInAnyOrder(0, 1, 2, 3, 4);
            checkSum(rig);
        }
        assertThat(receivers.entries(3)).hasSize(1);
        assertThat(receivers.entries(4)).isEmpty();
    }

    /** Also a checkpoint does not wait for the shard that is held, within a large file. */
    @Test
    void theWatermarkWaitsForEveryReceipt() throws Exception {
        write("a", 10);
        write("large", 3 << 20);
        CountDownLatch release = new CountDownLatch(1);
        MemoryReceivers slow =
                new MemoryReceivers(
                        shard -> {
                            if (shard == 1) {
                                await(release);
                            }
                        });
        try (WriterRig rig = new WriterRig(tree.root(), 2, Content.FULL, slow)) {
            rig.send(0, "a").send(1, "large").end();
            // Shard 0: its outcomes, its receipt.
            rig.mail();
            rig.mail();
            rig.snapshot();
            assertThat(rig.hasPassedTheWatermark()).isFalse();
            assertThat(rig.receipts()).isEmpty();
            release.countDown();
            while (!rig.hasPassedTheWatermark()) {
                rig.mail();
            }
            assertThat(rig.receipts()).hasSize(2);
        }
    }

    @Test
    void anotherWatermarkFails() throws Exception {
        try (WriterRig rig = rig()) {
            assertThatThrownBy(() -> rig.watermark(Long.MAX_VALUE))
                    .hasMessageContaining("was ended from outside");
        }
    }

    @Test
    void aRacyFileIsOwed() throws Exception {
        write("a", 10);
        try (WriterRig rig = rig()) {
            rig.send(0, "a").finish();
            assertThat(rig.events())
                    .filteredOn(Owed.class::isInstance)
                    .extracting(event -> ((Owed) event).reason())
                    .containsExactly(OwedReason.RACY);
        }
    }

    /** Direct memory ends at the heap's size, a gigabyte in tests. */
    @Test
    void aThousandShardsFitIntoASubtask() throws Exception {
        int shards = 1000;
        byte[] data = write("a", 200_000);
        write("b", 10);
        long before = descriptors();
        try (WriterRig rig = new WriterRig(tree.root(), shards, Content.FULL, receivers)) {
            ItemPacker both = WriterRig.pack(tree.root(), "a", "b");
            ItemBatch items = both.take(new byte[0], 0);
            for (int shard = 0; shard < shards; shard++) {
                rig.send(new ItemBatch(items.directory(), shard, items.count(), items.items()));
            }
            rig.finish();
            checkSum(rig);
            assertThat(rig.receipts()).hasSize(shards);
        }
        assertThat(descriptors()).isLessThanOrEqualTo(before + 8);
        assertThat(SampleEntry.bytes(receivers.entries(999).get(0).data())).isEqualTo(data);
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }
}
