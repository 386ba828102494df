package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.RawTree;
import io.sluice.common.round.Content;
import io.sluice.ptcomm.codec.SampleEntry;
import io.sluice.ptcomm.fd.FaultyWire;
import io.sluice.ptcomm.fd.FaultyWire.Fault;
import io.sluice.ptcomm.fd.FdTimes;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One shard's round into a bridge over a wire that breaks at each border of a frame, inside frames,
 * and in both directions: what the consumer has in the end is what an undisturbed round gives it.
 */
@Timeout(300)
class BridgeFaultTest {
    private static final int LARGE = 2_500_000;
    private static final FdTimes TIMES = new FdTimes(1000, 5000, 600_000);

    @TempDir private Path temporary;
    private RawTree tree;
    private WriterOptions options;
    private List<ItemBatch> input;
    private RestartRig.Result expected;
    private byte[] up;
    private byte[] down;

    @BeforeEach
    void undisturbed() throws Exception {
        tree = new RawTree();
        Path root = Path.of(new String(tree.root(), StandardCharsets.UTF_8));
        Random random = new Random(1);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            names.add("small" + i);
            Files.writeString(root.resolve("small" + i), "content of " + i);
        }
        byte[] data = new byte[LARGE];
        random.nextBytes(data);
        Files.write(root.resolve("large"), data);
        names.add("large");
        Files.createLink(root.resolve("link"), root.resolve("large"));
        names.add("link");
        try (RandomAccessFile file = new RandomAccessFile(root.resolve("sparse").toFile(), "rw")) {
            file.setLength(1 << 20);
            file.seek(300_000);
            file.write(new byte[] {1, 2, 3});
        }
        names.add("sparse");
        tree.directory("directory");
        names.add("directory");
        options =
                new WriterOptions(
                        tree.root(),
                        new byte[0],
                        1,
                        WriterRig.ROUND,
                        "run",
                        Content.FULL,
                        false,
                        2,
                        null,
                        System.currentTimeMillis());
        input = new ArrayList<>();
        for (String name : names) {
            ItemPacker packer = new ItemPacker();
            TombstoneTest.addGone(packer, Reason.GONE, bytes("gone-" + name), 0);
            WriterRig.add(packer, bytes(name), WriterRig.stat(tree.root(), name), null);
            input.add(packer.take(new byte[0], 0));
        }
        try (Wired wired = new Wired(Fault.NONE, true, 0)) {
            expected = wired.run(false);
            up = wired.wire.bytes(true);
            down = wired.wire.bytes(false);
        }
    }

    @AfterEach
    void close() throws Exception {
        tree.close();
    }

    /** A round over a wire. */
    private final class Wired implements AutoCloseable {
        final BridgeStore store = new BridgeStore(options, temporary, TIMES);
        final FaultyWire wire;
        final RestartRig rig;

        Wired(Fault fault, boolean towardsBridge, long offset) throws Exception {
            wire = new FaultyWire(store.bridge(0).address(), fault, towardsBridge, offset);
            store.dialed = List.of(wire.address());
            rig =
                    new RestartRig(
                            options,
                            new QueueSizes(6_000, 30_000),
                            store,
                            new HashMapStateBackend(),
                            input);
        }

        /** The cut comes when the bridge has begun the large file, however slow it is. */
        void cutWithinLarge() {
            wire.strikeWhen(() -> "large".equals(begun()));
        }

        private String begun() {
            try {
                return store.begunPath(0);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        /** Runs the round, and starts the writer again when it fails. */
        RestartRig.Result run(boolean checkpoints) throws Exception {
            for (int failures = 0; ; failures++) {
                try {
                    rig.start(1);
                    while (rig.hasInput()) {
                        rig.feed();
                        rig.mails(1);
                        if (checkpoints && rig.fed % 3 == 0) {
                            rig.checkpoint();
                            if (rig.fed % 2 == 0) {
                                rig.completed();
                            }
                        }
                    }
                    return rig.finish();
                } catch (Exception e) {
                    if (failures == 3) {
                        throw e;
                    }
                    rig.kill();
                    rig.attempt++;
                }
            }
        }

        @Override
        public void close() throws Exception {
            rig.close();
            wire.close();
        }
    }

    /** Offsets of all frames of a wire's bytes, and one inside each. */
    private static SortedMap<Integer, String> borders(byte[] bytes) {
        SortedMap<Integer, String> borders = new TreeMap<>();
        int at = 0;
        while (at + 8 <= bytes.length) {
            int length = Integer.parseInt(new String(bytes, at + 1, 6, StandardCharsets.US_ASCII));
            borders.put(at, "before " + (char) bytes[at]);
            borders.put(at + 4, "in the header of " + (char) bytes[at]);
            if (length > 1) {
                borders.put(at + 8 + length / 2, "within " + (char) bytes[at]);
            }
            at += 8 + length;
        }
        return borders;
    }

    private void check(String as, RestartRig.Result result) {
        assertThat(result.counts()).as(as).isEqualTo(expected.counts());
        assertThat(result.notes()).as(as).isEqualTo(expected.notes());
        List<SampleEntry> entries = result.entries().get(0);
        assertThat(entries.equals(expected.entries().get(0))).as(as).isTrue();
    }

    private boolean isStruck(Fault fault, boolean towardsBridge, Map.Entry<Integer, String> border)
            throws Exception {
        try (Wired wired = new Wired(fault, towardsBridge, border.getKey())) {
            check(fault + " at " + border, wired.run(border.getKey() % 2 == 0));
            return wired.wire.hasStruck();
        }
    }

    private void everywhere(Fault fault, boolean towardsBridge) throws Exception {
        Map<Integer, String> borders = borders(towardsBridge ? up : down);
        // Most of a round's time is waiting.
        ExecutorService threads = Executors.newFixedThreadPool(4);
        int struck = 0;
        try {
            List<Future<Boolean>> rounds = new ArrayList<>();
            for (Map.Entry<Integer, String> border : borders.entrySet()) {
                rounds.add(threads.submit(() -> isStruck(fault, towardsBridge, border)));
            }
            for (Future<Boolean> round : rounds) {
                struck += round.get() ? 1 : 0;
            }
        } finally {
            threads.shutdownNow();
            threads.awaitTermination(60, TimeUnit.SECONDS);
        }
        System.out.println(fault + ": " + struck + " of " + borders.size() + " struck");
        // What the bridge says comes by its clock too: signs of life, and what it has taken.
        assertThat(struck).isGreaterThan(borders.size() / 2);
    }

    @Test
    void aCutOfWhatTheWriterSends() throws Exception {
        everywhere(Fault.CUT, true);
    }

    @Test
    void aCutOfWhatTheBridgeSends() throws Exception {
        everywhere(Fault.CUT, false);
    }

    /** Each side misses the other's signs of life. */
    @Test
    void aWireThatGoesSilent() throws Exception {
        for (boolean towardsBridge : new boolean[] {true, false}) {
            long offset = (towardsBridge ? up : down).length / 2;
            try (Wired wired = new Wired(Fault.STALL, towardsBridge, offset)) {
                check("silent " + towardsBridge, wired.run(true));
                assertThat(wired.wire.hasStruck()).isTrue();
            }
        }
    }

    private void largeFileBrokenInTheMiddle(Change change) throws Exception {
        Path large = Path.of(new String(tree.root(), StandardCharsets.UTF_8)).resolve("large");
        try (Wired wired = new Wired(Fault.CUT, true, up.length / 2)) {
            wired.cutWithinLarge();
            boolean[] done = new boolean[1];
            RestartRig rig = wired.rig;
            try {
                rig.start(1);
                rig.finish();
            } catch (Exception e) {
                done[0] = true;
                rig.kill();
                rig.attempt++;
            }
            assertThat(done[0]).isTrue();
            change.apply(large);
            rig.start(1);
            RestartRig.Result result = rig.finish();
            List<SampleEntry> named =
                    result.entries().get(0).stream()
                            .filter(entry -> entry.path().equals("large"))
                            .toList();
            assertThat(named).hasSize(1);
            assertThat(named.get(0).torn()).isNotNull();
            assertThat(result.counts()).containsEntry("torn", 1L).containsEntry("owed.torn", 1L);
            assertThat(result.notes()).contains("owed TORN large");
        }
    }

    private interface Change {
        void apply(Path file) throws Exception;
    }

    @Test
    void anEntryWhoseFileChangedBetweenTheAttemptsIsTornAndOwed() throws Exception {
        largeFileBrokenInTheMiddle(
                file -> {
                    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                        open.seek(10);
                        open.write(7);
                    }
                });
    }

    @Test
    void anEntryWhoseFileIsGoneBetweenTheAttemptsIsTornAndOwed() throws Exception {
        largeFileBrokenInTheMiddle(
                file -> {
                    Files.delete(file);
                    Files.delete(file.resolveSibling("link"));
                });
    }

    /**
     * The items come in another order after a restart: what was begun is the first name all the
     * same.
     */
    @Test
    void anotherNameThatComesFirstAfterTheRestartIsALinkToWhatWasBegun() throws Exception {
        try (Wired wired = new Wired(Fault.CUT, true, up.length / 2)) {
            wired.cutWithinLarge();
            RestartRig rig = wired.rig;
            rig.start(1);
            assertThatThrownBy(rig::finish).isNotNull();
            rig.kill();
            rig.attempt++;
            Collections.reverse(input);
            rig.start(1);
            RestartRig.Result result = rig.finish();
            SampleEntry link =
                    result.entries().get(0).stream()
                            .filter(entry -> entry.path().equals("link"))
                            .findFirst()
                            .orElseThrow();
            assertThat(link.linkTo()).isEqualTo("large");
            assertThat(result.counts()).isEqualTo(expected.counts());
        }
    }

    /** The bridge has b as a link to what the file was; c is a name of what it has become. */
    @Test
    void aNameIsNotLinkedToAClaimedLinkOfAnOlderState() throws Exception {
        Path root = Path.of(new String(tree.root(), StandardCharsets.UTF_8));
        Files.writeString(root.resolve("a"), "old");
        Files.createLink(root.resolve("b"), root.resolve("a"));
        Files.createLink(root.resolve("c"), root.resolve("a"));
        input.clear();
        for (String name : List.of("a", "b", "c")) {
            input.add(item(name));
        }
        try (Wired wired = new Wired(Fault.NONE, true, 0)) {
            RestartRig rig = wired.rig;
            rig.start(1);
            rig.feed();
            while (wired.store.bridge(0).taken() < 1) {
                rig.mails(1);
            }
            rig.checkpoint();
            rig.feed();
            while (wired.store.bridge(0).taken() < 2) {
                rig.mails(1);
            }
            rig.kill();
            rig.attempt++;
            Files.writeString(root.resolve("a"), "new content");
            input.set(1, item("b"));
            input.set(2, item("c"));
            rig.start(1);
            RestartRig.Result result = rig.finish();
            assertThat(result.notes()).contains("owed CHANGED b");
            SampleEntry last = result.entries().get(0).get(2);
            assertThat(last.path()).isEqualTo("c");
            assertThat(last.linkTo()).isNull();
            assertThat(SampleEntry.bytes(last.data())).isEqualTo(bytes("new content"));
        }
    }

    private ItemBatch item(String name) throws Exception {
        ItemPacker packer = new ItemPacker();
        WriterRig.add(packer, bytes(name), WriterRig.stat(tree.root(), name), null);
        return packer.take(new byte[0], 0);
    }

    /** The consumer has what was sent; the item does not come again. */
    @Test
    void anEntryWithoutAnItemIsCountedAndOwed() throws Exception {
        try (Wired wired = new Wired(Fault.NONE, true, 0)) {
            RestartRig rig = wired.rig;
            rig.start(1);
            rig.feedAll();
            rig.end();
            while (!rig.hasPassed()) {
                rig.mails(1);
            }
            rig.kill();
            rig.attempt++;
            ItemBatch left = input.remove(2);
            rig.start(1);
            RestartRig.Result result = rig.finish();
            assertThat(result.counts()).containsEntry("unclaimed", (long) left.count());
            assertThat(result.notes()).contains("owed VANISHED small2");
            assertThat(result.entries().get(0).equals(expected.entries().get(0))).isTrue();
        }
    }
}
