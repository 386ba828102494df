package io.sluice.ptcomm.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each breach of the format, as the frames that commit it. */
class ProtocolErrorTest {
    private static final String TIMES = " 1.000000000 2.000000000 3.000000000 -";
    private static final String STAT = "STAT:F 5 0 0 100644 1";
    private static final String TSTAMP = "TSTAMP:1 2 3";
    private static final String XSTAT = "XSTAT:f 7 8:1 0:0" + TIMES;
    private static final String HEAD = c("FNAME:/a") + c(STAT) + c(TSTAMP) + c(XSTAT) + end();
    private static final String DIRECTORY =
            c("FNAME:/d/")
                    + c("STAT:D 0 0 0 040755 1")
                    + c(TSTAMP)
                    + c("XSTAT:d 7 8:1 0:0" + TIMES)
                    + end();
    private static final String HASH = "0123456789abcdef";
    private static final String SUM = c("SUM:5 " + HASH);
    private static final String FILE = HEAD + c("DATA") + d("hello") + end() + SUM;

    private static String c(String text) {
        return frame('C', text);
    }

    private static String d(String bytes) {
        return frame('D', bytes);
    }

    private static String end() {
        return frame('F', "");
    }

    private static String frame(char letter, String payload) {
        return String.format("%c%06d%n%s", letter, payload.length(), payload);
    }

    private static String head(String name, String stat, String tstamp, String xstat) {
        return c(name) + c(stat) + c(tstamp) + c(xstat) + end() + end() + end();
    }

    private static String data(String... frames) {
        return HEAD + c("DATA") + String.join("", frames);
    }

    private static Arguments stream(String stream, String message) {
        return Arguments.of(message, stream);
    }

