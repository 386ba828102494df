package io.sluice.common.posix;

import com.sun.jna.Native;
import java.nio.ByteBuffer;

/**
 * Reads a directory's names in the order of {@code getdents64(2)} and asks for the attributes of
 * each relative to the open directory, its name a pointer into the kernel's own records: no path is
 * built and nothing is allocated for an entry.
 *
 * <p>Use: {@link #start}, then {@link #next} until it answers false; {@link #errno} tells an end
 * from a failure. "." and ".." are left out. Reusable; not thread-safe: one for each thread.
 */
public final class DirectoryReader {
    /**
     * Large enough that a thousand names of ordinary length cost one call; each reader owns one
     * such buffer.
     */
    private static final int RECORDS_BYTES = 128 * 1024;

    /** struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name. */
    private static final int RECORD_LENGTH = 16;

    private static final int TYPE = 18;
    private static final int NAME = 19;

    private static final int DT_UNKNOWN = 0;

    private final NativeBuffer records = new NativeBuffer(RECORDS_BYTES);
    private final ByteBuffer bytes = records.bytes();
    private final NativeBuffer target = new NativeBuffer(Posix.PATH_MAX + 1);
    private final Statx stat = new Statx();

    private int fd;
    private int end;
    private int record;
    private int following;
    private int nameLength;
    private int errno;

    /**
     * Begins with the directory open (for reading) as {@code fd}, which stays the caller's to
     * close.
     */
    public void start(int directoryFd) {
        fd = directoryFd;
        end = 0;
        following = 0;
        errno = 0;
    }

    /** Moves to the next name; false at the end and on failure. */
    public boolean next() {
        while (true) {
            if (following >= end) {
                long n;
                do {
                    n = LibC.getdents64(fd, records.address(), RECORDS_BYTES);
                    n = n < 0 ? -Native.getLastError() : n;
                } while (n == -Errno.EINTR);
                if (n <= 0) {
                    errno = (int) -n;
                    return false;
                }
                end = (int) n;
                following = 0;
            }
            record = following;
            following = record + (bytes.getShort(record + RECORD_LENGTH) & 0xffff);
            int length = 0;
            int name = record + NAME;
            while (bytes.get(name + length) != 0) {
                length++;
            }
            nameLength = length;
            boolean dot =
                    bytes.get(name) == '.'
                            && (length == 1 || (length == 2 && bytes.get(name + 1) == '.'));
            if (!dot) {
                return true;
            }
        }
    }

    /** What ended the last {@link #next}: 0 for the end of the directory. */
    public int errno() {
        return errno;
    }

    /** Bytes of the current name, at most 255 on ordinary filesystems. */
    public int nameLength() {
        return nameLength;
    }

    public void copyName(byte[] into, int at) {
        bytes.get(record + NAME, into, at, nameLength);
    }

    public byte[] name() {
        byte[] name = new byte[nameLength];
        copyName(name, 0);
        return name;
    }

    /** The inode that the directory itself names; a mount point's is the one below the mount. */
    public long listedInode() {
        return bytes.getLong(record);
    }

    /**
     * The current name's type where the directory itself tells it, which not every filesystem does;
     * else null.
     */
    public FileType listedType() {
        int type = bytes.get(record + TYPE);
        // DT_REG and the others are the bits of st_mode (dirent.h, DTTOIF).
        return type == DT_UNKNOWN ? null : FileType.ofMode(type << 12);
    }

    /**
     * Asks for the current name's attributes, following no link: 0, with {@link #stat} filled, or
     * {@code -errno}.
     */
    public int look() {
        return stat.fill(fd, records.address() + record + NAME, Posix.AT_SYMLINK_NOFOLLOW);
    }

    /** The answer to the last {@link #look}. */
    public Statx stat() {
        return stat;
    }

    /** The target of the current name, a symbolic link. */
    public byte[] readlink() throws PosixException {
        return Posix.readlink(fd, records.address() + record + NAME, target, name());
    }
}
