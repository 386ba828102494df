package io.sluice.restore;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sluice.common.posix.Errno;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.XattrReader;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.codec.AttributeBlock;
import java.util.Arrays;

/**
 * Gives an open entry exactly the extended attributes and ACLs of the backup: what it has besides,
 * because it was there before or because its directory has a default ACL, is removed, but for the
 * security labels that a kernel gives of itself. Memory: one NFSv4 ACL. Not thread-safe.
 *
 * <p>The rest is removed first, so that old and new never have to fit at once, and all is set in
 * the order in which it was listed: ext4 lists what lies in the inode before what lies in its one
 * block beside, and in another order the same attributes may not fit. So POSIX ACLs come before the
 * mode, which must be set afterwards; where the two disagree, because one was read before and one
 * after a change, the mode wins.
 */
final class ExtendedAttributes {
    private static final byte[] POSIX_ACL = "system.posix_acl_".getBytes(US_ASCII);
    private static final byte[] NFS4_ACL = "system.nfs4_acl".getBytes(US_ASCII);
    private static final byte[] CAPABILITY = "security.capability".getBytes(US_ASCII);

    /** Begins of names that a kernel gives to each file of itself, where it is told to. */
    private static final byte[][] LABELS = {
        "security.selinux".getBytes(US_ASCII),
        "security.SMACK64".getBytes(US_ASCII),
        "security.apparmor".getBytes(US_ASCII),
        "security.ima".getBytes(US_ASCII),
        "security.evm".getBytes(US_ASCII)
    };

    /** Lets the owner set attributes, and nobody else in. */
    private static final int OWNER_ALL = 0700;

    private final RestoreTally tally;
    private final XattrReader reader = new XattrReader();
    private final NativeBuffer value = new NativeBuffer(AttributeBlock.MAX_VALUE_BYTES);

    private byte[] nfs4Acl;
    private int fd;
    private byte[] path;
    private boolean symlink;
    private boolean owned;

    ExtendedAttributes(RestoreTally tally) {
        this.tally = tally;
    }

    /**
     * Removes what the entry has.
     *
     * @param ownerSet whether the entry has its true owner
     */
    void begin(int descriptor, byte[] entryPath, boolean isSymlink, boolean ownerSet)
            throws EntryFailure {
        fd = descriptor;
        path = entryPath;
        symlink = isSymlink;
        owned = ownerSet;
        nfs4Acl = null;
        int listed = reader.listByPath(fd);
        if (listed < 0 && listed != -Errno.EOPNOTSUPP) {
            tally.attributeFailed(path, "listxattr", -listed);
        }
        while (reader.next()) {
            byte[] name = reader.name();
            if (startsWith(name, POSIX_ACL)) {
                // Without the ACL its mask, the group bits of the mode, would be the group's.
                mayWrite();
                remove(name);
            } else if (AttributeBlock.XATTR.equals(AttributeBlock.kind(name)) && !isLabel(name)) {
                remove(name);
            }
        }
    }

    private static boolean isLabel(byte[] name) {
        for (byte[] label : LABELS) {
            if (startsWith(name, label)) {
                return true;
            }
        }
        return false;
    }

    private static boolean startsWith(byte[] name, byte[] begin) {
        return name.length >= begin.length
                && Arrays.equals(name, 0, begin.length, begin, 0, begin.length);
    }

    void block(String kind, byte[] content) throws EntryFailure {
        AttributeBlock block = AttributeBlock.parse(kind, content);
        if (block == null) {
            // No kernel has such an attribute, and other names are not for a stream to set.
            tally.attributeFailed(path, kind + " block", Errno.EINVAL);
        } else if (Arrays.equals(block.name(), NFS4_ACL)) {
            nfs4Acl = block.value();
        } else if (owned || !Arrays.equals(block.name(), CAPABILITY)) {
            set(block.name(), block.value());
        }
    }

    /** Sets what a change of the mode would spoil. */
    void afterMode() throws EntryFailure {
        if (nfs4Acl != null) {
            set(NFS4_ACL, nfs4Acl);
        }
    }

    private void set(byte[] name, byte[] bytes) throws EntryFailure {
        value.bytes().put(0, bytes);
        int result = Posix.setXattrByPathOrErrno(fd, name, value, bytes.length);
        if (result == -Errno.EACCES && mayWrite()) {
            result = Posix.setXattrByPathOrErrno(fd, name, value, bytes.length);
        }
        report("setxattr ", name, result);
    }

    private void remove(byte[] name) throws EntryFailure {
        int result = Posix.removeXattrByPathOrErrno(fd, name);
        if (result == -Errno.EACCES && mayWrite()) {
            result = Posix.removeXattrByPathOrErrno(fd, name);
        }
        if (result != -Errno.ENODATA) {
            report("removexattr ", name, result);
        }
    }

    /** What was there, or an ACL just set, may lack the owner's permission; the mode comes last. */
    private boolean mayWrite() {
        return !symlink && Posix.chmodByPathOrErrno(fd, OWNER_ALL) == 0;
    }

    /**
     * A full disk is no matter here: ENOSPC also means more than the filesystem keeps of a file.
     */
    private void report(String operation, byte[] name, int result) throws EntryFailure {
        if (result == -Errno.EROFS) {
            throw new EntryFailure(operation + Text.escape(name), -result, "");
        }
        if (result < 0) {
            tally.attributeFailed(path, operation + Text.escape(name), -result);
        }
    }
}
