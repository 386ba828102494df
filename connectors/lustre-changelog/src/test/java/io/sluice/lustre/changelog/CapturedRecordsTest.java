package io.sluice.lustre.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.lustre.Captures;
import io.sluice.lustre.Fid;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Every captured record, field by field, and line by line as {@code lfs} printed it. */
final class CapturedRecordsTest {
    /** Flags for which {@code lfs changelog} asks: job id, extra flags, NIDs in network order. */
    private static final String FLAGS_OF_LFS = "0x1c";

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSSSSS uuuu.MM.dd");

    @Test
    void everyFieldIsWhatWasCaptured() throws Exception {
        Map<String, Integer> types = new TreeMap<>();
        int decoded = 0;
        for (String file : Captures.CHANGELOGS) {
            List<JsonNode> captured = Captures.json(file);
            int raw = 0;
            for (JsonNode node : captured) {
                byte[] bytes = Captures.hex(node, "hex");
                ChangelogRecord record = ChangelogDecoder.decode(bytes);
                assertThat(fields(record, bytes)).as(node.toString()).isEqualTo(fields(node));
                assertThat(ChangelogDecoder.length(bytes, 0, bytes.length)).isEqualTo(bytes.length);
                assertThat(record.hasUnknownFlags()).isFalse();
                types.merge(record.typeName(), 1, Integer::sum);
                raw += node.get("source").textValue().equals("rawdev") ? 1 : 0;
                decoded++;
            }
            System.out.printf(
                    "CapturedRecordsTest: %s: %d decoded, %d of the device, %d of the library%n",
                    file, captured.size(), raw, captured.size() - raw);
        }
        System.out.println("CapturedRecordsTest: " + decoded + " decoded: " + types);
        assertThat(decoded).isEqualTo(1570);
        assertThat(types)
                .hasSize(RecordType.values().length - 2)
                .doesNotContainKeys("MARK", "RNMTO");
    }

    /** By the names that the capture uses; what a record has not got is left out. */
    private static Map<String, String> fields(ChangelogRecord record, byte[] bytes) {
        Map<String, String> fields = new TreeMap<>();
        fields.put("index", Long.toString(record.index()));
        fields.put("type", record.typeName());
        fields.put("flags", "0x" + Integer.toHexString(record.flags()));
        long extraFlags = record.extraFlags() == null ? 0 : record.extraFlags();
        fields.put("xflags", "0x" + Long.toHexString(extraFlags));
        fields.put("time", Long.toString(record.timeSeconds()));
        fields.put("nsec", Integer.toString(record.timeNanos()));
        fields.put("tfid", record.target().toString());
        fields.put("pfid", record.parent().toString());
        put(fields, "sfid", record.source());
        put(fields, "spfid", record.sourceParent());
        put(fields, "jobid", text(record.jobId()));
        put(fields, "uid", record.uid());
        put(fields, "gid", record.gid());
        put(fields, "nid", record.nid() == null ? null : HexFormat.of().formatHex(record.nid()));
        put(
                fields,
                "omode",
                record.openFlags() == null ? null : "0x" + Integer.toHexString(record.openFlags()));
        put(fields, "xattr", text(record.xattrName()));
        put(fields, "name", record.name().length == 0 ? null : text(record.name()));
        put(fields, "sname", text(record.sourceName()));
        int source = record.sourceName() == null ? 0 : 1 + record.sourceName().length;
        fields.put("namelen", Integer.toString(record.name().length + source));
        fields.put("len", Integer.toString(bytes.length));
        assertThat(record.previous()).isZero();
        return fields;
    }

    private static Map<String, String> fields(JsonNode node) {
        Map<String, String> fields = new TreeMap<>();
        node.properties().forEach(field -> fields.put(field.getKey(), field.getValue().asText()));
        fields.keySet().removeAll(List.of("hex", "mdt", "source", "start_flags", "set_xflags"));
        return fields;
    }

    private static void put(Map<String, String> fields, String name, Object value) {
        if (value != null) {
            fields.put(name, value.toString());
        }
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Test
    void linesAreThoseOfLfs() throws Exception {
        for (String mdt : List.of("MDT0000", "MDT0001")) {
            List<String> lines = new ArrayList<>();
            for (JsonNode node : Captures.json("changelog-" + mdt + ".jsonl")) {
                if (node.path("start_flags").asText().equals(FLAGS_OF_LFS)) {
                    lines.add(line(ChangelogDecoder.decode(Captures.hex(node, "hex"))));
                }
            }
            List<String> printed = Captures.lines("lfs-changelog-" + mdt + ".txt");
            System.out.println(
                    "CapturedRecordsTest: " + printed.size() + " lines of lfs for " + mdt);
            assertThat(lines).isEqualTo(printed.stream().map(String::stripTrailing).toList());
        }
    }

    /** As {@code lfs changelog} prints it. */
    private static String line(ChangelogRecord record) {
        StringBuilder line = new StringBuilder();
        line.append(record.index());
        line.append(String.format(" %02d%-5s ", record.typeNumber(), record.typeName()));
        line.append(
                LocalDateTime.ofEpochSecond(
                                record.timeSeconds(), record.timeNanos(), ZoneOffset.UTC)
                        .format(TIME));
        line.append(String.format(" 0x%x t=%s", record.typeFlags(), fid(record.target())));
        if (record.jobId() != null) {
            line.append(" j=").append(text(record.jobId()));
        }
        line.append(String.format(" ef=0x%x", record.extraFlags()));
        line.append(String.format(" u=%d:%d", record.uid(), record.gid()));
        line.append(" nid=").append(nid(record));
        if (record.openFlags() != null) {
            int flags = record.openFlags();
            line.append(" m=");
            line.append((flags & 1) != 0 ? 'r' : '-');
            line.append((flags & 2) != 0 ? 'w' : '-');
            line.append((flags & 4) != 0 ? 'x' : '-');
        }
        if (record.xattrName() != null) {
            line.append(" x=").append(text(record.xattrName()));
        }
        if (!record.parent().isZero()) {
            line.append(" p=").append(fid(record.parent()));
        }
        if (record.name().length > 0) {
            line.append(' ').append(text(record.name()));
        }
        if (record.source() != null) {
            line.append(" s=").append(fid(record.source()));
            line.append(" sp=").append(fid(record.sourceParent()));
            line.append(' ').append(text(record.sourceName()));
        }
        return line.toString();
    }

    private static String fid(Fid fid) {
        return fid.toString().replace("[0x0:", "[0:");
    }

    /** Of the one client here, and of the server itself. */
    private static String nid(ChangelogRecord record) {
        assertThat(record.hasLargeNid()).isTrue();
        return switch (HexFormat.of().formatHex(record.nid(), 0, 8)) {
            case "0009000000000000" -> "0@lo";
            case "0000000000000000" -> "0@<0:0>";
            default -> "?";
        };
    }

    @Test
    void whatTheDeviceReadsAtOnceIsTakenApart() throws Exception {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        List<Long> indexes = new ArrayList<>();
        for (JsonNode node : Captures.json("changelog-MDT0001.jsonl")) {
            if (node.get("source").textValue().equals("rawdev")) {
                read.writeBytes(Captures.hex(node, "hex"));
                indexes.add(node.get("index").longValue());
            }
        }
        byte[] bytes = read.toByteArray();
        List<Long> found = new ArrayList<>();
        int at = 0;
        while (at < bytes.length) {
            int end = at + ChangelogDecoder.length(bytes, at, bytes.length);
            found.add(ChangelogDecoder.decode(bytes, at, end).index());
            at = end;
        }
        assertThat(found).isEqualTo(indexes).hasSize(131);
    }
}
