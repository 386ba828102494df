package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.apache.flink.api.common.state.ValueState;
import org.junit.jupiter.api.Test;

/** Pages that split and merge, against a model of one map. */
class PagesTest {
    private static final byte[] DIRECTORY = bytes("a/b");

    /**
     * A child of the model.
     *
     * @param announced round in which it went out
     */
    private record Child(long inode, long signature, int flags, long announced) {}

    private static final class MemoryValue implements ValueState<byte[]> {
        private byte[] value;

        @Override
        public byte[] value() {
            return value;
        }

        @Override
        public void update(byte[] bytes) {
            value = bytes;
        }

        @Override
        public void clear() {
            value = null;
        }
    }

    private final MemoryValue directory = new MemoryValue();
    private final MemoryPages map = new MemoryPages();
    private final Pages pages = new Pages(directory, map);
    private final TreeMap<String, Child> model = new TreeMap<>();

    private static int pageOf(String name, int depth) {
        byte[] bytes = bytes(name);
        return Pages.pageOf(bytes, 0, bytes.length, depth);
    }

    /** Writes a page as a merge would: what went out in an earlier round is not marked any more. */
    private void write(int page, long round) throws Exception {
        PageWriter writer = new PageWriter();
        writer.start(round);
        for (Map.Entry<String, Child> child : model.entrySet()) {
            if (pageOf(child.getKey(), pages.depth()) == page) {
                Child known = child.getValue();
                int announced = known.announced == round ? PageWriter.ANNOUNCED : 0;
                byte[] name = bytes(child.getKey());
                writer.add(
                        name,
                        0,
                        name.length,
                        known.inode,
                        known.signature,
                        known.flags | announced);
            }
        }
        pages.put(page, writer.count() == 0 ? Pages.NO_PAGE : writer.toBytes());
    }

    private void open() throws Exception {
        pages.open(DIRECTORY);
    }

    /** Everything that stands in the state is what the model has, as seen in the round. */
    private void check(long round) throws Exception {
        pages.close();
        open();
        TreeMap<String, Child> found = new TreeMap<>();
        PageReader reader = new PageReader();
        for (int page = 0; page < pages.count(); page++) {
            byte[] children = pages.get(page);
            reader.start(children);
            assertThat(reader.round()).isLessThanOrEqualTo(round);
            byte[] last = null;
            while (reader.next()) {
                byte[] bytes = Arrays.copyOf(reader.nameBuffer(), reader.nameLength());
                assertThat(last == null || Arrays.compareUnsigned(last, bytes) < 0).isTrue();
                last = bytes;
                String name = new String(bytes, StandardCharsets.UTF_8);
                assertThat(pageOf(name, pages.depth())).isEqualTo(page);
                boolean announced = reader.isAnnounced() && reader.round() == round;
                found.put(
                        name,
                        new Child(
                                reader.inode(),
                                reader.signature(),
                                reader.flags() & ~PageWriter.ANNOUNCED,
                                announced ? round : 0));
            }
        }
        TreeMap<String, Child> expected = new TreeMap<>();
        model.forEach(
                (name, child) ->
                        expected.put(
                                name,
                                new Child(
                                        child.inode,
                                        child.signature,
                                        child.flags,
                                        child.announced == round ? round : 0)));
        assertThat(found).isEqualTo(expected);
        // No page of another depth is left.
        for (int key : map.keys()) {
            assertThat(pages.depth()).isPositive();
            assertThat(key).isBetween(0, pages.count() - 1);
        }
        for (byte[] page : map.values()) {
            assertThat(page).isNotEmpty();
        }
    }

