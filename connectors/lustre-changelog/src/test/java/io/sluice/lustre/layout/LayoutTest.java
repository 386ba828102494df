package io.sluice.lustre.layout;

import static io.sluice.lustre.layout.CleanLayoutTest.component;
import static io.sluice.lustre.layout.CleanLayoutTest.layout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sluice.lustre.Captures;
import io.sluice.lustre.LustreFormatException;
import io.sluice.lustre.Mutation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LayoutTest {
    private static final int MIB = 1 << 20;

    @Test
    void stripesGoRoundTheOsts() throws Exception {
        Layout over = captured("xattrs.jsonl:4 lustre.lov");
        assertThat(over.components().get(0).osts()).containsExactly(2, 0, 1, 2, 0);
        for (int stripe = 0; stripe < 12; stripe++) {
            Stripe expected =
                    new Stripe(List.of(2, 0, 1, 2, 0).get(stripe % 5), (stripe + 1) * 4L * MIB);
            assertThat(over.stripeAt(stripe * 4L * MIB)).isEqualTo(expected);
            assertThat(over.stripeAt((stripe + 1) * 4L * MIB - 1)).isEqualTo(expected);
        }
        assertThat(over.stripeAt(Long.MAX_VALUE).end()).isEqualTo(Component.EOF);
        assertThatIllegalArgumentException().isThrownBy(() -> over.stripeAt(-1));
    }

    @Test
    void stripesAreCountedFromTheFilesBeginningAndEndWithTheirComponent() throws Exception {
        Layout pfl = captured("xattrs.jsonl:13 lustre.lov");
        assertThat(pfl)
                .hasToString(
                        "composite [0,1048576) raid0 count=1 size=1048576 osts=1 flags=0x10;"
                                + " [1048576,8388608) raid0 count=2 size=4194304 osts=2,0 flags=0x10;"
                                + " [8388608,EOF) raid0 count=-1 size=4194304");
        assertThat(pfl.stripeAt(5)).isEqualTo(new Stripe(1, MIB));
        assertThat(pfl.stripeAt(MIB)).isEqualTo(new Stripe(2, 4L * MIB));
        assertThat(pfl.stripeAt(4L * MIB)).isEqualTo(new Stripe(0, 8L * MIB));
        assertThat(pfl.stripeAt(8L * MIB)).isEqualTo(new Stripe(Stripe.NO_OST, Component.EOF));
        Layout uneven =
                layout(
                        component(0, 1, 0, 0, 3L * MIB / 2, 1, "", List.of(0)),
                        component(0, 2, 0, 3L * MIB / 2, Component.EOF, 2, "", List.of(5, 6)));
        assertThat(uneven.stripeAt(MIB)).isEqualTo(new Stripe(0, 3L * MIB / 2));
        assertThat(uneven.stripeAt(3L * MIB / 2)).isEqualTo(new Stripe(6, 2L * MIB));
    }

    @Test
    void dataOnTheMdtIsOnNoOst() throws Exception {
        Layout dom = captured("xattrs.jsonl:14 lustre.lov");
        assertThat(dom.components().get(0).isOnMdt()).isTrue();
        assertThat(dom.stripeAt(1)).isEqualTo(new Stripe(Stripe.NO_OST, 65536));
    }

    @Test
    void mirrorThatIsPreferredAndNotStaleIsAsked() throws Exception {
        Layout mirrors = captured("xattrs.jsonl:8 lustre.lov");
        assertThat(mirrors.mirrorCount()).isEqualTo(2);
        assertThat(mirrors.stripeAt(0)).isEqualTo(new Stripe(1, 4L * MIB));
        Component first = component(0, 0x10001, 0, 0, Component.EOF, 1, "", List.of(1));
        Component stale =
                component(1, 0x20002, Component.STALE, 0, Component.EOF, 1, "", List.of(2));
        Component preferred =
                component(2, 0x30003, Component.PREFER_READ, 0, Component.EOF, 1, "", List.of(3));
        assertThat(layout(first, stale).stripeAt(0).ost()).isEqualTo(1);
        assertThat(layout(stale, first).stripeAt(0).ost()).isEqualTo(1);
        assertThat(layout(first, stale, preferred).stripeAt(0).ost()).isEqualTo(3);
        assertThat(layout(stale).stripeAt(0)).isEqualTo(new Stripe(Stripe.NO_OST, Component.EOF));
    }

    @Test
    void holeBetweenComponentsEndsWhereTheNextBegins() {
        Layout hole =
                layout(
                        component(0, 1, 0, 0, MIB, 1, "", List.of(1)),
                        component(0, 2, 0, 3L * MIB, 5L * MIB, 1, "", List.of(2)));
        assertThat(hole.stripeAt(MIB)).isEqualTo(new Stripe(Stripe.NO_OST, 3L * MIB));
        assertThat(hole.stripeAt(6L * MIB)).isEqualTo(new Stripe(Stripe.NO_OST, Component.EOF));
    }

    /** Reading on from each stripe's end comes to an end, in every captured layout. */
    @Test
    void everyStripeEndsBehindItsBeginning() throws Exception {
        for (byte[] bytes : Captures.layouts().values()) {
            Layout layout = Layout.parse(bytes);
            long at = 0;
            for (int i = 0; i < 100 && at < Component.EOF; i++) {
                Stripe stripe = layout.stripeAt(at);
                assertThat(stripe.end()).isGreaterThan(at);
                assertThat(layout.stripeAt(stripe.end() - 1)).isEqualTo(stripe);
                at = stripe.end();
            }
        }
    }

    @Test
    void foreignLayoutIsKeptAsItIs() throws Exception {
        byte[] bytes =
                ByteBuffer.allocate(20)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(0x0BD70BD0)
                        .putInt(4)
                        .putInt(1)
                        .putInt(2)
                        .putInt(0x12345678)
                        .array();
        Layout foreign = Layout.parse(bytes);
        assertThat(foreign).hasToString("plain [0,EOF) foreign");
        assertThat(foreign.clean()).isEqualTo(bytes);
        assertThat(foreign.stripeAt(9).ost()).isEqualTo(Stripe.NO_OST);
        byte[] other = bytes.clone();
        other[19]++;
        assertThat(foreign.equalsAsSet(Layout.parse(bytes))).isTrue();
        assertThat(foreign.equalsAsSet(Layout.parse(other))).isFalse();
        bytes[4]++;
        refuses(bytes, "layout, byte 4: a foreign layout of 5 bytes is cut off");
    }

    @Test
    void otherMagicNumbersOfCompositesAndPoolsAreRead() throws Exception {
        byte[] composite = layout(component(0, 1, 0, 0, Component.EOF, 1, "p", List.of())).clean();
        String text = Layout.parse(composite).toString();
        magic(composite, 0, 0x0BD80BD0);
        magic(composite, 80, 0x0BD50BD0);
        assertThat(Layout.parse(composite)).hasToString(text);
        magic(composite, 80, 0x0BD60BD0);
        refuses(composite, "layout, byte 80: magic number 0xbd60bd0 is none of a layout");
        magic(composite, 0, 1);
        refuses(composite, "layout, byte 0: magic number 0x1 is none of a layout");
    }

    private static void magic(byte[] bytes, int at, int magic) {
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, magic);
    }

    @Test
    void cutOffAnywhereItIsRefusedButWhereOnlyTheObjectsAreMissing() throws Exception {
        int cuts = 0;
        for (byte[] bytes : Captures.layouts().values()) {
            boolean plain = !Layout.parse(bytes).isComposite();
            int header = bytes[2] == (byte) 0xd3 ? 48 : 32;
            for (int length = 0; length < bytes.length; length++) {
                byte[] cut = Arrays.copyOf(bytes, length);
                if (plain && length == header) {
                    assertThat(Layout.parse(cut).components().get(0).osts()).isEmpty();
                } else {
                    refuses(cut, "layout, byte ");
                }
                cuts++;
            }
        }
        System.out.println("LayoutTest: " + cuts + " cut layouts");
    }

    private static void refuses(byte[] bytes, String message) {
        assertThatExceptionOfType(LustreFormatException.class)
                .isThrownBy(() -> Layout.parse(bytes))
                .withMessageStartingWith(message)
                .satisfies(e -> assertThat(e.offset()).isBetween(0, bytes.length));
    }

    /** Nobody could tell where it ends when the ids are gone, as for a new file they are. */
    @Test
    void aMirrorThatIsNotOfTheWholeFileIsRefused() throws Exception {
        int mirrored = 0;
        for (byte[] sample : Captures.layouts().values()) {
            Layout layout = Layout.parse(sample);
            for (int i = 1; i < layout.components().size(); i++) {
                Component component = layout.components().get(i);
                if (component.mirror() != layout.components().get(i - 1).mirror()) {
                    byte[] bytes = sample.clone();
                    int start =
                            LayoutFormat.HEADER_BYTES
                                    + i * LayoutFormat.ENTRY_BYTES
                                    + LayoutFormat.ENTRY_START;
                    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(start, 4096);
                    refuses(bytes, "layout, byte " + start);
                    mirrored++;
                }
            }
        }
        assertThat(mirrored).isPositive();
    }

    /** Whatever was understood can also be written, and asked for its stripes. */
    @Test
    void changedBytesAreUnderstoodOrRefused() throws Exception {
        List<byte[]> samples = new ArrayList<>(Captures.layouts().values());
        Mutation.run(
                "LayoutTest",
                samples,
                200_000,
                bytes -> {
                    try {
                        Layout layout = Layout.parse(bytes);
                        assertThat(layout.stripeAt(MIB).end()).isGreaterThan(MIB);
                        assertThat(Layout.parse(layout.clean()).clean()).isEqualTo(layout.clean());
                        return !layout.toString().isEmpty();
                    } catch (LustreFormatException e) {
                        assertThat(e.offset()).isBetween(0, bytes.length);
                        return false;
                    }
                });
    }

    private static Layout captured(String name) throws Exception {
        Map<String, byte[]> layouts = Captures.layouts();
        return Layout.parse(layouts.get(name));
    }
}
