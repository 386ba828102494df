package io.sluice.lustre.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sluice.lustre.Captures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The bytes to set on restore. */
final class CleanLayoutTest {
    private static final int FIRST = 1 << 16;
    private static final int SECOND = 2 << 16;

    @Test
    void everyCapturedLayoutIsTheSameWhenSet() throws Exception {
        int set = 0;
        for (Map.Entry<String, byte[]> captured : Captures.layouts().entrySet()) {
            Layout layout = Layout.parse(captured.getValue());
            byte[] clean = layout.clean();
            Layout again = Layout.parse(clean);
            assertThat(again.equalsAsSet(layout)).as(captured.getKey()).isTrue();
            assertThat(layout.equalsAsSet(again)).as(captured.getKey()).isTrue();
            assertThat(again.clean()).isEqualTo(clean);
            assertThat(again.isReleased()).isFalse();
            assertThat(again.components()).allMatch(component -> component.osts().isEmpty());
            assertThat(again.components()).noneMatch(component -> component.has(Component.INIT));
            assertThat(clean).as(captured.getKey()).hasSize(size(layout));
            set++;
        }
        System.out.println("CleanLayoutTest: " + set + " captured layouts written and read again");
        assertThat(set).isEqualTo(43);
    }

    private static int size(Layout layout) {
        int size = layout.isComposite() ? 32 + 48 * layout.components().size() : 0;
        for (Component component : layout.components()) {
            size += component.pool().isEmpty() ? 32 : 48;
        }
        return size;
    }

    @Test
    void bytesAreThoseThatLustreTakes() throws Exception {
        Layout layout =
                layout(
                        component(0, 1, Component.INIT, 0, 1 << 20, 1, "", List.of(4)),
                        component(0, 2, 0, 1 << 20, Component.EOF, 0xffff, "fast", List.of()));
        ByteBuffer expected = ByteBuffer.allocate(32 + 2 * 48 + 32 + 48);
        expected.order(ByteOrder.LITTLE_ENDIAN);
        expected.putInt(0x0BD60BD0).putInt(208).putInt(0).putShort((short) 0).putShort((short) 2);
        expected.position(32);
        expected.putInt(1).putInt(0).putLong(0).putLong(1 << 20).putInt(128).putInt(32);
        expected.position(80);
        expected.putInt(2).putInt(0).putLong(1 << 20).putLong(-1).putInt(160).putInt(48);
        expected.position(128);
        expected.putInt(0x0BD10BD0).putInt(1).position(152);
        expected.putInt(1 << 20).putShort((short) 1).putShort((short) -1);
        expected.putInt(0x0BD30BD0).putInt(1).position(184);
        expected.putInt(1 << 20).putShort((short) -1).putShort((short) -1);
        expected.put("fast".getBytes(StandardCharsets.US_ASCII));
        assertThat(layout.clean()).isEqualTo(expected.array());
    }

    @Test
    void objectsAndStatesAreLeftOutAndWishesStay() throws Exception {
        int wishes = Component.PREFER_READ | Component.NO_SYNC | Component.EXTENSION;
        Layout layout =
                layout(
                        component(
                                0,
                                1,
                                wishes | Component.INIT | Component.OFFLINE,
                                0,
                                Component.EOF,
                                2,
                                "p",
                                List.of(7, 9)));
        assertThat(Layout.parse(layout.clean()).components().get(0).flags()).isEqualTo(wishes);
    }

    @Test
    void staleMirrorIsLeftOutAndMirrorsThatStayAreInSync() throws Exception {
        Component good =
                component(0, FIRST | 1, Component.INIT, 0, Component.EOF, 1, "", List.of(1));
        Component staleBegin =
                component(1, SECOND | 2, Component.STALE, 0, 1 << 20, 1, "", List.of());
        Component staleEnd = component(1, SECOND | 3, 0, 1 << 20, Component.EOF, 1, "", List.of());
        Component parity =
                component(2, 3 << 16 | 4, Component.PARITY, 0, Component.EOF, 1, "", List.of());
        Component other = component(3, 4 << 16 | 5, 0, 0, Component.EOF, 2, "", List.of());

        Layout one = Layout.parse(layout(good, staleBegin, staleEnd, parity).clean());
        assertThat(one.components()).hasSize(1);
        assertThat(one.mirrorCount()).isEqualTo(1);
        assertThat(one.flags()).isZero();
        Layout two = Layout.parse(layout(staleBegin, staleEnd, good, other).clean());
        assertThat(two.components()).extracting(Component::stripeCount).containsExactly(1, 2);
        assertThat(two.mirrorCount()).isEqualTo(2);
        assertThat(two.flags()).isEqualTo(1);
        assertThat(two.equalsAsSet(layout(good, other, parity))).isTrue();
        assertThat(two.equalsAsSet(one)).isFalse();
        // Where all are stale, the first is as good as any.
        assertThat(Layout.parse(layout(staleBegin, staleEnd).clean()).components()).hasSize(2);
    }

