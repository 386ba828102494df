package io.sluice.common.posix;

import java.nio.ByteBuffer;

/**
 * Goes through names that {@code getdents64(2)} gave and asks for the attributes of each relative
 * to the open directory, its name a pointer into the kernel's own records: no path is built and
 * nothing is allocated for an entry. "." and ".." are left out.
 *
 * <p>Several cursors, one for each thread, may go through pieces of what one {@link
 * DirectoryReader} holds, until that one reads on. Reusable; not thread-safe.
 */
public class NameCursor {
    /** struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name. */
    private static final int RECORD_LENGTH = 16;

    private static final int TYPE = 18;
    private static final int NAME = 19;

    private static final int DT_UNKNOWN = 0;

    private final NativeBuffer target = new NativeBuffer(Posix.PATH_MAX + 1);
    private final Statx stat;

    private NativeBuffer records;
    private ByteBuffer bytes;
    private int fd;
    private int end;
    private int record;
    private int following;
    private int nameLength;

    /** Tells this host's device numbers. */
    public NameCursor() {
        this(Devices.SAME);
    }

    /** Tells the device numbers of the host that began the round. */
    public NameCursor(Devices devices) {
        stat = new Statx(devices);
    }

    /** Begins with all records in the reader's hand. */
    public void start(DirectoryReader reader) {
        start(reader.fd(), reader.records(), 0, reader.length());
    }

    /** Begins with the records that lie from {@code from} up to {@code to} in the reader's hand. */
    public void start(DirectoryReader reader, int from, int to) {
        start(reader.fd(), reader.records(), from, to);
    }

    final void start(int directory, NativeBuffer buffer, int from, int to) {
        fd = directory;
        records = buffer;
        bytes = buffer.bytes();
        following = from;
        end = to;
    }

    /** Moves to the next name; false at the end. */
    public boolean next() {
        while (following < end) {
            record = following;
            following = record + recordLength(bytes, record);
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
        return false;
    }

    static int recordLength(ByteBuffer records, int record) {
        return records.getShort(record + RECORD_LENGTH) & 0xffff;
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
