package io.sluice.common.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.io.KryoBufferUnderflowException;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

class EntriesTest {
    @Provide
    Arbitrary<Timestamp> times() {
        return Combinators.combine(
                        Arbitraries.longs().between(Long.MIN_VALUE / 4, Long.MAX_VALUE / 4),
                        Arbitraries.integers().between(0, 999_999_999))
                .as(Timestamp::new);
    }

    @Provide
    Arbitrary<Stat> stats() {
        Arbitrary<Integer> modes =
                Combinators.combine(
                                Arbitraries.of(
                                        0100000, 0040000, 0120000, 0010000, 0140000, 0020000,
                                        0060000),
                                Arbitraries.integers().between(0, 07777))
                        .as((type, bits) -> type | bits);
        Arbitrary<Timestamp[]> four = times().array(Timestamp[].class).ofSize(3);
        return Combinators.combine(
                        modes,
                        Arbitraries.integers().array(int[].class).ofSize(7),
                        Arbitraries.longs(),
                        Arbitraries.longs(),
                        four,
                        times().injectNull(0.3))
                .as(
                        (mode, i, inode, size, t, born) -> {
                            boolean device =
                                    (mode & 0170000) == 0020000 || (mode & 0170000) == 0060000;
                            return new Stat(
                                    mode,
                                    i[0],
                                    i[1],
                                    i[2],
                                    inode,
                                    size,
                                    t[0],
                                    t[1],
                                    t[2],
                                    born,
                                    i[3],
                                    i[4],
                                    device ? i[5] : 0,
                                    device ? i[6] : 0);
                        });
    }