    @Test
    void mirrorsWithoutNumbersBeginWhereExtentsBeginAnew() throws Exception {
        Layout byDefault =
                layout(
                        component(0, 0, 0, 0, 1 << 20, 1, "", List.of()),
                        component(0, 0, 0, 1 << 20, Component.EOF, 1, "", List.of()),
                        component(1, 0, 0, 0, Component.EOF, 2, "", List.of()));
        Layout read = Layout.parse(byDefault.clean());
        assertThat(read.mirrorCount()).isEqualTo(2);
        assertThat(read.components()).extracting(Component::mirror).containsExactly(0, 0, 1);
    }

    @Test
    void whatIsAskedForMayDifferFromWhatThereIs() throws Exception {
        Component wish = component(0, 1, 0, 0, Component.EOF, 2, "p", List.of());
        assertThat(layout(wish).equalsAsSet(layout(wish))).isTrue();
        assertThat(layout(wish).equalsAsSet(layout(wish.withoutPool()))).isFalse();
        assertThat(layout(wish).withoutPools().equalsAsSet(layout(wish.withoutPool()))).isTrue();
        assertThat(layout(wish).hasPools()).isTrue();
        assertThat(layout(wish).withoutPools().hasPools()).isFalse();
        assertThat(layout(wish).equalsAsSet(layout(wish.clampedTo(1)))).isFalse();
        assertThat(layout(wish).equalsAsSet(new Layout(false, 0, 0, List.of(wish)))).isFalse();
        Component wide = component(0, 1, 0, 0, Component.EOF, 0xffff, "p", List.of());
        Component three =
                component(0, 1, Component.INIT, 0, Component.EOF, 3, "p", List.of(2, 0, 1));
        assertThat(layout(wide).equalsAsSet(layout(three))).isTrue();
        assertThat(layout(three).equalsAsSet(layout(wide))).isTrue();
        assertThat(layout(wide).equalsAsSet(layout(wish))).isFalse();
    }

    @Test
    void stripesAreClampedToTheOstsThatThereAre() throws Exception {
        Map<String, byte[]> captured = Captures.layouts();
        for (byte[] bytes : captured.values()) {
            for (Component component : Layout.parse(bytes).clampedTo(1).components()) {
                assertThat(
                                component.stripeCount() <= 1
                                        || component.isWide()
                                        || component.isOverstriped())
                        .isTrue();
            }
        }
        Component wide = component(0, 1, 0, 0, Component.EOF, 0xffff, "", List.of());
        assertThat(layout(wide).clampedTo(2).components().get(0).stripeCount()).isEqualTo(0xffff);
        Component eight = component(0, 1, 0, 0, Component.EOF, 8, "p", List.of());
        Component clamped = layout(eight).clampedTo(3).components().get(0);
        assertThat(clamped.stripeCount()).isEqualTo(3);
        assertThat(clamped.pool()).isEqualTo("p");
        assertThat(layout(eight).clampedTo(8).components().get(0)).isEqualTo(eight);
        assertThatIllegalArgumentException().isThrownBy(() -> layout(eight).clampedTo(0));
    }

    static Component component(
            int mirror,
            int id,
            int flags,
            long start,
            long end,
            int count,
            String pool,
            List<Integer> osts) {
        return new Component(
                mirror,
                id,
                flags,
                start,
                end,
                Component.RAID0,
                1 << 20,
                count,
                pool,
                osts,
                0,
                null);
    }

    static Layout layout(Component... components) {
        return new Layout(true, 0, 3, List.of(components));
    }
}
