package io.sluice.common.throttle;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A throttle file, which may appear, change and vanish at any time. It is read when it is another
 * file than at the look before, or has other times or another size. A file that cannot be read, or
 * makes no sense, is told of once, and the last good caps stay. Belongs to one thread.
 */
final class CapsFile {
    static final int MAX_BYTES = 64 * 1024;

    /**
     * A file changed this shortly before a look may change again without its times moving: they
     * move by the kernel's ticks, on some filesystems by whole seconds, and by other hosts' clocks.
     */
    static final long RACY_MS = 3000;

    /** What tells one state of the file from another, without reading it. */
    private record Seen(FileIdentity file, long size, Timestamp modified, Timestamp changed) {
        static Seen of(Statx statx) {
            Stat stat = Stat.of(statx);
            return new Seen(FileIdentity.of(statx), stat.size(), stat.modified(), stat.changed());
        }

        boolean isRacy(long nowMs) {
            long from = (nowMs - RACY_MS) / 1000;
            return modified.seconds() >= from || changed.seconds() >= from;
        }
    }

    private final byte[] path;
    private final LongSupplier nowMs;
    private final Consumer<String> warn;
    private final Statx statx = new Statx();
    private NativeBuffer buffer;

    /** The state that was read last and may be relied on; else null. */
    private Seen seen;

    private Caps caps = Caps.NONE;
    private String told = "";

    /**
     * @param path of the file; its links are followed
     * @param nowMs the filesystem's time, in milliseconds of the epoch
     * @param warn gets one line for each new problem
     */
    CapsFile(byte[] path, LongSupplier nowMs, Consumer<String> warn) {
        this.path = path;
        this.nowMs = nowMs;
        this.warn = warn;
    }

    /** Looks at the file: the caps that hold from now on. */
    Caps look() {
        int fd = Posix.openOrErrno(Posix.AT_FDCWD, path, Posix.O_PATH, 0);
        if (fd == -Errno.ENOENT || fd == -Errno.ENOTDIR) {
            seen = null;
            told = "";
            caps = Caps.NONE;
            return caps;
        }
        try {
            if (fd < 0) {
                throw new IOException(Errno.describe(-fd));
            }
            look(fd);
        } catch (IOException e) {
            tell(
                    "the throttle file "
                            + Text.quote(path)
                            + " cannot be used: "
                            + e.getMessage()
                            + "; what held before stays ("
                            + caps
                            + ") until it is mended or removed");
        } finally {
            if (fd >= 0) {
                Posix.close(fd);
            }
        }
        return caps;
    }

    private void look(int fd) throws IOException {
        int result = Posix.statOrErrno(fd, statx);
        if (result < 0) {
            throw new IOException(Errno.describe(-result));
        }
        Seen now = Seen.of(statx);
        if (now.equals(seen)) {
            return;
        }
        seen = now.isRacy(nowMs.getAsLong()) ? null : now;
        if (statx.type() != FileType.REGULAR) {
            throw new IOException("it is no regular file");
        }
        CapsText text = CapsText.of(read(fd));
        caps = text.caps();
        if (text.unknown().isEmpty()) {
            told = "";
        } else {
            tell(
                    "the throttle file "
                            + Text.quote(path)
                            + " has keys that mean nothing: "
                            + String.join(
                                    ", ", text.unknown().stream().map(CapsFile::quote).toList())
                            + "; use threads, read_buffer_kib, pause_ms and reason");
        }
    }

    private static String quote(String key) {
        return Text.quote(key.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private byte[] read(int pathFd) throws IOException {
        int fd = Posix.reopenOrErrno(pathFd, Posix.O_RDONLY | Posix.O_NONBLOCK | Posix.O_NOCTTY);
        if (fd < 0) {
            throw failed(fd);
        }
        try {
            if (buffer == null) {
                buffer = new NativeBuffer(MAX_BYTES + 1);
            }
            int length = 0;
            int n;
            do {
                n = Posix.preadOrErrno(fd, buffer, length, MAX_BYTES + 1 - length, length);
                if (n < 0) {
                    throw failed(n);
                }
                length += n;
            } while (n > 0 && length <= MAX_BYTES);
            if (length > MAX_BYTES) {
                throw new IOException("it is larger than " + MAX_BYTES / 1024 + " KiB");
            }
            byte[] text = new byte[length];
            buffer.bytes().duplicate().clear().get(text);
            return text;
        } finally {
            Posix.close(fd);
        }
    }

    /** Of a call that may succeed next time though the file stays as it is. */
    private IOException failed(int result) {
        seen = null;
        return new IOException(Errno.describe(-result));
    }

    private void tell(String message) {
        if (!message.equals(told)) {
            told = message;
            warn.accept(message);
        }
    }
}
