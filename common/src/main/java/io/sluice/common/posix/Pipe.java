package io.sluice.common.posix;

import io.sluice.common.posix.libc.LibC;
import java.nio.ByteBuffer;

/** What a pipe holds (pipe(7)). Values are in native byte order, as the kernel's. */
public final class Pipe {
    /**
     * What the kernel lets everybody ask for ({@code /proc/sys/fs/pipe-max-size}). A pipe of 64
     * KiB, the default, wakes both its ends sixteen times as often.
     */
    public static final int LARGE_BYTES = 1 << 20;

    // linux/fcntl.h
    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_GETPIPE_SZ = 1032;

    // asm-generic/ioctls.h
    private static final long FIONREAD = 0x541B;

    // asm-generic/poll.h, and struct pollfd { int fd; short events; short revents; }
    private static final int POLLERR = 8;
    private static final int POLLFD_BYTES = 8;
    private static final int REVENTS = 6;

    private Pipe() {}

    /** Whether {@code fd} is one. */
    public static boolean is(int fd) {
        return LibC.fcntl(fd, F_GETPIPE_SZ, 0) >= 0;
    }

    /**
     * Makes the pipe hold {@link #LARGE_BYTES}, where {@code fd} is one and the kernel permits it.
     *
     * @return what it holds then, in bytes; 0 if it is no pipe
     */
    public static int enlarge(int fd) {
        if (LibC.fcntl(fd, F_GETPIPE_SZ, 0) < LARGE_BYTES) {
            LibC.fcntl(fd, F_SETPIPE_SZ, LARGE_BYTES);
        }
        return Math.max(0, LibC.fcntl(fd, F_GETPIPE_SZ, 0));
    }

    /** Bytes that lie in the pipe, and nobody has read. */
    public static int unread(int fd) {
        NativeBuffer answer = new NativeBuffer(Integer.BYTES);
        return LibC.ioctl(fd, FIONREAD, answer.address()) < 0 ? 0 : answer.bytes().getInt(0);
    }

    /** Whether nobody has the pipe open for reading, of which {@code fd} is the end to write to. */
    public static boolean isDeserted(int fd) {
        NativeBuffer waited = new NativeBuffer(POLLFD_BYTES);
        ByteBuffer bytes = waited.bytes();
        bytes.putInt(0, fd).putInt(Integer.BYTES, 0);
        return LibC.poll(waited.address(), 1, 0) > 0 && (bytes.getShort(REVENTS) & POLLERR) != 0;
    }
}
