package io.sluice.ptcomm.writer;

import io.sluice.common.filesystem.FileFacts;
import io.sluice.common.filesystem.FileHooks;
import io.sluice.common.filesystem.FileHooksFactory;
import io.sluice.common.filesystem.TapeState;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A tape archive behind an ordinary filesystem: says of files, by their inodes, that their data is
 * on tape. What is asked for comes back after some looks at it.
 */
final class PlayedTape {
    private static final Map<Long, PlayedTape> ALL = new HashMap<>();

    private final long number;
    private final Map<Long, TapeState> released = new HashMap<>();
    private final Map<Long, TapeState> releasedAtOpen = new HashMap<>();
    private final Map<Long, byte[]> layouts = new HashMap<>();
    private final Map<Long, Integer> underWay = new TreeMap<>();
    private final Set<Long> never = new HashSet<>();
    private int looksToCome = 2;
    private int unreadable;

    /** Of each request, how many files it named, and of which archive. */
    final List<String> requests = new ArrayList<>();

    final List<Long> releases = new ArrayList<>();
    int recalls;
    int mostUnderWay;

    PlayedTape() {
        synchronized (ALL) {
            number = ALL.size();
            ALL.put(number, this);
        }
    }

    static TapeState state(long archive, boolean lost) {
        return new TapeState(
                lost, archive, "arch=1;rel=1;dir=0;lost=" + (lost ? 1 : 0) + ";aid=" + archive);
    }

    private static long inode(Path file) throws java.io.IOException {
        return (Long) Files.getAttribute(file, "unix:ino");
    }

    synchronized PlayedTape release(Path file, long archive) throws java.io.IOException {
        released.put(inode(file), state(archive, false));
        return this;
    }

    synchronized PlayedTape lose(Path file) throws java.io.IOException {
        released.put(inode(file), state(1, true));
        return this;
    }

    /** Released between the look at it and its opening. */
    synchronized PlayedTape releaseAtOpen(Path file) throws java.io.IOException {
        releasedAtOpen.put(inode(file), state(1, false));
        return this;
    }

    /** A file that is asked for in vain. */
    synchronized PlayedTape keepForEver(Path file) throws java.io.IOException {
        never.add(inode(file));
        return release(file, 1);
    }

    synchronized PlayedTape layout(Path file, byte[] layout) throws java.io.IOException {
        layouts.put(inode(file), layout);
        return this;
    }

    /** From now on nobody is told anything. */
    synchronized PlayedTape tellNothing(int errno) {
        unreadable = errno;
        return this;
    }

    synchronized PlayedTape slow(int looks) {
        looksToCome = looks;
        return this;
    }

    FileHooksFactory factory() {
        long which = number;
        return root -> {
            synchronized (ALL) {
                return ALL.get(which).new Hooks();
            }
        };
    }

    private final class Hooks implements FileHooks {
        private final Statx statx = new Statx();

        private long inode(int descriptor) throws PosixException {
            Posix.stat(descriptor, statx);
            return statx.inode();
        }

        @Override
        public FileFacts look(int descriptor, FileType type) throws PosixException {
            long inode = inode(descriptor);
            synchronized (PlayedTape.this) {
                if (unreadable != 0) {
                    throw new PosixException("getxattr", descriptor, unreadable);
                }
                TapeState state = released.get(inode);
                TapeState next = releasedAtOpen.remove(inode);
                if (next != null) {
                    released.put(inode, next);
                }
                return new FileFacts(state, layouts.get(inode), null);
            }
        }

        @Override
        public TapeState tape(int descriptor) throws PosixException {
            long inode = inode(descriptor);
            synchronized (PlayedTape.this) {
                return released.get(inode);
            }
        }

        @Override
        public byte[] identity(int descriptor) throws PosixException {
            return ByteBuffer.allocate(8).putLong(inode(descriptor)).array();
        }

        @Override
        public int recall(long archive, List<byte[]> identities) {
            synchronized (PlayedTape.this) {
                requests.add(identities.size() + " of " + archive);
                for (byte[] identity : identities) {
                    long inode = ByteBuffer.wrap(identity).getLong();
                    if (released.get(inode).archive() != archive) {
                        return -Errno.EINVAL;
                    }
                    recalls++;
                    underWay.put(inode, looksToCome);
                }
                mostUnderWay = Math.max(mostUnderWay, underWay.size());
            }
            return 0;
        }

        @Override
        public int release(long archive, List<byte[]> identities) {
            synchronized (PlayedTape.this) {
                identities.forEach(identity -> releases.add(ByteBuffer.wrap(identity).getLong()));
            }
            return 0;
        }

        @Override
        public boolean isReleased(byte[] identity) {
            long inode = ByteBuffer.wrap(identity).getLong();
            synchronized (PlayedTape.this) {
                if (never.contains(inode)) {
                    return true;
                }
                int left = underWay.merge(inode, -1, Integer::sum);
                if (left <= 0) {
                    underWay.remove(inode);
                    released.remove(inode);
                }
                return left > 0;
            }
        }
    }
}
