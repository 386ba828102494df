package io.sluice.restore;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Compares entry after entry with the live tree: attributes at once, content byte by byte as it
 * comes, holes against zeros, extended attributes one by one. The live tree is only read, its
 * access times left alone where the kernel allows. One thread.
 */
final class LiveEntry implements Closeable {
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int READ = Posix.O_RDONLY | Posix.O_NONBLOCK | Posix.O_NOCTTY;

    private final TargetTree tree;
    private final Target root;
    private final SpillSorter names;
    private final LinkChecks links;
    private final VerifyTally tally;
    private final NativeBuffer buffer = new NativeBuffer(CHUNK_BYTES);
    private final Statx statx = new Statx();
    private final LiveAttributes attributes;

    private byte[] path;
    private int content = -1;
    private long size;
    private long position;
    private boolean sawData;
    private boolean differs;

    /**
     * @param names takes each entry's path, or null when nobody wants them
     * @param links takes links that are another file than the name with their data, or null when
     *     that is a difference
     * @param atOnce number of such objects at a time
     */
    LiveEntry(Target root, SpillSorter names, LinkChecks links, VerifyTally tally, int atOnce) {
        this.root = root;
        this.links = links;
        this.tree = new TargetTree(root, false, TargetTree.Making.NONE, atOnce);
        this.names = names;
        this.tally = tally;
        this.attributes = new LiveAttributes(tally);
    }

    void begin(StreamEntry entry) throws IOException {
        if (names != null) {
            names.add(entry.path());
        }
        begin(entry, true);
    }

    /** Begins an entry whose type, owner, mode and times were compared before. */
    void beginContent(StreamEntry entry) throws IOException {
        begin(entry, false);
    }

    private void begin(StreamEntry entry, boolean all) throws IOException {
        path = entry.path();
        attributes.none();
        byte[] name = DirectoryPath.name(path);
        int parent = path.length == 0 ? root.descriptor() : parent(path);
        if (parent < 0) {
            absent(parent);
            return;
        }
        int result =
                path.length == 0
                        ? Posix.statOrErrno(parent, statx)
                        : Posix.statOrErrno(parent, name, statx);
        if (result < 0) {
            absent(result);
            return;
        }
        Stat live = Stat.of(statx);
        if (all) {
            compare(entry, live, parent, name);
        }
        boolean same = live.type() == entry.stat().type();
        if (same && entry.isLink()) {
            compareLink(entry, live);
        } else if (same) {
            attributes.begin(path, parent, name);
            if (live.type() == FileType.REGULAR
                    && live.size() == entry.stat().size()
                    && live.size() > 0) {
                openContent(parent, name, live.size());
            }
        }
    }

    private int parent(byte[] of) {
        return tree.existingOrErrno(DirectoryPath.parent(of));
    }

    private void absent(int result) {
        boolean missing =
                result == -Errno.ENOENT || result == -Errno.ENOTDIR || result == -Errno.ELOOP;
        if (missing) {
            tally.difference(path, Difference.Kind.MISSING, "there", "missing");
        } else {
            unreadable(-result);
        }
    }

    private void unreadable(int errno) {
        tally.difference(path, Difference.Kind.UNREADABLE, "there", Errno.describe(errno));
    }

    private void check(Difference.Kind kind, Object backup, Object live) {
        if (!backup.equals(live)) {
            tally.difference(path, kind, backup, live);
        }
    }

    private void compare(StreamEntry entry, Stat live, int parent, byte[] name) {
        Stat backup = entry.stat();
        FileType type = backup.type();
        check(Difference.Kind.TYPE, type.letter(), live.type().letter());
        if (type != live.type()) {
            return;
        }
        if (type != FileType.SYMLINK) {
            check(
                    Difference.Kind.MODE,
                    Integer.toOctalString(backup.permissions()),
                    Integer.toOctalString(live.permissions()));
        }
        check(Difference.Kind.OWNER, owner(backup), owner(live));
        check(Difference.Kind.MTIME, backup.modified(), live.modified());
        if (type == FileType.REGULAR) {
            check(Difference.Kind.SIZE, backup.size(), live.size());
        } else if (type == FileType.SYMLINK && !entry.isLink()) {
            try {
                check(
                        Difference.Kind.TARGET,
                        Text.quote(entry.target()),
                        Text.quote(Posix.readlink(parent, name)));
            } catch (PosixException e) {
                unreadable(e.errno());
            }
        } else if (type.isDevice()) {
            check(
                    Difference.Kind.DEVICE,
                    backup.rdevMajor() + ":" + backup.rdevMinor(),
                    live.rdevMajor() + ":" + live.rdevMinor());
        }
    }

