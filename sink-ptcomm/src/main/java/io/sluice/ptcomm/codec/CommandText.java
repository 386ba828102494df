package io.sluice.ptcomm.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.stream.Stream;

/** Takes the text of one command apart, strictly, without making strings of it. */
final class CommandText {
    private static final int MAX_QUOTED = 40;

    private static final String[] BLOCK_KINDS = EntryEncoder.BLOCK_KINDS.toArray(String[]::new);
    private static final byte[][] BLOCKS =
            Stream.of(BLOCK_KINDS).map(k -> k.getBytes(US_ASCII)).toArray(byte[][]::new);

    private final FrameReader frames;
    private ByteBuffer bytes;
    private int at;
    private int end;

    CommandText(FrameReader frames) {
        this.frames = frames;
    }

    /** Begins with the reader's current frame. */
    void start() {
        bytes = frames.payload();
        at = bytes.position();
        end = bytes.limit();
    }

    /** Whether the command begins so; if it does, moves behind that. */
    boolean startsWith(byte[] name) {
        if (end - at < name.length) {
            return false;
        }
        for (int i = 0; i < name.length; i++) {
            if (bytes.get(at + i) != name[i]) {
                return false;
            }
        }
        at += name.length;
        return true;
    }

    /** Whether the whole command is this. */
    boolean is(byte[] name) {
        return end - at == name.length && startsWith(name);
    }

    /** The kind of block that the whole command names, or null. */
    String blockKind() {
        for (int i = 0; i < BLOCKS.length; i++) {
            if (is(BLOCKS[i])) {
                return BLOCK_KINDS[i];
            }
        }
        return null;
    }

    byte[] rest() {
        byte[] rest = new byte[end - at];
        bytes.get(at, rest);
        at = end;
        return rest;
    }

    void expectEnd() throws ProtocolException {
        if (at != end) {
            throw problem("expected the end of the command");
        }
    }

    void expect(char c) throws ProtocolException {
        if (at == end || bytes.get(at) != c) {
            throw problem(c == ' ' ? "expected a blank" : "expected '" + c + "'");
        }
        at++;
    }

    byte letter() throws ProtocolException {
        if (at == end) {
            throw problem("expected a letter");
        }
        return bytes.get(at++);
    }

    /** Whether the next byte is this; if so, moves behind it. */
    boolean skip(char c) {
        if (at < end && bytes.get(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    /** A decimal number from 0 to 2^63 - 1, without leading zeros. */
    long number() throws ProtocolException {
        long value = unsigned();
        if (value < 0) {
            throw problem("expected a number below 2^63");
        }
        return value;
    }

    /** A decimal number from 0 to 2^32 - 1. */
    int number32() throws ProtocolException {
        long value = unsigned();
        if (value >>> 32 != 0) {
            throw problem("expected a number below 2^32");
        }
        return (int) value;
    }

    /** A decimal number from 0 to 2^64 - 1. */
    long unsigned() throws ProtocolException {
        int first = at;
        long value = 0;
        while (at < end && isDigit(bytes.get(at))) {
            int digit = bytes.get(at) - '0';
            // The largest value is 18446744073709551615.
            int order = Long.compareUnsigned(value, 1844674407370955161L);
            if (order > 0 || (order == 0 && digit > 5)) {
                throw problem("expected a number below 2^64");
            }
            value = 10 * value + digit;
            at++;
        }
        if (at == first || (at - first > 1 && bytes.get(first) == '0')) {
            throw problem("expected a number");
        }
        return value;
    }

    /** A decimal number from -2^63 to 2^63 - 1. */
    long signed() throws ProtocolException {
        boolean negative = skip('-');
        long magnitude = unsigned();
        if (negative
                ? magnitude == 0 || Long.compareUnsigned(magnitude, Long.MIN_VALUE) > 0
                : magnitude < 0) {
            throw problem("expected a number of 64 bits with its sign");
        }
        return negative ? -magnitude : magnitude;
    }

    /** Exactly nine digits. */
    int nanos() throws ProtocolException {
        int value = 0;
        for (int i = 0; i < 9; i++) {
            if (at == end || !isDigit(bytes.get(at))) {
                throw problem("expected nine digits after the dot");
            }
            value = 10 * value + (bytes.get(at++) - '0');
        }
        return value;
    }

    /** Six octal digits, not above 0177777. */
    int mode() throws ProtocolException {
        int value = 0;
        for (int i = 0; i < 6; i++) {
            int digit = at == end ? -1 : bytes.get(at) - '0';
            if (digit < 0 || digit > 7) {
                throw problem("expected a mode of six octal digits");
            }
            value = 8 * value + digit;
            at++;
        }
        if (value > 0177777) {
            throw problem("expected a mode of sixteen bits");
        }
        return value;
    }

    /** Sixteen lower-case hexadecimal digits. */
    long hash() throws ProtocolException {
        long value = 0;
        for (int i = 0; i < 16; i++) {
            int c = at == end ? -1 : bytes.get(at);
            int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
            if (digit < 0) {
                throw problem("expected a hash of sixteen hexadecimal digits");
            }
            value = value << 4 | digit;
            at++;
        }
        return value;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    /** The error, with the beginning of the command. */
    ProtocolException problem(String problem) {
        return new ProtocolException(frames.offset(), problem + " in " + quoted());
    }

    /** The beginning of the command as printable ASCII in quotes. */
    String quoted() {
        int from = frames.payload().position();
        int length = Math.min(frames.payload().limit() - from, MAX_QUOTED);
        StringBuilder text = new StringBuilder("'");
        for (int i = from; i < from + length; i++) {
            byte b = frames.payload().get(i);
            text.append(b >= ' ' && b <= '~' ? (char) b : '?');
        }
        return text.append(length < frames.payload().remaining() ? "…'" : "'").toString();
    }
}
