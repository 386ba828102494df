package io.sluice.lustre;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file identifier: what a Lustre filesystem calls an object for as long as it lives ({@code
 * struct lu_fid}). A name may lead to another FID tomorrow; a FID never comes back.
 *
 * @param sequence unsigned, which server range it is from
 * @param objectId unsigned, within the sequence
 * @param version always 0 so far
 */
public record Fid(long sequence, int objectId, int version) {
    public static final int BYTES = 16;

    /** What a record has where there is no object. */
    public static final Fid ZERO = new Fid(0, 0, 0);

    private static final int OBJECT_ID = 8;
    private static final int VERSION = 12;

    /** Of {@code lfs} and of the names below {@code .lustre/fid}; {@code lfs} prints 0 bare. */
    private static final Pattern TEXT =
            Pattern.compile(
                    "\\[?(?:0x)?([0-9a-fA-F]{1,16}):(?:0x)?([0-9a-fA-F]{1,8}):(?:0x)?([0-9a-fA-F]{1,8})]?");

    public boolean isZero() {
        return equals(ZERO);
    }

    /**
     * Reads one in the little-endian order of changelogs, layouts and HSM requests.
     *
     * @throws IndexOutOfBoundsException if there are no 16 bytes at {@code at}
     */
    public static Fid littleEndian(byte[] bytes, int at) {
        return read(bytes, at, ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads one in the big-endian order of link EAs.
     *
     * @throws IndexOutOfBoundsException if there are no 16 bytes at {@code at}
     */
    public static Fid bigEndian(byte[] bytes, int at) {
        return read(bytes, at, ByteOrder.BIG_ENDIAN);
    }

    private static Fid read(byte[] bytes, int at, ByteOrder order) {
        ByteBuffer from = ByteBuffer.wrap(bytes).order(order);
        return new Fid(from.getLong(at), from.getInt(at + OBJECT_ID), from.getInt(at + VERSION));
    }

    /** Puts its 16 bytes at the buffer's position, in the buffer's order. */
    public void write(ByteBuffer into) {
        into.putLong(sequence).putInt(objectId).putInt(version);
    }

    /**
     * Reads the text form, with or without brackets and {@code 0x}; the digits are hexadecimal.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static Fid parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches() || text.startsWith("[") != text.endsWith("]")) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no FID; one looks like [0x200000402:0x1:0x0]");
        }
        return new Fid(
                Long.parseUnsignedLong(parts.group(1), 16),
                Integer.parseUnsignedInt(parts.group(2), 16),
                Integer.parseUnsignedInt(parts.group(3), 16));
    }

    /** {@code [0x200000402:0x1:0x0]}, which is also the object's name below {@code .lustre/fid}. */
    @Override
    public String toString() {
        return "[0x"
                + Long.toHexString(sequence)
                + ":0x"
                + Integer.toHexString(objectId)
                + ":0x"
                + Integer.toHexString(version)
                + "]";
    }
}
