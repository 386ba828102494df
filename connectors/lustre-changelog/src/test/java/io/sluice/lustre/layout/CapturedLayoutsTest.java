package io.sluice.lustre.layout;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.lustre.Captures;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every captured layout, compared with what {@code lfs getstripe} printed of the same file. */
final class CapturedLayoutsTest {
    private static final String NOT_GIVEN = "N/A";

    /** What {@code lfs} puts where a directory leaves the size to this filesystem. */
    private static final String DEFAULT_STRIPE_SIZE = "4194304";

    @Test
    void layoutsAreWhatLfsPrints() throws Exception {
        int compared =
                compare(PrintedStriping.parse(Captures.lines("getstripe.txt")), "")
                        + compare(
                                PrintedStriping.parse(Captures.lines("getstripe-yaml.txt")), "d0/");
        assertThat(compared).isEqualTo(34);
        System.out.println("CapturedLayoutsTest: " + compared + " compared with lfs getstripe");
    }

    private static int compare(Map<String, PrintedStriping> printed, String directory)
            throws Exception {
        int compared = 0;
        int unknown = printed.size();
        for (JsonNode file : Captures.json("xattrs.jsonl")) {
            String path = Captures.path(file);
            PrintedStriping striping =
                    path.startsWith(directory)
                            ? printed.get(path.substring(directory.length()))
                            : null;
            for (String name : List.of("lustre.lov", "trusted.lov")) {
                if (striping != null) {
                    compare(Layout.parse(Captures.hex(file, name)), striping, path);
                    compared++;
                } else if (directory.isEmpty()) {
                    assertThat(file.has(name)).as(path).isFalse();
                }
            }
            unknown -= striping == null ? 0 : 1;
        }
        assertThat(unknown).isZero();
        return compared;
    }

    private static void compare(Layout layout, PrintedStriping printed, String path) {
        assertThat(layout.isComposite()).as(path).isEqualTo(!printed.components.isEmpty());
        assertThat(layout.isReleased()).isFalse();
        List<Map<String, String>> components = new ArrayList<>(printed.components);
        if (layout.isComposite()) {
            Map<String, String> whole = printed.whole;
            assertThat(whole.getOrDefault("lcm_layout_gen", ""))
                    .isEqualTo(Long.toString(layout.generation()));
            assertThat(layout.components()).hasSize(Integer.parseInt(whole.get("lcm_entry_count")));
            assertThat(layout.mirrorCount())
                    .isEqualTo(Integer.parseInt(whole.get("lcm_mirror_count")));
            // YAML has not got them.
            if (whole.containsKey("lcm_flags")) {
                assertThat(layout.flags()).isEqualTo(whole.get("lcm_flags").equals("ro") ? 1 : 0);
            }
        } else {
            components.add(printed.whole);
        }
        for (int i = 0; i < components.size(); i++) {
            Component component = layout.components().get(i);
            if (layout.isComposite()) {
                compareExtent(component, components.get(i));
            }
            compareStriping(component, components.get(i), path);
            assertThat(component.osts()).as(path).isEqualTo(printed.osts.get(i));
        }
    }

    private static void compareExtent(Component component, Map<String, String> printed) {
        assertThat(printed.get("lcme_id"))
                .isEqualTo(component.id() == 0 ? NOT_GIVEN : String.valueOf(component.id()));
        assertThat(printed.get("lcme_mirror_id"))
                .isEqualTo(component.id() == 0 ? NOT_GIVEN : String.valueOf(component.mirrorId()));
        assertThat(printed.get("lcme_flags"))
                .isEqualTo(component.flags() == Component.INIT ? "init" : "0");
        assertThat(component.flags() & ~Component.INIT).isZero();
        assertThat(printed.get("lcme_extent.e_start")).isEqualTo(Long.toString(component.start()));
        assertThat(printed.get("lcme_extent.e_end"))
                .isEqualTo(
                        component.end() == Component.EOF ? "EOF" : Long.toString(component.end()));
    }

    private static void compareStriping(
            Component component, Map<String, String> printed, String path) {
        assertThat(printed.get("stripe_count"))
                .as(path)
                .isEqualTo(component.isWide() ? "-1" : String.valueOf(component.stripeCount()));
        assertThat(printed.get("stripe_size"))
                .isEqualTo(
                        component.stripeSize() == 0
                                ? DEFAULT_STRIPE_SIZE
                                : Long.toString(component.stripeSize()));
        assertThat(printed.get("pattern")).isEqualTo(component.patternText());
        assertThat(component.pool()).isEqualTo(printed.getOrDefault("pool", ""));
        if (component.isOnMdt()) {
            assertThat(printed).containsKey("mdt_index").doesNotContainKey("stripe_offset");
        } else {
            assertThat(printed.get("stripe_offset"))
                    .isEqualTo(
                            component.osts().isEmpty() ? "-1" : component.osts().get(0).toString());
        }
    }

    @Test
    void layoutsThatWereSetByHandAreReadBack() throws Exception {
        List<String> read = new ArrayList<>();
        for (String line : Captures.lines("layouts-set.txt")) {
            byte[] bytes = HexFormat.of().parseHex(line.substring(line.lastIndexOf(' ') + 1));
            read.add(Layout.parse(bytes).toString());
        }
        assertThat(read)
                .containsExactly(
                        "plain [0,EOF) raid0 count=2 size=1048576 osts=2,0",
                        "plain [0,EOF) raid0 count=3 size=4194304 osts=2,0,1",
                        "plain [0,EOF) raid0 count=1 size=1048576 pool=nopool osts=2",
                        "composite [0,1048576) raid0 count=1 size=1048576 osts=0 flags=0x10;"
                                + " [1048576,EOF) raid0 count=2 size=4194304",
                        "composite [0,65536) mdt count=0 size=65536 flags=0x10;"
                                + " [65536,EOF) raid0 count=1 size=1048576",
                        "plain [0,EOF) raid0 count=1 size=1048576 osts=1",
                        "plain [0,EOF) raid0 count=3 size=2097152");
    }

    @Test
    void releasedFileHasNoObjectsAndTheSameWishes() throws Exception {
        List<Layout> layouts = new ArrayList<>();
        for (JsonNode file : Captures.json("hsm-xattrs.jsonl")) {
            layouts.add(Layout.parse(Captures.hex(file, Layout.NAME)));
        }
        assertThat(layouts)
                .extracting(Layout::isReleased)
                .containsExactly(false, false, true, false, false, false);
        assertThat(layouts.get(2)).hasToString("plain [0,EOF) raid0,released count=2 size=2097152");
        assertThat(layouts.get(2).stripeAt(5 << 20))
                .isEqualTo(new Stripe(Stripe.NO_OST, Component.EOF));
        assertThat(layouts).allMatch(layout -> layout.equalsAsSet(layouts.get(2)));
    }
}