    private static String owner(Stat stat) {
        return Integer.toUnsignedString(stat.uid()) + ":" + Integer.toUnsignedString(stat.gid());
    }

    private void compareLink(StreamEntry entry, Stat live) throws IOException {
        if (!isSame(entry.linkTo(), live)) {
            if (links == null) {
                LinkChecks.differ(path, entry.linkTo(), tally);
            } else {
                links.add(path, entry.linkTo());
            }
        }
    }

    /** Whether two names are one live file. */
    boolean isSame(byte[] one, byte[] other) {
        int parent = parent(one);
        return parent >= 0
                && Posix.statOrErrno(parent, DirectoryPath.name(one), statx) == 0
                && isSame(other, Stat.of(statx));
    }

    /** Whether two names are both there, and are two live files. */
    boolean areTwo(byte[] one, byte[] other) {
        return isSame(one, one) && isSame(other, other) && !isSame(one, other);
    }

    private boolean isSame(byte[] name, Stat live) {
        int parent = parent(name);
        return parent >= 0
                && Posix.statOrErrno(parent, DirectoryPath.name(name), statx) == 0
                && statx.inode() == live.inode()
                && statx.deviceMajor() == live.deviceMajor()
                && statx.deviceMinor() == live.deviceMinor();
    }

    private void openContent(int parent, byte[] name, long bytes) {
        int look = Posix.openOrErrno(parent, name, Posix.O_PATH | Posix.O_NOFOLLOW, 0);
        int fd = look;
        if (look >= 0) {
            // Never opened for reading unless it is still a regular file: no fifo, no device.
            fd = -Errno.ESTALE;
            if (Posix.statOrErrno(look, statx) == 0 && statx.type() == FileType.REGULAR) {
                fd = Posix.reopenOrErrno(look, READ | Posix.O_NOATIME);
                if (fd == -Errno.EPERM) {
                    fd = Posix.reopenOrErrno(look, READ);
                }
            }
            Posix.close(look);
        }
        if (fd < 0) {
            unreadable(-fd);
            return;
        }
        content = fd;
        size = bytes;
        position = 0;
        sawData = false;
        differs = false;
    }

    void extent(long offset) {
        if (content >= 0) {
            sawData = true;
            compareHole(offset);
            position = offset;
        }
    }

    /** From the position to {@code to} the backup has a hole: what is live must be zeros. */
    private void compareHole(long to) {
        long at = position;
        while (!differs && at < to) {
            long data = Posix.seekOrErrno(content, at, Posix.SEEK_DATA);
            if (data == -Errno.ENXIO || data >= to) {
                return;
            }
            at = Math.max(at, data);
            int n = read(at, (int) Math.min(CHUNK_BYTES, to - at));
            for (int i = 0; i < n && !differs; i++) {
                if (buffer.bytes().get(i) != 0) {
                    contentDiffers(at + i);
                }
            }
            at += n;
        }
    }

    void data(ByteBuffer bytes) {
        if (content < 0) {
            return;
        }
        sawData = true;
        ByteBuffer backup = bytes.duplicate();
        while (!differs && backup.hasRemaining()) {
            int n = read(position, Math.min(CHUNK_BYTES, backup.remaining()));
            if (n > 0) {
                ByteBuffer piece = backup.slice(backup.position(), n);
                int at = piece.mismatch(buffer.bytes().slice(0, n));
                if (at >= 0) {
                    contentDiffers(position + at);
                }
                backup.position(backup.position() + n);
                position += n;
            }
        }
    }

    /** At least one byte, unless the content differs by ending or cannot be read. */
    private int read(long at, int length) {
        int n = Posix.preadOrErrno(content, buffer, 0, length, at);
        if (n < 0) {
            differs = true;
            unreadable(-n);
        } else if (n == 0) {
            contentDiffers(at);
        }
        return Math.max(0, n);
    }

    private void contentDiffers(long at) {
        differs = true;
        tally.difference(
                path, Difference.Kind.CONTENT, "as it was", "different from byte " + at + " on");
    }

    void block(String kind, byte[] block) {
        attributes.block(kind, block);
    }

    /**
     * @param whole whether the entry came whole, so that its last hole may be compared
     */
    void end(boolean whole) {
        if (whole) {
            attributes.end();
        }
        if (content >= 0) {
            if (whole && sawData) {
                compareHole(size);
            }
            Posix.close(content);
            content = -1;
        }
    }

    @Override
    public void close() {
        end(false);
        tree.close();
    }
}
