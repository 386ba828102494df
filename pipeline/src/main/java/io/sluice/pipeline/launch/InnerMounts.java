package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.PseudoFilesystem;
import io.sluice.common.posix.RootIdentity;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is mounted below the root, as this host sees it before the round. Where a filesystem that an
 * earlier round entered is missing, an empty directory says that all of it is gone; so a round does
 * not begin without it.
 */
final class InnerMounts {
    /** The namespace of this thread: proc(5), "mountinfo". */
    private static final Path TABLE = Path.of("/proc/thread-self/mountinfo");

    private static final int MOUNT_POINT = 4;

    /** Their root has another inode each time: linux/magic.h, TMPFS_MAGIC and RAMFS_MAGIC. */
    private static final Set<Long> INODE_CHANGES = Set.of(0x01021994L, 0x858458f6L);

    /** They come and go with containers and packages: OVERLAYFS_SUPER_MAGIC, SQUASHFS_MAGIC. */
    private static final Set<Long> TRANSIENT = Set.of(0x794c7630L, 0x73717368L);

    private final SourceRoot root;
    private final Excludes excludes;
    private final boolean crossed;
    private final TreeMap<String, CrossedMount> now = new TreeMap<>();

    /** Roots of filesystems that hold no files: the walk does not come to what is below. */
    private final List<byte[]> barriers = new ArrayList<>();

    private InnerMounts(SourceRoot root, BackupRequest request) {
        this.root = root;
        this.excludes = request.excludes();
        this.crossed = request.crossMounts();
    }

    static InnerMounts of(SourceRoot root, BackupRequest request) throws IOException {
        InnerMounts mounts = new InnerMounts(root, request);
        for (String line : Files.readAllLines(TABLE, StandardCharsets.ISO_8859_1)) {
            byte[] point = unescape(line.split(" ", MOUNT_POINT + 2)[MOUNT_POINT]);
            byte[] path = relative(root.path(), point);
            if (path.length > 0) {
                mounts.look(path);
            }
        }
        mounts.now.keySet().removeIf(mounts::isBehindBarrier);
        return mounts;
    }

    /** Those that this round enters. */
    List<CrossedMount> entered() {
        return crossed ? now.values().stream().filter(this::isWanted).toList() : List.of();
    }

    /** Those that this round enters, and of the round before those that it leaves as they were. */
    List<CrossedMount> known(Chain.Round before) {
        TreeMap<String, CrossedMount> known = new TreeMap<>();
        for (CrossedMount mount : before.mounts()) {
            if (!isWanted(mount) || (!crossed && now.containsKey(mount.path()))) {
                known.put(mount.path(), mount);
            }
        }
        entered().forEach(mount -> known.put(mount.path(), mount));
        return List.copyOf(known.values());
    }

    /**
     * A mount point that is gone itself was removed, and what was there with it.
     *
     * @throws SluiceException if one that the round before knew is missing, or another one
     */
    void requireAll(Chain.Round before) {
        for (CrossedMount mount : before.mounts()) {
            boolean there = mount.equals(now.get(mount.path()));
            if (!there && isWanted(mount) && isDirectory(Text.unescape(mount.path()))) {
                throw new SluiceException(
                        "what was mounted on '"
                                + mount.path()
                                + "' in round "
                                + before.round()
                                + " (type "
                                + mount.type()
                                + ") is not mounted there now: mount it and run again, or say"
                                + " --accept-deletes if it was meant to go");
            }
        }
    }

    private boolean isWanted(CrossedMount mount) {
        return !excludes.patterns().excludes(Text.unescape(mount.path()), true);
    }

    /** Without O_DIRECTORY, which would set off an automount. */
    private int open(byte[] path) {
        byte[] whole = DirectoryPath.child(root.path(), path);
        return Posix.openOrErrno(Posix.AT_FDCWD, whole, Posix.O_PATH | Posix.O_NOFOLLOW, 0);
    }

    private boolean isDirectory(byte[] path) {
        int fd = open(path);
        if (fd < 0) {
            return false;
        }
        try {
            Statx stat = new Statx();
            return Posix.statOrErrno(fd, stat) == 0 && stat.type() == FileType.DIRECTORY;
        } finally {
            Posix.close(fd);
        }
    }

    private void look(byte[] path) {
        int fd = open(path);
        if (fd < 0) {
            return;
        }
        try {
            Statx stat = new Statx();
            RootIdentity identity = RootIdentity.of(fd);
            long type = identity.filesystemType();
            if (Posix.statOrErrno(fd, stat) < 0 || stat.type() != FileType.DIRECTORY) {
                return;
            }
            if (PseudoFilesystem.name(type) != null) {
                barriers.add(path);
            } else if (!TRANSIENT.contains(type) && !identity.equals(root.identity())) {
                String inode =
                        INODE_CHANGES.contains(type)
                                ? ""
                                : Long.toUnsignedString(identity.directory().inode());
                String name = Text.escape(path);
                now.put(name, new CrossedMount(name, "0x" + Long.toHexString(type), inode));
            }
        } catch (PosixException e) {
            // It has just gone, or its server is away: the round will say so.
            return;
        } finally {
            Posix.close(fd);
        }
    }

    private boolean isBehindBarrier(String name) {
        byte[] path = Text.unescape(name);
        return barriers.stream().anyMatch(barrier -> relative(barrier, path).length > 0);
    }

    /** Empty for what is not below the directory. */
    private static byte[] relative(byte[] directory, byte[] path) {
        int start = directory.length == 1 && directory[0] == '/' ? 1 : directory.length + 1;
        boolean below =
                path.length > start
                        && path[start - 1] == '/'
                        && Arrays.equals(directory, 0, directory.length, path, 0, directory.length);
        return below ? Arrays.copyOfRange(path, start, path.length) : DirectoryPath.ROOT;
    }

    /** Blank, tab, newline and backslash stand as three octal digits. */
    private static byte[] unescape(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 3 < text.length()) {
                bytes.write(Integer.parseInt(text.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toByteArray();
    }
}
