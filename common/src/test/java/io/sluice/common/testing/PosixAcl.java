package io.sluice.common.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A POSIX ACL as the kernel's extended attributes hold it: a version, then eight bytes an entry,
 * little-endian (linux/posix_acl_xattr.h). Entries must be added in the order of the tags, named
 * ones by number.
 */
public final class PosixAcl {
    public static final String ACCESS = "system.posix_acl_access";
    public static final String DEFAULT = "system.posix_acl_default";

    private static final int VERSION = 2;
    private static final int NO_ID = -1;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    public PosixAcl() {
        put(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(VERSION));
    }

    public PosixAcl owner(int permissions) {
        return entry(0x01, permissions, NO_ID);
    }

    public PosixAcl user(int uid, int permissions) {
        return entry(0x02, permissions, uid);
    }

    public PosixAcl owningGroup(int permissions) {
        return entry(0x04, permissions, NO_ID);
    }

    public PosixAcl group(int gid, int permissions) {
        return entry(0x08, permissions, gid);
    }

    public PosixAcl mask(int permissions) {
        return entry(0x10, permissions, NO_ID);
    }

    public PosixAcl other(int permissions) {
        return entry(0x20, permissions, NO_ID);
    }

    private PosixAcl entry(int tag, int permissions, int id) {
        put(
                ByteBuffer.allocate(8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putShort((short) tag)
                        .putShort((short) permissions)
                        .putInt(id));
        return this;
    }

    private void put(ByteBuffer entry) {
        bytes.writeBytes(entry.array());
    }

    public byte[] toBytes() {
        return bytes.toByteArray();
    }
}
