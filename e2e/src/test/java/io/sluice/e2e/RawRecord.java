package io.sluice.e2e;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A changelog record as a device gives it, for tests of the fake itself: so it is read here once
 * more, not by what is tested with the fake. Little-endian; the layout is that of {@code struct
 * changelog_rec} in Lustre's header lustre_user.h.
 */
record RawRecord(
        int mdt,
        int type,
        int flags,
        long index,
        long time,
        String target,
        String parent,
        String source,
        String sourceParent,
        boolean hasJob,
        boolean hasClient,
        String xattr,
        String name) {

    static final int CREAT = 1;
    static final int MKDIR = 2;
    static final int HLINK = 3;
    static final int SLINK = 4;
    static final int MKNOD = 5;
    static final int UNLNK = 6;
    static final int RMDIR = 7;
    static final int RENME = 8;
    static final int OPEN = 10;
    static final int CLOSE = 11;
    static final int LYOUT = 12;
    static final int TRUNC = 13;
    static final int SATTR = 14;
    static final int XATTR = 15;
    static final int HSM = 16;
    static final int MTIME = 17;
    static final int CTIME = 18;
    static final int ATIME = 19;
    static final int MIGRT = 20;
    static final int GXATR = 23;
    static final int NOPEN = 24;

    /** Those whose parent is no leftover. */
    private static final Set<Integer> OF_NAMES =
            Set.of(CREAT, MKDIR, HLINK, SLINK, MKNOD, UNLNK, RMDIR, RENME, MIGRT);

    private static final Set<Integer> OF_AUDITS = Set.of(OPEN, ATIME, GXATR, NOPEN);

    private static final int HEADER = 64;
    private static final int RENAME_FLAG = 0x2000;
    private static final int JOBID_FLAG = 0x4000;
    private static final int LOW_FLAGS = 0xfff;
    private static final int OPEN_FLAG = 4;
    private static final int XATTR_FLAG = 8;
    private static final int XATTR_AREA = 256;

    private static final int WRITE = 2;
    private static final int CREATE = 0x40;

    static RawRecord of(int mdt, byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int nameLength = in.getShort() & 0xffff;
        int flags = in.getShort() & 0xffff;
        int type = in.getInt();
        long index = in.getLong();
        in.getLong();
        long time = in.getLong();
        String target = fid(in);
        String parent = fid(in);
        boolean renames = (flags & RENAME_FLAG) != 0;
        String source = renames ? fid(in) : null;
        String sourceParent = renames ? fid(in) : null;
        boolean hasJob = (flags & JOBID_FLAG) != 0;
        in.position(HEADER + (renames ? 32 : 0) + (hasJob ? 32 : 0));
        long extra = in.getLong();
        in.getLong();
        in.getLong();
        boolean hasClient = in.getLong() != 0;
        in.position(in.position() + 16 + ((extra & OPEN_FLAG) == 0 ? 0 : Integer.BYTES));
        String xattr = null;
        if ((extra & XATTR_FLAG) != 0) {
            byte[] area = new byte[XATTR_AREA];
            in.get(area);
            xattr = new String(area, StandardCharsets.ISO_8859_1).split("\0", -1)[0];
        }
        byte[] name = Arrays.copyOfRange(bytes, in.position(), bytes.length);
        if (name.length != nameLength) {
            throw new IllegalArgumentException(name.length + " bytes of name, not " + nameLength);
        }
        return new RawRecord(
                mdt,
                type,
                flags & LOW_FLAGS,
                index,
                time,
                target,
                parent,
                source,
                sourceParent,
                hasJob,
                hasClient,
                xattr,
                new String(name, StandardCharsets.ISO_8859_1).replace('\0', '/'));
    }

    private static String fid(ByteBuffer in) {
        return String.format("[0x%x:0x%x:0x%x]", in.getLong(), in.getInt(), in.getInt());
    }

    /** The seconds and nanoseconds of its time. */
    long nanos() {
        return (time >>> 30) * 1_000_000_000L + (time & 0x3fffffff);
    }

    /** Not one that only an audit asks for. */
    boolean isOfDefaultMask() {
        return !OF_AUDITS.contains(type) && (type != CLOSE || (flags & WRITE) != 0);
    }

    /** Type and flags, such as {@code 11/242}. */
    String kind() {
        return String.format("%02d/%x", type, flags);
    }

    /**
     * Each record as a line that is the same for another run of the same operations: FIDs by the
     * order in which they appear. The flag that says that a file might have been created is left
     * out: the kernel does not say so to FUSE where the file was there before.
     */
    static List<String> story(List<RawRecord> records, boolean withMdt) {
        Map<String, String> names = new HashMap<>();
        names.put("[0x0:0x0:0x0]", "-");
        names.put("[0x200000007:0x1:0x0]", "root");
        Function<String, String> named =
                fid -> names.computeIfAbsent(fid, any -> "f" + (names.size() - 1));
        return records.stream()
                .map(
                        one -> {
                            StringBuilder line = new StringBuilder();
                            if (withMdt) {
                                line.append("mdt").append(one.mdt).append(' ');
                            }
                            line.append(one.type == CLOSE ? one.withoutCreate() : one.kind());
                            line.append(" t=").append(named.apply(one.target));
                            if (OF_NAMES.contains(one.type)) {
                                line.append(" p=").append(named.apply(one.parent));
                            }
                            if (one.source != null) {
                                line.append(" s=").append(named.apply(one.source));
                                line.append(" sp=").append(named.apply(one.sourceParent));
                            }
                            line.append(one.hasJob ? " job" : "");
                            line.append(one.hasClient ? " client" : "");
                            line.append(one.xattr == null ? "" : " x=" + one.xattr);
                            return line.append(' ').append(one.name).toString();
                        })
                .toList();
    }

    private String withoutCreate() {
        return String.format("%02d/%x", type, flags & ~CREATE);
    }
}
