package io.sluice.ptcomm.codec;

import java.nio.ByteBuffer;

/**
 * Puts frames and the text of commands into a buffer, digits directly, allocating nothing. A
 * command's length is put into its header when it {@linkplain #end ends}.
 */
public final class FrameWriter {
    private static final byte[] HEX = {
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
    };

    private FrameWriter() {}

    /** The header of a frame with so many bytes of payload, which must follow. */
    public static void header(ByteBuffer out, byte letter, int length) {
        int at = out.position();
        out.position(at + Frame.HEADER_BYTES);
        putHeader(out, at, letter, length);
    }

    /** Begins a frame of unknown length; the answer goes to {@link #end}. */
    static int begin(ByteBuffer out) {
        int at = out.position();
        out.position(at + Frame.HEADER_BYTES);
        return at;
    }

    static void end(ByteBuffer out, byte letter, int begun) {
        int length = out.position() - begun - Frame.HEADER_BYTES;
        if (length > Frame.MAX_PAYLOAD_BYTES) {
            out.position(begun);
            throw new IllegalArgumentException("a frame cannot hold " + length + " bytes");
        }
        putHeader(out, begun, letter, length);
    }

    private static void putHeader(ByteBuffer out, int at, byte letter, int length) {
        if (length < 0 || length > Frame.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("a frame cannot hold " + length + " bytes");
        }
        out.put(at, letter);
        int rest = length;
        for (int i = at + 6; i > at; i--) {
            out.put(i, (byte) ('0' + rest % 10));
            rest /= 10;
        }
        out.put(at + 7, (byte) '\n');
    }

    /** Decimal, unsigned. */
    static void unsigned(ByteBuffer out, long value) {
        if (value < 0) {
            long tenth = Long.divideUnsigned(value, 10);
            unsigned(out, tenth);
            out.put((byte) ('0' + (value - tenth * 10)));
            return;
        }
        int digits = 1;
        for (long v = value; v >= 10; v /= 10) {
            digits++;
        }
        padded(out, value, digits);
    }

    /** Decimal, signed. */
    static void signed(ByteBuffer out, long value) {
        if (value < 0) {
            out.put((byte) '-');
        }
        // The magnitude of the most negative value is itself when read as unsigned.
        unsigned(out, value < 0 ? -value : value);
    }

    /** Decimal with leading zeros. */
    static void padded(ByteBuffer out, long value, int digits) {
        int at = out.position();
        out.position(at + digits);
        long rest = value;
        for (int i = at + digits - 1; i >= at; i--) {
            out.put(i, (byte) ('0' + rest % 10));
            rest /= 10;
        }
    }

    /** Octal, six digits. */
    static void mode(ByteBuffer out, int mode) {
        for (int shift = 15; shift >= 0; shift -= 3) {
            out.put((byte) ('0' + ((mode >> shift) & 7)));
        }
    }

    /** Sixteen lower-case hexadecimal digits. */
    static void hash(ByteBuffer out, long value) {
        for (int shift = 60; shift >= 0; shift -= 4) {
            out.put(HEX[(int) (value >>> shift) & 15]);
        }
    }
}
