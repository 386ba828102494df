package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.serial.FrozenSample;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class PageTest {
    private static final HexFormat HEX = HexFormat.of();

    /** A child as a test sees it. */
    private record Child(byte[] name, long inode, long signature, int flags) {
        String text() {
            return HEX.formatHex(name) + " " + inode + " " + signature + " " + flags;
        }
    }

    private static final List<Child> SAMPLE =
            List.of(
                    new Child(new byte[0], 2, -1, PageWriter.DIRECTORY | PageWriter.ANNOUNCED),
                    new Child(bytes("file-1"), 1000, 0x0123456789abcdefL, PageWriter.ANNOUNCED),
                    new Child(bytes("file-2"), 999, 0, PageWriter.STUB),
                    new Child(new byte[] {'f', (byte) 0xff}, -1L, Long.MIN_VALUE, 0));

    private static byte[] page(long round, List<Child> children) {
        PageWriter writer = new PageWriter();
        writer.start(round);
        for (Child child : children) {
            byte[] padded = new byte[child.name.length + 2];
            System.arraycopy(child.name, 0, padded, 1, child.name.length);
            writer.add(padded, 1, child.name.length, child.inode, child.signature, child.flags);
        }
        assertThat(writer.count()).isEqualTo(children.size());
        return writer.toBytes();
    }

    private static List<String> read(PageReader reader, byte[] page) {
        List<String> children = new ArrayList<>();
        reader.start(page);
        while (reader.next()) {
            byte[] name = Arrays.copyOf(reader.nameBuffer(), reader.nameLength());
            children.add(
                    new Child(name, reader.inode(), reader.signature(), reader.flags()).text());
        }
        return children;
    }

    private static List<String> texts(List<Child> children) {
        return children.stream().map(Child::text).toList();
    }

    @Provide
    static Arbitrary<List<Child>> children() {
        Arbitrary<byte[]> names =
                Arbitraries.bytes().array(byte[].class).ofMaxSize(255).filter(PageTest::isName);
        return Combinators.combine(
                        names,
                        Arbitraries.longs(),
                        Arbitraries.longs(),
                        Arbitraries.integers().between(0, 7))
                .as(Child::new)
                .list()
                .ofMaxSize(60)
                .map(PageTest::sorted);
    }

    private static boolean isName(byte[] name) {
        for (byte b : name) {
            if (b == 0 || b == '/') {
                return false;
            }
        }
        return true;
    }

    private static List<Child> sorted(List<Child> children) {
        TreeMap<byte[], Child> byName = new TreeMap<>(Arrays::compareUnsigned);
        children.forEach(child -> byName.put(child.name, child));
        return List.copyOf(byName.values());
    }

    @Property(tries = 300)
    void whatIsWrittenIsRead(
            @ForAll("children") List<Child> children, @ForAll("rounds") long round) {
        byte[] page = page(round, children);
        PageReader reader = new PageReader();
        assertThat(read(reader, page)).isEqualTo(texts(children));
        assertThat(reader.round()).isEqualTo(round);
        assertThat(reader.next()).isFalse();
    }

    @Provide
    static Arbitrary<Long> rounds() {
        return Arbitraries.longs().between(1, Long.MAX_VALUE);
    }

    @Test
    void noBytesAreAPageOfNoRound() {
        PageReader reader = new PageReader();
        assertThat(read(reader, page(5, SAMPLE))).hasSize(4);
        assertThat(read(reader, new byte[0])).isEmpty();
        assertThat(reader.round()).isEqualTo(-1);
    }

    @Test
    void pagesOfVersion1AreReadAndWrittenAsEver() throws IOException {
        byte[] frozen = FrozenSample.load(PageTest.class, "index-v1.hex").get("page");
        assertThat(read(new PageReader(), frozen)).isEqualTo(texts(SAMPLE));
        assertThat(HEX.formatHex(page(300, SAMPLE))).isEqualTo(HEX.formatHex(frozen));
    }

    @Test
    void pagesOfVersion2AreReadAndWrittenAsEver() throws IOException {
        byte[] frozen = FrozenSample.load(PageTest.class, "index-v2.hex").get("page");
        int[] flags = {0, PageWriter.MARKED, 0, PageWriter.MARKED};
        int[] marks = {0, 0x89abcdef, 0, -2};
        PageWriter writer = new PageWriter();
        writer.start(300);
        PageReader reader = new PageReader();
        reader.start(frozen);
        for (int i = 0; i < SAMPLE.size(); i++) {
            Child child = SAMPLE.get(i);
            assertThat(reader.next()).isTrue();
            assertThat(Arrays.copyOf(reader.nameBuffer(), reader.nameLength()))
                    .isEqualTo(child.name);
            assertThat(reader.inode()).isEqualTo(child.inode);
            assertThat(reader.signature()).isEqualTo(child.signature);
            assertThat(reader.flags()).isEqualTo(child.flags | flags[i]);
            if (flags[i] != 0) {
                assertThat(reader.mark()).isEqualTo(marks[i]);
            }
            writer.add(
                    child.name,
                    0,
                    child.name.length,
                    child.inode,
                    child.signature,
                    child.flags | flags[i],
                    marks[i]);
        }
        assertThat(reader.next()).isFalse();
        assertThat(reader.round()).isEqualTo(300);
        assertThat(HEX.formatHex(writer.toBytes())).isEqualTo(HEX.formatHex(frozen));
    }

    @Test
    void anotherVersionIsRefused() {
        byte[] page = page(1, SAMPLE);
        page[0] = PageWriter.VERSION + 1;
        assertThatThrownBy(() -> read(new PageReader(), page))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("version 3");
    }

    /** Damage is told or read over; there is no other exception and no endless page. */
    @Test
    void damageIsAnIllegalArgumentOrOtherChildren() {
        long seed = System.nanoTime();
        System.out.println("PageTest damage, seed " + seed);
        Random random = new Random(seed);
        PageReader reader = new PageReader();
        byte[] page = page(7, SAMPLE);
        int refused = 0;
        for (int length = 0; length < page.length; length++) {
            refused += survives(reader, Arrays.copyOf(page, length)) ? 0 : 1;
        }
        assertThat(refused).isGreaterThan(page.length / 2);
        for (int i = 0; i < 100_000; i++) {
            byte[] damaged;
            if (i % 2 == 0) {
                damaged = page.clone();
                for (int n = random.nextInt(4); n >= 0; n--) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
                }
            } else {
                damaged = new byte[random.nextInt(80)];
                random.nextBytes(damaged);
                if (damaged.length > 0) {
                    damaged[0] = 1;
                }
            }
            survives(reader, damaged);
        }
    }

    private static boolean survives(PageReader reader, byte[] page) {
        try {
            // Every child takes more than ten bytes.
            assertThat(read(reader, page).size()).isLessThanOrEqualTo(page.length / 10);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Test
    void anOrdinaryChildTakesLessThan40Bytes() {
        Random random = new Random(1);
        List<Child> children = new ArrayList<>();
        for (int i = 0; i < 4096; i++) {
            byte[] name = bytes("measurement-" + random.nextInt(1 << 30) + ".dat");
            children.add(new Child(name, 144_115_188_075_855_872L + i * 7L, random.nextLong(), 4));
        }
        List<Child> sorted = sorted(children);
        double bytesPerChild = (double) page(1, sorted).length / sorted.size();
        System.out.printf("a page has %.1f bytes per child%n", bytesPerChild);
        assertThat(bytesPerChild).isLessThan(40);
    }
}
