package io.sluice.lustre;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a real Lustre gave; the resources' README says what is in which file. */
public final class Captures {
    public static final List<String> CHANGELOGS =
            List.of(
                    "changelog-MDT0000.jsonl",
                    "changelog-MDT0001.jsonl",
                    "changelog-hsm.jsonl",
                    "changelog-times.jsonl",
                    "changelog-vectors-raw.jsonl",
                    "changelog-vectors.jsonl");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MOUNT = "/mnt/lustre";

    private Captures() {}

    /** The file's lines, each byte as one character. */
    public static List<String> lines(String file) throws IOException {
        return new String(bytes(file), StandardCharsets.ISO_8859_1).lines().toList();
    }

    public static List<JsonNode> json(String file) throws IOException {
        List<JsonNode> nodes = new ArrayList<>();
        for (String line : new String(bytes(file), StandardCharsets.UTF_8).lines().toList()) {
            nodes.add(JSON.readTree(line));
        }
        return nodes;
    }

    private static byte[] bytes(String file) throws IOException {
        try (InputStream in = Captures.class.getResourceAsStream(file)) {
            return in.readAllBytes();
        }
    }

    public static byte[] hex(JsonNode node, String field) {
        return HexFormat.of().parseHex(node.get(field).textValue());
    }

    /** Path relative to the mount, each byte as one character; the root's is empty. */
    public static String path(JsonNode node) {
        String path = node.get("path").textValue().substring(MOUNT.length());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c >= 0xdc80 && c <= 0xdcff) {
                bytes.write(c - 0xdc00);
            } else {
                bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        String text = bytes.toString(StandardCharsets.ISO_8859_1);
        return text.isEmpty() ? text : text.substring(1);
    }

    /** Every layout that was captured, by where it is from. */
    public static Map<String, byte[]> layouts() throws IOException {
        Map<String, byte[]> layouts = new LinkedHashMap<>();
        for (String file : List.of("xattrs.jsonl", "hsm-xattrs.jsonl")) {
            int line = 0;
            for (JsonNode node : json(file)) {
                line++;
                for (String name : List.of("lustre.lov", "trusted.lov")) {
                    if (node.has(name)) {
                        layouts.put(file + ":" + line + " " + name, hex(node, name));
                    }
                }
            }
        }
        for (String line : lines("layouts-set.txt")) {
            int space = line.lastIndexOf(' ');
            layouts.put(
                    line.substring(0, space), HexFormat.of().parseHex(line.substring(space + 1)));
        }
        return layouts;
    }
}