    @Test
    void anySeriesOfDepthsKeepsEveryChildAndTheRoundItWentOutIn() throws Exception {
        long seed = System.nanoTime();
        System.out.println("PagesTest, seed " + seed);
        Random random = new Random(seed);
        for (int run = 0; run < 60; run++) {
            directory.clear();
            map.clear();
            model.clear();
            open();
            for (int round = 1; round < 12; round++) {
                pages.repage(random.nextInt(9));
                int names = random.nextInt(run < 5 ? 3 : 120);
                for (int page = 0; page < pages.count(); page++) {
                    if (random.nextInt(3) > 0) {
                        continue;
                    }
                    for (int n = names / pages.count(); n >= 0; n--) {
                        change(random, page, round);
                    }
                    write(page, round);
                }
                check(round);
                pages.repage(random.nextInt(9));
                check(round);
            }
        }
    }

    /** A new, changed or (as when deletions come) gone name of that page. */
    private void change(Random random, int page, int round) {
        String name = "n" + "x".repeat(random.nextInt(3)) + random.nextInt(200);
        if (pageOf(name, pages.depth()) != page) {
            return;
        }
        if (random.nextInt(4) == 0) {
            model.remove(name);
        } else {
            int flags = random.nextInt(4);
            model.put(name, new Child(random.nextLong(), random.nextLong(), flags, round));
        }
    }

    @Test
    void aRepageHoldsOnePageAndItsHalves() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            model.put("file-" + i, new Child(i, i, 0, 1));
        }
        open();
        pages.repage(4);
        for (int page = 0; page < 16; page++) {
            write(page, 1);
        }
        map.watch();
        long before = map.bytes();
        pages.repage(9);
        // Shorter pages share fewer prefixes, so the bytes grow meanwhile.
        assertThat(map.fewestBytes()).isGreaterThan(before - 2 * map.largest());
        check(1);

        map.watch();
        before = map.bytes();
        pages.repage(4);
        long joined = 2 * map.bytes() / 16;
        assertThat(map.fewestBytes()).isGreaterThan(Math.min(before, map.bytes()) - 2 * joined);
        check(1);
    }

    @Test
    void anUnknownDirectoryIsOnePageWithoutAChild() throws Exception {
        open();
        assertThat(pages.depth()).isZero();
        assertThat(pages.count()).isEqualTo(1);
        assertThat(pages.get(0)).isEmpty();
        pages.close();
        assertThat(directory.value).isNotNull();
        assertThat(map.isEmpty()).isTrue();
    }

    @Test
    void whatDidNotChangeIsNotWritten() throws Exception {
        open();
        pages.repage(2);
        pages.close();
        byte[] written = directory.value;
        open();
        pages.settle(3 * 4096);
        pages.close();
        assertThat(directory.value).isSameAs(written);
    }

    @Test
    void anotherPathUnderTheSameKeyIsRefused() throws Exception {
        open();
        pages.close();
        assertThatThrownBy(() -> pages.open(bytes("a/c")))
                .hasMessageContaining("two directories with one key");
    }

    @Test
    void pagesFollowTheDirectory() {
        assertThat(Pages.settled(0, 2)).isZero();
        assertThat(Pages.settled(0, 4096)).isZero();
        assertThat(Pages.settled(0, 4097)).isEqualTo(1);
        assertThat(Pages.settled(0, 100_000)).isEqualTo(6);
        assertThat(Pages.settled(0, 1L << 40)).isEqualTo(StoredDirectory.MAX_DEPTH);
        assertThat(Pages.settled(1, 2048)).isEqualTo(1);
        assertThat(Pages.settled(1, 2047)).isZero();
        assertThat(Pages.settled(6, 0)).isZero();
        assertThat(Pages.settled(6, 65_535)).isEqualTo(5);
    }

    /** At least a third of the children must come or go before the depth changes again. */
    @Property
    void aDepthJustTakenIsKeptWhileFewComeOrGo(
            @ForAll @IntRange(max = StoredDirectory.MAX_DEPTH) int depth,
            @ForAll @LongRange(max = 1L << 31) long children) {
        int settled = Pages.settled(depth, children);
        assertThat(Pages.settled(settled, children)).isEqualTo(settled);
        if (settled != depth) {
            assertThat(Pages.settled(settled, children + children / 4)).isEqualTo(settled);
            assertThat(Pages.settled(settled, children - children / 4)).isEqualTo(settled);
        }
    }
}
