package io.sluice.lustre.changelog;

import io.sluice.lustre.Fid;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * Takes records apart ({@code struct changelog_rec} and its extensions, packed, little-endian).
 * Which extensions a record has depends on who wrote it and who asked: the device gives all that
 * the server stored, the library what its caller wanted. So a record's own flags alone decide.
 *
 * <p>Strict about lengths: nothing outside the given bytes is read, and a record that ends early or
 * late is refused. Tolerant of types and flags that are not known here; they are kept as numbers.
 */
public final class ChangelogDecoder {
    /** The part that every record has. */
    public static final int HEADER_BYTES = 64;

    /** {@code CR_MAXSIZE}: what the library reserves for a record, in bytes. */
    public static final int MAX_BYTES = 952;

    static final int EXTRA_UID_GID = 0x01;
    static final int EXTRA_NID = 0x02;
    static final int EXTRA_OPEN = 0x04;
    static final int EXTRA_XATTR = 0x08;

    /** Has no bytes of its own: says how the NID's are to be read. */
    static final int EXTRA_NID_BE = 0x10;

    static final long KNOWN_EXTRA_FLAGS =
            EXTRA_UID_GID | EXTRA_NID | EXTRA_OPEN | EXTRA_XATTR | EXTRA_NID_BE;

    private static final int FLAG_RENAME = 0x2000;
    private static final int FLAG_JOB_ID = 0x4000;
    private static final int FLAG_EXTRA_FLAGS = 0x8000;

    private static final int NAME_LENGTH = 0;
    private static final int FLAGS = 2;
    private static final int TYPE = 4;
    private static final int INDEX = 8;
    private static final int PREVIOUS = 16;
    private static final int TIME = 24;
    private static final int TARGET = 32;
    private static final int PARENT = 48;

    private static final int RENAME_BYTES = 2 * Fid.BYTES;
    private static final int JOB_ID_BYTES = 32;
    private static final int EXTRA_FLAGS_BYTES = 8;
    private static final int UID_GID_BYTES = 16;

    /** With four bytes that only the C compiler wanted. */
    private static final int NID_BYTES = 24;

    private static final int OPEN_BYTES = 4;
    private static final int XATTR_BYTES = 256;

    private static final int SECONDS_SHIFT = 30;
    private static final long NANOS = (1L << SECONDS_SHIFT) - 1;

    private final byte[] bytes;
    private final ByteBuffer fields;
    private final int from;
    private final int to;
    private final int flags;
    private int at;

    private ChangelogDecoder(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        this.from = from;
        this.to = to;
        fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        need(HEADER_BYTES, "the header is cut off");
        flags = Short.toUnsignedInt(fields.getShort(from + FLAGS));
        at = from + HEADER_BYTES;
    }

    /**
     * Decodes the one record that {@code bytes} are.
     *
     * @throws ChangelogException if they are none
     */
    public static ChangelogRecord decode(byte[] bytes) {
        return decode(bytes, 0, bytes.length);
    }

    /**
     * Decodes the one record that lies from {@code from} to before {@code to}. Bytes between the
     * extensions and the name are passed over if flags that are not known here may explain them.
     *
     * @throws ChangelogException if it is none, with an offset counted from {@code from}
     */
    public static ChangelogRecord decode(byte[] bytes, int from, int to) {
        Objects.checkFromToIndex(from, to, bytes.length);
        return new ChangelogDecoder(bytes, from, to).record();
    }

    /**
     * How long the record is whose first bytes lie from {@code from} to before {@code to}: for what
     * comes without a length, or as several records one behind the other.
     *
     * @throws ChangelogException if {@link #lengthKnownFrom} needs more bytes than there are, or if
     *     it would be longer than {@value #MAX_BYTES} bytes
     */
    public static int length(byte[] bytes, int from, int to) {
        Objects.checkFromToIndex(from, to, bytes.length);
        ChangelogDecoder record = new ChangelogDecoder(bytes, from, to);
        int known = lengthKnownFrom(record.flags);
        record.need(known, "the extensions are cut off");
        int length = known;
        if ((record.flags & FLAG_EXTRA_FLAGS) != 0) {
            length += extraBytes(record.fields.getLong(from + known - EXTRA_FLAGS_BYTES));
        }
        length += record.nameLength();
        if (length > MAX_BYTES) {
            throw record.wrong(from + NAME_LENGTH, "it would have " + length + " bytes");
        }
        return length;
    }

    /**
     * How many bytes of a record with these {@code cr_flags} must be seen before its length is
     * known.
     */
    public static int lengthKnownFrom(int flags) {
        return HEADER_BYTES
                + ((flags & FLAG_RENAME) != 0 ? RENAME_BYTES : 0)
                + ((flags & FLAG_JOB_ID) != 0 ? JOB_ID_BYTES : 0)
                + ((flags & FLAG_EXTRA_FLAGS) != 0 ? EXTRA_FLAGS_BYTES : 0);
    }

