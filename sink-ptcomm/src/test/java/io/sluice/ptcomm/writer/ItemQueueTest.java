package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.text.Text;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ItemQueueTest {
    private static final Timestamp TIME = new Timestamp(1_700_000_000, 123_456_789);

    /** Larger than any batch that {@link #batch} makes. */
    private static final int MAX_BATCH = 100_000;

    /** Keyed state as a map, which counts how often it is asked. */
    private static final class State implements ItemQueue.State {
        private final Map<Long, ItemBatch> batches = new HashMap<>();
        private int accesses;

        @Override
        public void put(long number, ItemBatch batch) {
            accesses++;
            assertThat(batches.put(number, batch)).isNull();
        }

        @Override
        public ItemBatch get(long number) {
            accesses++;
            return batches.get(number);
        }

        @Override
        public void remove(long number) {
            accesses++;
            assertThat(batches.remove(number)).isNotNull();
        }

        long bytes() {
            return batches.values().stream().mapToLong(QueueSizes::of).sum();
        }
    }

    private static Stat stat(int mode, int links, long inode) {
        return new Stat(mode, links, 0, 0, inode, 7, TIME, TIME, TIME, null, 8, 1, 0, 0);
    }

    /** Few items or many, names and targets short or as long as they get, deep directories. */
    private static ItemBatch batch(Random random) throws Exception {
        ItemPacker packer = new ItemPacker();
        int count = random.nextInt(4) == 0 ? 1 + random.nextInt(300) : 1 + random.nextInt(3);
        boolean extreme = random.nextInt(4) == 0;
        for (int i = 0; i < count && packer.length() < 65_536; i++) {
            byte[] name = name(random, extreme ? 255 : 1 + random.nextInt(20));
            if (extreme) {
                WriterRig.add(packer, name, stat(0120777, 1, i), name(random, 4095));
            } else {
                int links = 1 + random.nextInt(2);
                WriterRig.add(packer, name, stat(0100644, links, random.nextInt(50)), null);
            }
        }
        return packer.take(name(random, extreme ? 5000 : random.nextInt(100)), 0);
    }

    private static byte[] name(Random random, int length) {
        byte[] name = new byte[length];
        for (int i = 0; i < length; i++) {
            name[i] = (byte) ('a' + random.nextInt(26));
        }
        return name;
    }

    /** Which name carries what, as a shard's state decides it. */
    private static ItemQueue.Links firstNames() {
        Map<Long, byte[]> names = new HashMap<>();
        return item -> names.putIfAbsent(item.stat().inode(), item.path());
    }

    private static String line(Item item) {
        return Text.escape(item.path())
                + " "
                + item.reason()
                + " "
                + item.stat()
                + " "
                + item.signature()
                + " -> "
                + (item.target() == null ? null : Text.escape(item.target()))
                + " = "
                + (item.link() == null ? null : Text.escape(item.link()));
    }

    private static List<String> drained(ItemQueue queue, int most) throws IOException {
        List<String> lines = new ArrayList<>();
        while (!queue.isEmpty() && lines.size() < most) {
            assertThat(queue.first()).isSameAs(queue.first());
            lines.add(line(queue.remove()));
            queue.settled();
        }
        return lines;
    }

    @Test
    void itemsAndTheirLinksAreTheSameWhetherTheyOverflowedOrNot() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            QueueSizes sizes =
                    new QueueSizes(1 + random.nextInt(20_000), 1 + random.nextInt(500_000));
            State overflow = new State();
            ItemQueue small = new ItemQueue(sizes, overflow, firstNames());
            ItemQueue large =
                    new ItemQueue(new QueueSizes(Integer.MAX_VALUE, 1), new State(), firstNames());
            List<String> seen = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                ItemBatch batch = batch(random);
                large.add(batch);
                while (small.isFull()) {
                    seen.addAll(drained(small, 1 + random.nextInt(100)));
                }
                small.add(batch);
                if (random.nextInt(3) == 0) {
                    seen.addAll(drained(small, random.nextInt(200)));
                }
                assertThat(small.heapBytes()).isBetween(0L, (long) sizes.heapBytes() + MAX_BATCH);
                assertThat(small.overflowBytes())
                        .isBetween(overflow.bytes() - small.heapBytes(), overflow.bytes())
                        .isLessThan(sizes.overflowBytes() + MAX_BATCH);
            }
            assertThat(overflow.accesses).isPositive();
            seen.addAll(drained(small, Integer.MAX_VALUE));
            assertThat(seen).isEqualTo(drained(large, Integer.MAX_VALUE));
            assertThat(overflow.batches).isEmpty();
            assertThat(small.heapBytes()).isZero();
            assertThat(small.overflowBytes()).isZero();
        }
    }

    /** Items are taken, settled some time later, saved and lost with the task, over and over. */
    @Test
    void afterARestoreExactlyWhatWasNotSettledComesAgain() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 100; round++) {
            QueueSizes sizes = new QueueSizes(1 + random.nextInt(20_000), Integer.MAX_VALUE);
            State state = new State();
            ItemQueue queue = new ItemQueue(sizes, state, item -> null);
            QueueMark mark = QueueMark.EMPTY;
            Map<Long, ItemBatch> marked = Map.of();
            List<String> expected = new ArrayList<>();
            List<String> settled = new ArrayList<>();
            Deque<String> taken = new ArrayDeque<>();
            int added = 0;
            int addedAtMark = 0;
            int settledAtMark = 0;
            List<ItemBatch> batches = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                batches.add(batch(random));
            }
            ItemQueue all =
                    new ItemQueue(new QueueSizes(Integer.MAX_VALUE, 1), new State(), item -> null);
            for (ItemBatch batch : batches) {
                all.add(batch);
            }
            expected.addAll(drained(all, Integer.MAX_VALUE));
            while (settled.size() < expected.size()) {
                switch (random.nextInt(8)) {
                    case 0, 1 -> {
                        if (added < batches.size()) {
                            queue.add(batches.get(added++));
                        }
                    }
                    case 2, 3 -> {
                        for (int n = random.nextInt(200); n > 0 && !queue.isEmpty(); n--) {
                            taken.add(line(queue.remove()));
                        }
                    }
                    case 4, 5 -> {
                        for (int n = random.nextInt(200); n > 0 && !taken.isEmpty(); n--) {
                            settled.add(taken.remove());
                            queue.settled();
                        }
                    }
                    case 6 -> {
                        if (!queue.isEmpty() && random.nextBoolean()) {
                            queue.first();
                        }
                        mark = queue.save();
                        marked = Map.copyOf(state.batches);
                        assertThat(mark.items()).isEqualTo(queue.items() + taken.size());
                        assertThat(mark.bytes()).isEqualTo(state.bytes());
                        addedAtMark = added;
                        settledAtMark = settled.size();
                    }
                    default -> {
                        if (random.nextInt(4) == 0) {
                            state = new State();
                            state.batches.putAll(marked);
                            queue = new ItemQueue(sizes, state, item -> null, mark);
                            added = addedAtMark;
                            settled.subList(settledAtMark, settled.size()).clear();
                            taken.clear();
                        }
                    }
                }
            }
            assertThat(settled).isEqualTo(expected);
            assertThat(queue.isEmpty()).isTrue();
            assertThat(state.batches).isEmpty();
        }
    }

    @Test
    void whatFitsOnTheHeapCostsNoAccessToState() throws Exception {
        State overflow = new State();
        ItemQueue queue = new ItemQueue(QueueSizes.SUBTASK, overflow, firstNames());
        Random random = new Random(1);
        for (int i = 0; i < 50; i++) {
            queue.add(batch(random));
        }
        drained(queue, Integer.MAX_VALUE);
        assertThat(overflow.accesses).isZero();
    }

    @Test
    void batchesComeBackWhenHalfOfTheHeapIsFreeAndNotBefore() throws Exception {
        ItemPacker packer = new ItemPacker();
        WriterRig.add(packer, bytes("n"), stat(0100644, 1, 1), null);
        ItemBatch one = packer.take(bytes("d"), 0);
        int size = (int) QueueSizes.of(one);
        State overflow = new State();
        ItemQueue queue =
                new ItemQueue(new QueueSizes(10 * size, 5L * size), overflow, item -> null);
        for (int i = 0; i < 15; i++) {
            assertThat(queue.isFull()).isFalse();
            queue.add(one);
        }
        assertThat(queue.isFull()).isTrue();
        assertThat(queue.items()).isEqualTo(15);
        for (int i = 0; i < 4; i++) {
            queue.remove();
        }
        assertThat(overflow.accesses).isEqualTo(5);
        queue.remove();
        assertThat(overflow.accesses).isEqualTo(10);
        assertThat(queue.overflowBytes()).isZero();
        assertThat(queue.heapBytes()).isEqualTo(10L * size);
        assertThat(queue.isFull()).isFalse();
    }

    @Test
    void aBatchBeyondTheBoundGoesThroughByItself() throws Exception {
        Random random = new Random(2);
        ItemQueue queue = new ItemQueue(new QueueSizes(1, 1), new State(), firstNames());
        for (int i = 0; i < 10; i++) {
            queue.add(batch(random));
            queue.add(batch(random));
            assertThat(queue.isFull()).isTrue();
            drained(queue, Integer.MAX_VALUE);
            assertThat(queue.isFull()).isFalse();
        }
    }

    @Test
    void sharesOfASubtaskStayWithinIt() {
        for (int shards = 1; shards <= ShardKeys.KEY_GROUPS; shards++) {
            QueueSizes share = QueueSizes.SUBTASK.share(shards);
            assertThat(share.heapBytes()).isBetween(4096, 1 << 20);
            assertThat((long) share.heapBytes() * shards)
                    .isLessThanOrEqualTo(QueueSizes.SUBTASK.heapBytes());
            assertThat(share.overflowBytes()).isGreaterThanOrEqualTo(256 << 10);
            assertThat(share.overflowBytes() * shards)
                    .isLessThanOrEqualTo(QueueSizes.SUBTASK.overflowBytes());
        }
    }
}
