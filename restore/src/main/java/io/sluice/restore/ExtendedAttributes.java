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
 * security labels that a kernel gives of itself. Memory: three ACLs. Not thread-safe.
 *
 * <p>The rest is removed first, so that old and new never have to fit at once; ACLs are replaced
 * after the mode is set, so that nobody gains a right for a moment.
 */
final class ExtendedAttributes {
    private static final byte[] ACCESS = "system.posix_acl_access".getBytes(US_ASCII);
    private static final byte[] DEFAULT = "system.posix_acl_default".getBytes(US_ASCII);
    private static final byte[] NFS4 = "system.nfs4_acl".getBytes(US_ASCII);
    private static final byte[][] ACLS = {ACCESS, DEFAULT, NFS4};
    private static final byte[] CAPABILITY = "security.capability".getBytes(US_ASCII);
    private static final byte[] SECURITY = "security.".getBytes(US_ASCII);

    /** The least that an owner must be allowed to set attributes of a directory. */
    private static final int OWNER_ALL = 0700;

    private final RestoreTally tally;
    private final XattrReader reader = new XattrReader();
    private final NativeBuffer value = new NativeBuffer(AttributeBlock.MAX_VALUE_BYTES);

    /** What the backup has of {@link #ACLS}, and which of these the entry has now. */
    private final byte[][] acls = new byte[ACLS.length][];

    private final boolean[] present = new boolean[ACLS.length];

    private int fd;
    private byte[] path;
    private boolean directory;
    private boolean owned;

    ExtendedAttributes(RestoreTally tally) {
        this.tally = tally;
    }

    /**
     * @param ownerSet whether the entry has its true owner
     */
    void begin(int descriptor, byte[] entryPath, boolean isDirectory, boolean ownerSet)
            throws EntryFailure {
        fd = descriptor;
        path = entryPath;
        directory = isDirectory;
        owned = ownerSet;
        Arrays.fill(acls, null);
        Arrays.fill(present, false);
        int listed = reader.listByPath(fd);
        if (listed < 0 && listed != -Errno.EOPNOTSUPP) {
            tally.attributeFailed(path, "listxattr", -listed);
        }
        while (reader.next()) {
            byte[] name = reader.name();
            int acl = acl(name);
            if (acl >= 0) {
                present[acl] = true;
            } else if (AttributeBlock.kind(name) != null && !isLabel(name)) {
                remove(name);
            }
        }
    }

    private static int acl(byte[] name) {
        for (int i = 0; i < ACLS.length; i++) {
            if (Arrays.equals(ACLS[i], name)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isLabel(byte[] name) {
        int length = SECURITY.length;
        return name.length > length
                && Arrays.equals(name, 0, length, SECURITY, 0, length)
                && !Arrays.equals(name, CAPABILITY);
    }

    void block(String kind, byte[] content) throws EntryFailure {
        AttributeBlock block = AttributeBlock.parse(kind, content);
        if (block == null) {
            // No kernel has such an attribute, and names of other kinds are not for a stream to
            // set.
            tally.attributeFailed(path, kind + " block", Errno.EINVAL);
            return;
        }
        int acl = acl(block.name());
        if (acl >= 0) {
            acls[acl] = block.value();
        } else if (owned || !Arrays.equals(block.name(), CAPABILITY)) {
            set(block.name(), block.value());
        }
    }

    /** Sets what has come of ACLs, and removes the others. The mode must be set. */
    void applyAcls() throws EntryFailure {
        for (int i = 0; i < ACLS.length; i++) {
            if (acls[i] != null) {
                set(ACLS[i], acls[i]);
            } else if (present[i] && ACLS[i] != NFS4) {
                remove(ACLS[i]);
            }
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

    /** A directory that was there may lack its owner's write permission; its mode comes last. */
    private boolean mayWrite() {
        return directory && Posix.chmodByPathOrErrno(fd, OWNER_ALL) == 0;
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