    private static int extraBytes(long extraFlags) {
        return ((extraFlags & EXTRA_UID_GID) != 0 ? UID_GID_BYTES : 0)
                + ((extraFlags & EXTRA_NID) != 0 ? NID_BYTES : 0)
                + ((extraFlags & EXTRA_OPEN) != 0 ? OPEN_BYTES : 0)
                + ((extraFlags & EXTRA_XATTR) != 0 ? XATTR_BYTES : 0);
    }

    private ChangelogRecord record() {
        Fid source = null;
        Fid sourceParent = null;
        if ((flags & FLAG_RENAME) != 0) {
            int area = take(RENAME_BYTES, "source FIDs");
            source = Fid.littleEndian(bytes, area);
            sourceParent = Fid.littleEndian(bytes, area + Fid.BYTES);
        }
        byte[] jobId =
                (flags & FLAG_JOB_ID) != 0
                        ? text(take(JOB_ID_BYTES, "job id"), JOB_ID_BYTES)
                        : null;
        Long extraFlags =
                (flags & FLAG_EXTRA_FLAGS) != 0
                        ? fields.getLong(take(EXTRA_FLAGS_BYTES, "extra flags"))
                        : null;
        long extra = extraFlags == null ? 0 : extraFlags;
        Long uid = null;
        Long gid = null;
        if ((extra & EXTRA_UID_GID) != 0) {
            int area = take(UID_GID_BYTES, "owner");
            uid = fields.getLong(area);
            gid = fields.getLong(area + Long.BYTES);
        }
        byte[] nid = null;
        if ((extra & EXTRA_NID) != 0) {
            int area = take(NID_BYTES, "NID");
            nid = Arrays.copyOfRange(bytes, area, area + NID_BYTES);
        }
        Integer openFlags =
                (extra & EXTRA_OPEN) != 0 ? fields.getInt(take(OPEN_BYTES, "open flags")) : null;
        byte[] xattrName =
                (extra & EXTRA_XATTR) != 0
                        ? text(take(XATTR_BYTES, "attribute name"), XATTR_BYTES)
                        : null;
        int nameAt = nameAt((extra & ~KNOWN_EXTRA_FLAGS) != 0);
        int split = split(nameAt);
        long time = fields.getLong(from + TIME);
        return new ChangelogRecord(
                fields.getLong(from + INDEX),
                fields.getLong(from + PREVIOUS),
                fields.getInt(from + TYPE),
                flags,
                extraFlags,
                time >>> SECONDS_SHIFT,
                (int) (time & NANOS),
                Fid.littleEndian(bytes, from + TARGET),
                Fid.littleEndian(bytes, from + PARENT),
                source,
                sourceParent,
                jobId,
                uid,
                gid,
                nid,
                openFlags,
                xattrName,
                Arrays.copyOfRange(bytes, nameAt, split),
                split < to ? Arrays.copyOfRange(bytes, split + 1, to) : null);
    }

    private int nameLength() {
        return Short.toUnsignedInt(fields.getShort(from + NAME_LENGTH));
    }

    /** The record ends with its name, whatever may stand before it. */
    private int nameAt(boolean unknownExtensions) {
        int length = nameLength();
        int left = to - at;
        if (length > left) {
            throw wrong(at, "a name of " + length + " bytes where " + left + " are left");
        }
        if (length < left && !unknownExtensions) {
            throw wrong(at + length, (left - length) + " bytes behind the name");
        }
        return to - length;
    }

    /** Where the first name ends: at the NUL before a rename's old name, or at the record's end. */
    private int split(int nameAt) {
        int split = to;
        for (int i = nameAt; i < to; i++) {
            if (bytes[i] == 0) {
                if (split < to || (flags & FLAG_RENAME) == 0) {
                    throw wrong(i, "a NUL in a name");
                }
                split = i;
            }
        }
        return split;
    }

    /** What stands before the NUL; behind it the server leaves what was there before. */
    private byte[] text(int start, int length) {
        int end = start;
        while (end < start + length && bytes[end] != 0) {
            end++;
        }
        return Arrays.copyOfRange(bytes, start, end);
    }

    private int take(int length, String what) {
        if (to - at < length) {
            throw wrong(at, "the " + what + " is cut off");
        }
        int start = at;
        at += length;
        return start;
    }

    private void need(int length, String otherwise) {
        if (to - from < length) {
            throw new ChangelogException(to - from, otherwise);
        }
    }

    private ChangelogException wrong(int position, String reason) {
        return new ChangelogException(position - from, reason);
    }
}
