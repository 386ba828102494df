package io.sluice.common.testing;

import io.sluice.common.posix.FileType;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What {@link TreeGenerator} made: one inode, with all its names. Its permissions are computed here
 * as the kernel does, from mode and ACL, for a user without further groups.
 */
public final class GeneratedFile {
    private static final int NO_ACL = -1;

    final FileType type;
    final long size;
    final int major;
    final int minor;
    final List<byte[]> paths = new ArrayList<>();
    final SortedSet<String> attributes = new TreeSet<>();
    int permissions;
    int uid;
    int gid;
    int namedUser = NO_ACL;
    int namedUserMay;
    int owningGroupMay;

    GeneratedFile(FileType type, long size, int major, int minor) {
        this.type = type;
        this.size = size;
        this.major = major;
        this.minor = minor;
    }

    public FileType type() {
        return type;
    }

    public long size() {
        return size;
    }

    /** Its names, the oldest first. */
    public List<byte[]> paths() {
        return paths;
    }

    /** Names of its extended attributes, ACLs among them. */
    public SortedSet<String> attributes() {
        return attributes;
    }

    /** The twelve bits. */
    public int permissions() {
        return permissions;
    }

    public int uid() {
        return uid;
    }

    public int gid() {
        return gid;
    }

    /** A device that only root makes: any but the character device 0:0. */
    public boolean needsRoot() {
        return type == FileType.BLOCK_DEVICE
                || (type == FileType.CHARACTER_DEVICE && (major != 0 || minor != 0));
    }

    /**
     * Whether an ordinary user may do all of {@code wanted}: 4 read, 2 write, 1 search (acl(5),
     * access check algorithm).
     */
    public boolean permits(int user, int group, int wanted) {
        return (may(user, group) & wanted) == wanted;
    }

    private int may(int user, int group) {
        if (user == uid) {
            return (permissions >> 6) & 7;
        }
        int groupBits = (permissions >> 3) & 7;
        if (namedUser == NO_ACL) {
            return group == gid ? groupBits : permissions & 7;
        }
        // The group bits are the mask.
        if (user == namedUser) {
            return namedUserMay & groupBits;
        }
        return group == gid ? owningGroupMay & groupBits : permissions & 7;
    }
}
