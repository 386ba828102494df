package io.sluice.ptcomm.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The bytes of format 1 in {@code stream-1.hex}, a dump as {@code xxd} prints it ({@code xxd -r}
 * gives the stream). Archives hold such bytes for years: a change that fails here is a new format.
 */
class FrozenStreamTest {
    private static final String PREFIX = "/@hpc/usr";

    static List<SampleEntry> entries() {
        SampleEntry old = SampleEntry.file("1901", "x");
        Timestamp before1970 = new Timestamp(-2147483649L, 999_999_999);
        SampleEntry early =
                new SampleEntry(
                        "1901",
                        new Stat(
                                0104755,
                                -1,
                                -1,
                                65534,
                                1,
                                1,
                                before1970,
                                new Timestamp(-1, 0),
                                new Timestamp(Long.MIN_VALUE, 0),
                                new Timestamp(0, 1),
                                -1,
                                -1,
                                0,
                                0),
                        null,
                        null,
                        old.extents(),
                        old.data(),
                        null,
                        old.blocks(),
                        old.state(),
                        false);
        return List.of(
                SampleEntry.of("", 0040755, null, null),
                SampleEntry.of("dir with blank ", 0041777, null, null),
                SampleEntry.file("new\nline\n", "hello\n").withBlock("ACL", new byte[] {0, 1, 2}),
                SampleEntry.file("x", "").withPath("bad-\u00ff\u00fe-utf8 "),
                early,
                SampleEntry.file("sparse", "abcdef").withExtents(1L << 40, 4096L, 2L, 1L << 39, 4L),
                SampleEntry.file("hole", "").withExtents(1_000_000, 1_000_000L, 0L),
                SampleEntry.file("torn", "abc\0\0")
                        .withTorn("5 input/output error (EIO)")
                        .withBlock("XATTR", new byte[0])
                        .withBlock("XATTR", SampleEntry.bytes("user.k=v"))
                        .withBlock("LAYOUT", SampleEntry.bytes("stripe"))
                        .withBlock("HSM", SampleEntry.bytes("archived")),
                SampleEntry.of("dir with blank /link", 0120777, "../new\nline\u00ff", null),
                SampleEntry.of("second name", 0100644, null, "new\nline\n"),
                SampleEntry.of("fifo", 0010600, null, null),
                SampleEntry.of("socket", 0140755, null, null),
                withDevice(SampleEntry.of("null", 0020666, null, null), 1, 3),
                withDevice(SampleEntry.of("disk", 0060660, null, null), 259, 1048575),
                SampleEntry.tombstone("gone", false),
                SampleEntry.tombstone("gone dir", true));
    }

    private static SampleEntry withDevice(SampleEntry e, int major, int minor) {
        Stat s = e.stat();
        return new SampleEntry(
                e.path(),
                new Stat(
                        s.mode(),
                        s.links(),
                        s.uid(),
                        s.gid(),
                        s.inode(),
                        s.size(),
                        s.accessed(),
                        s.modified(),
                        s.changed(),
                        s.born(),
                        s.deviceMajor(),
                        s.deviceMinor(),
                        major,
                        minor),
                e.target(),
                e.linkTo(),
                e.extents(),
                e.data(),
                e.torn(),
                e.blocks(),
                e.state(),
                e.deleted());
    }

    @Test
    void todaysEncoderWritesTheFrozenBytes() throws IOException {
        byte[] stream = SampleEntry.stream(SampleEntry.bytes(PREFIX), entries(), 4, true);
        assertThat(dump(stream)).isEqualTo(frozen());
    }

    @Test
    void frozenBytesAreRead() throws IOException {
        assertThat(Decoding.stream(bytes(frozen()), PREFIX)).isEqualTo(entries());
    }

    private static String frozen() throws IOException {
        try (InputStream in = FrozenStreamTest.class.getResourceAsStream("stream-1.hex")) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    /** Offset, sixteen bytes in pairs, and the printable ones. */
    private static String dump(byte[] bytes) {
        StringBuilder dump = new StringBuilder();
        for (int at = 0; at < bytes.length; at += 16) {
            StringBuilder hex = new StringBuilder();
            StringBuilder text = new StringBuilder();
            for (int i = at; i < Math.min(at + 16, bytes.length); i++) {
                hex.append(HexFormat.of().toHexDigits(bytes[i])).append(i % 2 == 1 ? " " : "");
                text.append(bytes[i] >= ' ' && bytes[i] <= '~' ? (char) bytes[i] : '.');
            }
            dump.append(String.format("%08x: %-40s %s\n", at, hex, text));
        }
        return dump.toString();
    }

    private static byte[] bytes(String dump) {
        StringBuilder hex = new StringBuilder();
        dump.lines().forEach(l -> hex.append(l, 10, 50));
        return HexFormat.of().parseHex(hex.toString().replace(" ", ""));
    }
}
