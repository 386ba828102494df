package io.sluice.lustre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LinkEaTest {
    /** {@code struct lustre_mdt_attrs}: two u32 of flags, and the object's own FID. */
    private static final int OWN_FID = 8;

    /** {@code struct lmv_mds_md_v1}: its header, then the shards' FIDs. */
    private static final int SHARDS = 56;

    @Test
    void capturedOnesNameTheirFilesAndDirectories() throws Exception {
        List<JsonNode> files = Captures.json("xattrs.jsonl");
        Map<String, List<Fid>> fids = new HashMap<>();
        for (JsonNode file : files) {
            fids.put(Captures.path(file), fids(file));
        }
        int decoded = 0;
        int parents = 0;
        for (JsonNode file : files) {
            if (file.has(LinkEa.NAME)) {
                String path = Captures.path(file);
                int slash = path.lastIndexOf('/');
                LinkEa links = LinkEa.parse(Captures.hex(file, LinkEa.NAME));
                assertThat(links.isOverflown()).isFalse();
                assertThat(links.links()).hasSize(1);
                assertThat(name(links.links().get(0))).isEqualTo(path.substring(slash + 1));
                String directory = path.substring(0, Math.max(0, slash));
                if (fids.containsKey(directory)) {
                    assertThat(links.links().get(0).parent()).isIn(fids.get(directory));
                    parents++;
                }
                decoded++;
            }
        }
        System.out.println("LinkEaTest: " + decoded + " captured link EAs of " + files.size());
        assertThat(decoded).isEqualTo(18);
        assertThat(parents).isEqualTo(18);
    }

    /** The object's own, and of a striped directory those of its shards: they are parents too. */
    private static List<Fid> fids(JsonNode file) {
        List<Fid> fids = new ArrayList<>();
        fids.add(Fid.littleEndian(Captures.hex(file, "trusted.lma"), OWN_FID));
        if (file.has("trusted.lmv")) {
            byte[] stripes = Captures.hex(file, "trusted.lmv");
            for (int at = SHARDS; at < stripes.length; at += Fid.BYTES) {
                fids.add(Fid.littleEndian(stripes, at));
            }
        }
        return fids;
    }

    @Test
    void severalNamesAndAnOverflowAreRead() throws Exception {
        Fid parent = new Fid(0x200000402L, 7, 0);
        LinkEa links = LinkEa.parse(linkEa(1234, parent, "a", "\u00ff\u0001", "c".repeat(255)));
        assertThat(links.isOverflown()).isTrue();
        assertThat(links.links()).extracting(LinkEa.Link::parent).containsOnly(parent);
        assertThat(links.links())
                .extracting(LinkEaTest::name)
                .containsExactly("a", "\u00ff\u0001", "c".repeat(255));
        assertThat(LinkEa.parse(linkEa(0, parent)).links()).isEmpty();
    }

    @Test
    void namesThatAreNoneAreRefused() {
        for (String name : List.of("", "a/b", "a\0b")) {
            assertThatExceptionOfType(LustreFormatException.class)
                    .isThrownBy(() -> LinkEa.parse(linkEa(0, Fid.ZERO, "good", name)))
                    .withMessageStartingWith("link EA, byte ");
        }
    }

    @Test
    void cutOffAnywhereItIsRefused() throws Exception {
        for (byte[] bytes : samples()) {
            for (int length = 0; length < bytes.length; length++) {
                byte[] cut = Arrays.copyOf(bytes, length);
                assertThatExceptionOfType(LustreFormatException.class)
                        .isThrownBy(() -> LinkEa.parse(cut))
                        .satisfies(e -> assertThat(e.offset()).isBetween(0, cut.length));
            }
        }
    }

    @Test
    void changedBytesAreUnderstoodOrRefused() throws Exception {
        Mutation.run(
                "LinkEaTest",
                samples(),
                100_000,
                bytes -> {
                    try {
                        return LinkEa.parse(bytes).links().size() * 19 <= bytes.length;
                    } catch (LustreFormatException e) {
                        return false;
                    }
                });
    }

    private static List<byte[]> samples() throws IOException {
        List<byte[]> samples = new ArrayList<>();
        samples.add(linkEa(0, new Fid(1, 2, 3), "one", "two", "three"));
        for (JsonNode file : Captures.json("xattrs.jsonl")) {
            if (file.has(LinkEa.NAME)) {
                samples.add(Captures.hex(file, LinkEa.NAME));
            }
        }
        return samples;
    }

    private static byte[] linkEa(int overflowTime, Fid parent, String... names) {
        int size = 24;
        for (String name : names) {
            size += 18 + name.length();
        }
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0x11EAF1DF).putInt(names.length).putLong(size);
        bytes.putInt(overflowTime).putInt(0).order(ByteOrder.BIG_ENDIAN);
        for (String name : names) {
            bytes.putShort((short) (18 + name.length()));
            parent.write(bytes);
            bytes.put(name.getBytes(StandardCharsets.ISO_8859_1));
        }
        return bytes.array();
    }

    private static String name(LinkEa.Link link) {
        return new String(link.name(), StandardCharsets.ISO_8859_1);
    }
}
