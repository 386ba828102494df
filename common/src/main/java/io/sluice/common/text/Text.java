package io.sluice.common.text;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Names as text, for messages and reports, without loss: printable UTF-8 stands for itself, a
 * backslash is doubled, and every other byte (control characters, invalid UTF-8) becomes {@code
 * \xNN}. So no name can break a line, colour a terminal or pretend to be another, and {@link
 * #unescape} gives the bytes back.
 */
public final class Text {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private Text() {}

    public static String escape(byte[] name) {
        StringBuilder text = new StringBuilder(name.length + 8);
        CharsetDecoder decoder =
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(name);
        CharBuffer out = CharBuffer.allocate(name.length + 1);
        while (true) {
            int before = in.position();
            CoderResult result = decoder.decode(in, out, true);
            out.flip();
            appendPrintable(text, out);
            out.clear();
            if (!result.isError()) {
                break;
            }
            int bad = Math.max(1, result.length());
            for (int i = 0; i < bad; i++) {
                appendByte(text, in.get());
            }
            decoder.reset();
            if (in.position() == before) {
                throw new IllegalStateException("no progress at byte " + before);
            }
        }
        return text.toString();
    }

    /** The escaped name in single quotes. */
    public static String quote(byte[] name) {
        return "'" + escape(name) + "'";
    }

    private static void appendPrintable(StringBuilder text, CharBuffer characters) {
        int i = 0;
        while (i < characters.length()) {
            int point = Character.codePointAt(characters, i);
            i += Character.charCount(point);
            int type = Character.getType(point);
            boolean hidden =
                    type == Character.CONTROL
                            || type == Character.FORMAT
                            || type == Character.LINE_SEPARATOR
                            || type == Character.PARAGRAPH_SEPARATOR
                            || type == Character.PRIVATE_USE
                            || type == Character.UNASSIGNED;
            if (point == '\\') {
                text.append("\\\\");
            } else if (hidden) {
                for (byte b : Character.toString(point).getBytes(StandardCharsets.UTF_8)) {
                    appendByte(text, b);
                }
            } else {
                text.appendCodePoint(point);
            }
        }
    }

    private static void appendByte(StringBuilder text, byte b) {
        text.append("\\x").append(HEX[(b >> 4) & 15]).append(HEX[b & 15]);
    }

    /**
     * The bytes that {@link #escape} was given.
     *
     * @throws IllegalArgumentException at a backslash that is followed by neither a backslash nor
     *     {@code xNN}, and at half a surrogate pair, which has no bytes
     */
    public static byte[] unescape(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        int i = 0;
        while (i < text.length()) {
            int point = text.codePointAt(i);
            if (Character.getType(point) == Character.SURROGATE) {
                throw new IllegalArgumentException(
                        "half a character, at character " + i + ": " + text);
            }
            if (point != '\\') {
                i += Character.charCount(point);
                bytes.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
            } else if (text.startsWith("\\\\", i)) {
                bytes.write('\\');
                i += 2;
            } else if (text.startsWith("\\x", i) && hexByte(text, i + 2) >= 0) {
                bytes.write(hexByte(text, i + 2));
                i += 4;
            } else {
                throw new IllegalArgumentException(
                        "not an escaped name, at character " + i + ": " + text);
            }
        }
        return bytes.toByteArray();
    }

    /** The two digits at {@code at} as a byte, or -1. */
    private static int hexByte(String text, int at) {
        if (at + 2 > text.length()) {
            return -1;
        }
        int value = 0;
        for (int i = at; i < at + 2; i++) {
            char c = text.charAt(i);
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value * 16 + digit;
        }
        return value;
    }
}