    @Property
    void attributesSurvivePacking(
            @ForAll("stats") Stat stat,
            @ForAll @Size(max = 300) byte[] name,
            @ForAll @Size(max = 300) byte[] target) {
        PackedEntries packed = new PackedEntries(1);
        boolean link = (stat.mode() & 0170000) == 0120000;
        packed.unreadable(new byte[] {1}, 1, 5);
        packed.present(name, name.length, stat, link ? target : null);
        packed.gone(name, name.length, stat.inode());

        EntryCursor cursor = new EntryCursor().reset(packed.toBytes());
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.errno()).isEqualTo(5);
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.kind()).isEqualTo(EntryKind.PRESENT);
        assertThat(cursor.name()).isEqualTo(name);
        assertThat(cursor.stat()).isEqualTo(stat);
        assertThat(cursor.inode()).isEqualTo(stat.inode());
        assertThat(cursor.type()).isEqualTo(stat.type());
        assertThat(cursor.signature()).isEqualTo(Signature.of(stat));
        assertThat(cursor.target()).isEqualTo(link ? target : null);
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.kind()).isEqualTo(EntryKind.GONE);
        assertThat(cursor.inode()).isEqualTo(stat.inode());
        assertThat(cursor.next()).isFalse();
        assertThat(packed.count()).isEqualTo(3);
    }

    @Property
    void copiesAreTheBytesThemselves(@ForAll("stats") Stat stat) {
        PackedEntries packed = new PackedEntries(1);
        packed.present(new byte[] {'a'}, 1, stat, null);
        packed.leftOut(new byte[] {'b'}, 1, EntryKind.OWN);
        PackedEntries copy = new PackedEntries(1);
        EntryCursor cursor = new EntryCursor().reset(packed.toBytes());
        while (cursor.next()) {
            copy.copy(cursor);
        }

        assertThat(copy.toBytes()).isEqualTo(packed.toBytes());
        assertThat(copy.count()).isEqualTo(2);
    }

    /** Damage may go unnoticed, but it ends, within the bytes, and in one of two exceptions. */
    @Property
    void damagedEntriesNeverLeadBeyondTheirEnd(@ForAll long seed) {
        Random random = new Random(seed);
        PackedEntries packed = new PackedEntries(1);
        packed.present(new byte[] {'a'}, 1, SampleStats.LINK, new byte[20]);
        packed.unreadable(new byte[] {'b'}, 1, 13);
        packed.present(new byte[] {'c'}, 1, SampleStats.FILE, null);
        packed.gone(new byte[] {'d'}, 1, 99);
        byte[] bytes = packed.toBytes();
        for (int i = random.nextInt(4); i >= 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
        EntryCursor cursor = new EntryCursor().reset(cut);
        try {
            while (cursor.next()) {
                assertThat(cursor.end()).isLessThanOrEqualTo(cut.length);
                assertThat(cursor.name()).hasSizeLessThanOrEqualTo(cut.length);
                if (cursor.kind().hasStat()) {
                    cursor.stat();
                    cursor.target();
                }
            }
        } catch (IllegalArgumentException | KryoBufferUnderflowException expected) {
            assertThat(expected.getMessage()).isNotNull();
        }
    }

    @Example
    void leftOutTakesOnlyKindsThatCarryNothing() {
        assertThatThrownBy(() -> new PackedEntries(1).leftOut(new byte[1], 1, EntryKind.PRESENT))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Example
    void kindWithoutAttributesRefusesToInventThem() {
        PackedEntries packed = new PackedEntries(1);
        packed.leftOut(new byte[] {'a'}, 1, EntryKind.EXCLUDED);
        EntryCursor cursor = new EntryCursor().reset(packed.toBytes());
        cursor.next();

        assertThatThrownBy(cursor::stat).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(cursor::errno).isInstanceOf(IllegalStateException.class);
    }

    /** It stands in state: a change here would store the whole filesystem again. */
    @Example
    void signatureIsWhatItAlwaysWas() {
        assertThat(Long.toHexString(Signature.of(SampleStats.FILE))).isEqualTo("6b713e97471d59bc");
        assertThat(Long.toHexString(Signature.of(SampleStats.DEVICE)))
                .isEqualTo("361981c75926f4cf");
    }

    @Property
    void signatureLooksAtNothingThatReadingChanges(
            @ForAll("stats") Stat stat, @ForAll("times") Timestamp read) {
        Stat accessed =
                new Stat(
                        stat.mode(),
                        stat.links() + 1,
                        stat.uid(),
                        stat.gid(),
                        stat.inode(),
                        stat.size(),
                        read,
                        stat.modified(),
                        stat.changed(),
                        null,
                        stat.deviceMajor() + 1,
                        stat.deviceMinor(),
                        stat.rdevMajor(),
                        stat.rdevMinor());

        assertThat(Signature.of(accessed)).isEqualTo(Signature.of(stat));
    }

    @Property
    void signatureSeesTheChangeTime(@ForAll("stats") Stat stat) {
        Stat changed =
                new Stat(
                        stat.mode(),
                        stat.links(),
                        stat.uid(),
                        stat.gid(),
                        stat.inode(),
                        stat.size(),
                        stat.accessed(),
                        stat.modified(),
                        new Timestamp(
                                stat.changed().seconds(),
                                (stat.changed().nanos() + 1) % 1_000_000_000),
                        stat.born(),
                        stat.deviceMajor(),
                        stat.deviceMinor(),
                        stat.rdevMajor(),
                        stat.rdevMinor());

        assertThat(Signature.of(changed)).isNotEqualTo(Signature.of(stat));
    }

    @Property
    void timesSurviveTheirText(@ForAll("times") Timestamp time) {
        assertThat(Timestamp.parse(time.toString())).isEqualTo(time);
    }

    @Example
    void otherTextIsNoTime() {
        for (String text :
                new String[] {
                    "",
                    "1",
                    "1.5",
                    ".123456789",
                    "1.+23456789",
                    "+1.123456789",
                    "01.123456789",
                    "1.12345678\u0663",
                    "-0.000000000",
                    "1.1234567890",
                    "x.123456789"
                }) {
            assertThatThrownBy(() -> Timestamp.parse(text))
                    .as(text)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
