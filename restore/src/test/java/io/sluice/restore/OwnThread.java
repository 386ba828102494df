package io.sluice.restore;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs a test's part in a thread with credentials or mounts of its own. On Linux both belong to the
 * thread until the C library, which is passed by here, spreads them; threads started from there
 * inherit them, and all ends with the thread.
 */
final class OwnThread {
    private static final boolean ARM = "aarch64".equals(System.getProperty("os.arch"));
    private static final long SETGROUPS = ARM ? 159 : 116;
    private static final long SETRESGID = ARM ? 149 : 119;
    private static final long SETRESUID = ARM ? 147 : 117;
    private static final long UNSHARE = ARM ? 97 : 272;
    private static final long MOUNT = ARM ? 40 : 165;
    private static final long CLONE_NEWNS = 0x20000;
    private static final long MS_REC = 0x4000;
    private static final long MS_PRIVATE = 1 << 18;
    private static final C C_LIBRARY = Native.load("c", C.class);

    private OwnThread() {}

    /** The one entry point that is needed; strings are pointers to it. */
    public interface C extends Library {
        long syscall(long number, Object... arguments);
    }

    /** Gives up root for the thread. */
    static <T> T asUser(int id, Callable<T> task) throws Exception {
        return run(
                () -> {
                    check(C_LIBRARY.syscall(SETGROUPS, 0L, 0L));
                    check(C_LIBRARY.syscall(SETRESGID, (long) id, (long) id, (long) id));
                    check(C_LIBRARY.syscall(SETRESUID, (long) id, (long) id, (long) id));
                    return task.call();
                });
    }

    /** Mounts a small memory filesystem that only the thread sees. */
    static <T> T withSmallFilesystem(String at, String options, Callable<T> task) throws Exception {
        return run(
                () -> {
                    check(C_LIBRARY.syscall(UNSHARE, CLONE_NEWNS));
                    check(C_LIBRARY.syscall(MOUNT, "none", "/", 0L, MS_REC | MS_PRIVATE, 0L));
                    check(C_LIBRARY.syscall(MOUNT, "none", at, "tmpfs", 0L, options));
                    return task.call();
                });
    }

    private static void check(long result) {
        if (result != 0) {
            throw new IllegalStateException("errno " + Native.getLastError());
        }
    }

    private static <T> T run(Callable<T> task) throws Exception {
        FutureTask<T> future = new FutureTask<>(task);
        Thread thread = new Thread(future, "own-thread");
        thread.start();
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        } finally {
            thread.join();
        }
    }
}