    static Stream<Arguments> breaches() {
        String other = "XSTAT:d 7 8:1 0:0" + TIMES;
        return Stream.of(
                // Frames
                stream("", "the stream ends: expected FNAME, DELETED or the final F, at byte 0"),
                stream("C0000", "ends in the middle of a frame's header, at byte 0"),
                stream("X000000\n", "unknown letter 0x58"),
                stream("C00000a\n", "six digits"),
                stream("C-00001\n", "six digits"),
                stream("C 00001\nX", "six digits"),
                stream("C000000 ", "a newline after"),
                stream("F000001\nx", "no payload in a frame 'F'"),
                stream("C000005\nabc", "ends in the middle of a frame of 5 bytes, of which 3"),
                // Order
                stream(d("x"), "expected FNAME, DELETED or the final F, found a frame 'D'"),
                stream(c("STAT:F 1"), "expected FNAME, DELETED or the final F"),
                stream(c("ACL") + d("x") + end(), "expected FNAME, DELETED or the final F"),
                stream(c("HELLO"), "expected FNAME, DELETED or the final F, found 'HELLO'"),
                stream(c("FNAME:/a") + end(), "expected STAT, found a frame 'F'"),
                stream(c("FNAME:/a"), "ends in the middle of an entry: expected STAT"),
                stream(c("FNAME:/a") + c(TSTAMP), "expected STAT in 'TSTAMP:"),
                stream(c("FNAME:/a") + c(STAT) + c(XSTAT), "expected TSTAMP"),
                stream(c("FNAME:/a") + c(STAT) + c(TSTAMP) + end(), "expected XSTAT"),
                stream(
                        c("FNAME:/a") + c(STAT) + c(TSTAMP) + c("LSTAT:x"),
                        "expected XSTAT in 'LSTAT:x'"),
                stream(
                        c("FNAME:/a") + c(STAT) + c(TSTAMP) + c(XSTAT) + c("LINK:/b"),
                        "expected the F that ends an entry's head, found 'LINK:/b'"),
                stream(
                        c("FNAME:/a") + c("STAT:L 5 0 0 100644 2") + c(TSTAMP) + c(XSTAT) + end(),
                        "expected LINK"),
                stream(
                        c("FNAME:/a") + c("STAT:S 5 0 0 120777 1") + c(TSTAMP) + c(XSTAT),
                        "expected LSTAT"),
                stream(HEAD + d("x"), "expected DATA or an F"),
                stream(HEAD + c("EXTENT:0 5"), "expected DATA or an F"),
                stream(DIRECTORY + c("DATA"), "this type has no data"),
                stream(FILE, "the stream ends: expected FNAME, DELETED or the final F"),
                stream(FILE + end() + end(), "expected nothing after the final F"),
                stream(end() + c("FNAME:/a"), "expected nothing after the final F"),
                // Names
                stream(c("FNAME:a"), "expected a path below the prefix"),
                stream(c("FNAME:"), "expected a path below the prefix"),
                stream(c("FNAME:/a//b"), "empty component"),
                stream(c("FNAME://"), "it is empty"),
                stream(c("FNAME:/a//"), "empty component"),
                stream(c("FNAME:/./a"), "'.' or '..'"),
                stream(c("FNAME:/a/.."), "'.' or '..'"),
                stream(c("FNAME:/a/../"), "'.' or '..'"),
                stream(c("FNAME:/a\0b"), "NUL"),
                stream(c("DELETED:/"), "it is empty"),
                stream(c("DELETED:/a/.."), "'.' or '..'"),
                stream(
                        c("FNAME:/a")
                                + c("STAT:L 5 0 0 100644 2")
                                + c(TSTAMP)
                                + c(XSTAT)
                                + c("LINK:/b/../../c"),
                        "'.' or '..'"),
                stream(
                        c("FNAME:/a")
                                + c("STAT:L 5 0 0 100644 2")
                                + c(TSTAMP)
                                + c(XSTAT)
                                + c("LINK:/b/"),
                        "empty component"),
                stream(
                        c("FNAME:/a") + c("STAT:S 5 0 0 120777 1") + c(TSTAMP) + c("LSTAT:x\0"),
                        "target without NUL"),
                // Types
                stream(head("FNAME:/a", "STAT:X 5 0 0 100644 1", TSTAMP, XSTAT), "F, E, D, S or L"),
                stream(head("FNAME:/a", "STAT:D 5 0 0 040755 1", TSTAMP, other), "ends with '/'"),
                stream(head("FNAME:/a/", STAT, TSTAMP, XSTAT), "expected type D"),
                stream(head("FNAME:/", STAT, TSTAMP, XSTAT), "expected type D"),
                stream(head("FNAME:/a", "STAT:F 5 0 0 040755 1", TSTAMP, other), "fit the type"),
                stream(head("FNAME:/a", "STAT:F 0 0 0 100644 1", TSTAMP, XSTAT), "fit the type"),
                stream(head("FNAME:/a", "STAT:E 5 0 0 100644 1", TSTAMP, XSTAT), "fit the type"),
                stream(head("FNAME:/a/", "STAT:L 5 0 0 040755 1", TSTAMP, other), "fit the type"),
                stream(head("FNAME:/a", "STAT:F 5 0 0 000644 1", TSTAMP, XSTAT), "fit the type"),
                stream(head("FNAME:/a", STAT, TSTAMP, other), "the type 'f'"),
                // Numbers
                stream(head("FNAME:/a", "STAT:F -1 0 0 100644 1", TSTAMP, XSTAT), "a number"),
                stream(head("FNAME:/a", "STAT:F 05 0 0 100644 1", TSTAMP, XSTAT), "a number"),
                stream(
                        head("FNAME:/a", "STAT:F 9223372036854775808 0 0 100644 1", TSTAMP, XSTAT),
                        "below 2^63"),
                stream(
                        head("FNAME:/a", "STAT:F 5 4294967296 0 100644 1", TSTAMP, XSTAT),
                        "below 2^32"),
                stream(head("FNAME:/a", "STAT:F 5 0 0 644 1", TSTAMP, XSTAT), "six octal digits"),
                stream(head("FNAME:/a", "STAT:F 5 0 0 100844 1", TSTAMP, XSTAT), "six octal"),
                stream(head("FNAME:/a", "STAT:F 5 0 0 700644 1", TSTAMP, XSTAT), "sixteen bits"),
                stream(head("FNAME:/a", STAT + " 1", TSTAMP, XSTAT), "the end of the command"),
                stream(head("FNAME:/a", STAT + "\n", TSTAMP, XSTAT), "the end of the command"),
                stream(head("FNAME:/a", "STAT:F  5 0 0 100644 1", TSTAMP, XSTAT), "a number"),
                stream(head("FNAME:/a", STAT, "TSTAMP:1 2", XSTAT), "a blank"),
                stream(head("FNAME:/a", STAT, "TSTAMP:1 -0 3", XSTAT), "with its sign"),
                stream(
                        head("FNAME:/a", STAT, "TSTAMP:1 9223372036854775808 3", XSTAT),
                        "with its sign"),
                stream(
                        head("FNAME:/a", STAT, "TSTAMP:1 -9223372036854775809 3", XSTAT),
                        "with its sign"),
                stream(head("FNAME:/a", STAT, "TSTAMP:1 2 4", XSTAT), "the seconds of TSTAMP"),
                stream(
                        head("FNAME:/a", STAT, TSTAMP, XSTAT.replace("2.000000000", "2.00000000")),
                        "nine digits"),
                stream(
                        head("FNAME:/a", STAT, TSTAMP, XSTAT.replace("2.000000000", "2,000000000")),
                        "expected '.'"),
                stream(
                        head("FNAME:/a", STAT, TSTAMP, XSTAT.replace("7", "18446744073709551616")),
                        "below 2^64"),
                stream(head("FNAME:/a", STAT, TSTAMP, XSTAT.replace("8:1", "8")), "expected ':'"),
                stream(head("FNAME:/a", STAT, TSTAMP, XSTAT + "-"), "a number"),
                // Data
                stream(data(end()), "expected 5 more bytes of data"),
                stream(data(d("hell"), end()), "expected 1 more bytes of data"),
                stream(data(d("hello!")), "expected at most 5 more bytes"),
                stream(data(d("hel")), "ends in the middle of an entry: expected the file's data"),
                stream(data(c("SUM:")), "expected EXTENT, data or an F, found 'SUM:'"),
                stream(data(d("h"), c("EXTENT:1 4")), "no EXTENT after data without one"),
                stream(data(c("EXTENT:0 5"), c("EXTENT:5 0")), "5 more bytes of the extent"),
                stream(data(c("EXTENT:0 2"), d("he"), c("EXTENT:1 2")), "from byte 2 to 5"),
                stream(data(c("EXTENT:0 6")), "an extent from byte 0 to 5"),
                stream(data(c("EXTENT:6 0")), "no empty extent"),
                stream(data(c("EXTENT:9223372036854775807 9223372036854775807")), "an extent from"),
                stream(data(c("EXTENT:0 0")), "no empty extent"),
                stream(data(c("EXTENT:0 2"), d("he"), c("EXTENT:5 0")), "no empty extent"),
                stream(data(c("EXTENT:5 0"), c("EXTENT:5 0")), "no empty extent"),
                stream(data(c("EXTENT:5 0"), d("x")), "at most 0 more bytes"),
                stream(data(c("EXTENT:0 2"), d("hel")), "at most 2 more bytes"),
                stream(data(c("EXTENT:0 2"), d("h"), end()), "1 more bytes of data"),
                // Sums
                stream(data(d("hello"), end(), end()), "expected SUM, found a frame 'F'"),
                stream(data(d("hello"), end(), c("FNAME:/b")), "expected SUM"),
                stream(data(d("hello"), end(), c("SUM:4 " + HASH)), "expected 5 bytes"),
                stream(data(d("hello"), end(), c("SUM:5 0123")), "sixteen hexadecimal digits"),
                stream(
                        data(
                                d("hello"),
                                end(),
                                c("SUM:5 " + HASH.toUpperCase(java.util.Locale.ROOT))),
                        "sixteen hexadecimal digits"),
                stream(data(d("hello"), end(), c("CHUNKS:" + HASH)), "expected the hashes of 0"),
                stream(data(d("hello"), end(), c("TORN:x y")), "a number"),
                stream(data(d("hello"), end(), c("TORN:5 x"), c("TORN:5 x")), "expected SUM"),
                // Blocks
                stream(FILE + c("ACL") + end(), "expected a block's data"),
                stream(FILE + c("ACL") + c("XATTR"), "expected a block's data"),
                stream(FILE + c("ACL") + d("x") + c("XATTR"), "the F that ends a block"),
                stream(FILE + c("ACL") + d("x"), "expected the F that ends a block"),
                stream(FILE + c("ACLS") + d("x"), "expected FNAME, DELETED or the final F"),
                stream(FILE + c("ACL") + d("x") + end() + SUM, "expected FNAME, DELETED"),
                stream(FILE + SUM, "expected FNAME, DELETED or the final F"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("breaches")
    void breachIsNamed(String message, String stream) {
        assertThatThrownBy(() -> Decoding.stream(SampleEntry.bytes(stream), ""))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining(message)
                .hasMessageContaining("at byte ");
    }

    @Test
    void offsetIsThatOfTheFrame() {
        String before = FILE + c("DELETED:/gone");
        ProtocolException e =
                catchThrowableOfType(
                        ProtocolException.class,
                        () -> Decoding.stream(SampleEntry.bytes(before + "?00"), ""));
        assertThat(e.offset()).isEqualTo(before.length());
        e =
                catchThrowableOfType(
                        ProtocolException.class,
                        () -> Decoding.stream(SampleEntry.bytes(before + c("FNAME:/..")), ""));
        assertThat(e.offset()).isEqualTo(before.length());
    }

    @Test
    void blockBeyondItsLimitIsRefusedBeforeItIsKept() {
        String part = d("x".repeat(Frame.MAX_PAYLOAD_BYTES));
        StringBuilder stream = new StringBuilder(FILE).append(c("XATTR"));
        for (int i = 0; i < 17; i++) {
            stream.append(part);
        }
        assertThatThrownBy(() -> Decoding.stream(SampleEntry.bytes(stream.toString()), ""))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("at most 16777216 bytes of a block");
    }

    @Test
    void hostileTextInAnErrorIsOnePrintableLine() {
        assertThatThrownBy(
                        () ->
                                Decoding.stream(
                                        SampleEntry.bytes(c("\33[31m\n" + "é".repeat(99))), ""))
                .hasMessageMatching("[ -~…]*");
    }
}
