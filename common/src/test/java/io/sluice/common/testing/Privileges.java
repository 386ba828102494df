package io.sluice.common.testing;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.RawTree;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs code in a thread with a mount namespace, a filesystem user or capabilities of its own. Linux
 * keeps all of them for each thread, and a thread started by another inherits them: so walkers that
 * are started here see what this thread sees, and nothing outlives it.
 */
public final class Privileges {
    private static final int CLONE_NEWNS = 0x00020000;
    private static final long MS_REC_PRIVATE = 0x4000 | (1 << 18);
    private static final long MS_BIND = 0x1000;
    private static final int NOBODY = 65534;

    // capget(2): the header's version, and in the data's first word what is effective of the first
    // 32 capabilities.
    private static final int CAPABILITY_VERSION_3 = 0x20080522;
    private static final int CAP_DAC_OVERRIDE = 1;
    private static final int CAP_DAC_READ_SEARCH = 2;

    private Privileges() {}

    static {
        Native.register(Privileges.class, "c");
    }

    private static native int unshare(int flags);

    private static native int mount(
            String source, byte[] target, String type, long flags, Pointer data);

    private static native int setfsuid(int user);

    private static native int capget(int[] header, int[] data);

    private static native int capset(int[] header, int[] data);

    public static boolean isRoot() {
        return Posix.effectiveUser() == 0;
    }

    /** Whether this process may have mounts of its own (root in a container often may not). */
    public static boolean canMount() throws Exception {
        return isRoot() && inThread(() -> unshare(CLONE_NEWNS) == 0 && makePrivate() == 0);
    }

    private static int makePrivate() {
        return mount("none", terminated(RawTree.bytes("/")), null, MS_REC_PRIVATE, null);
    }

    public static <T> T inMountNamespace(Callable<T> code) throws Exception {
        return inThread(
                () -> {
                    if (unshare(CLONE_NEWNS) != 0 || makePrivate() != 0) {
                        throw new AssertionError("no mount namespace");
                    }
                    return code.call();
                });
    }

    /** Mounts an empty tmpfs, in the namespace of this thread. */
    public static void mountTmpfs(byte[] path) {
        mountNew("tmpfs", path);
    }

    /** Mounts a filesystem that needs no device, in the namespace of this thread. */
    public static void mountNew(String type, byte[] path) {
        if (mount(type, terminated(path), type, 0, null) != 0) {
            throw new AssertionError("cannot mount: errno " + Native.getLastError());
        }
    }

    /** Mounts {@code from}, a directory or a file, on {@code path} as well. */
    public static void mountBind(String from, byte[] path) {
        if (mount(from, terminated(path), null, MS_BIND, null) != 0) {
            throw new AssertionError("cannot mount: errno " + Native.getLastError());
        }
    }

    public static <T> T asNobody(Callable<T> code) throws Exception {
        return inThread(
                () -> {
                    setfsuid(NOBODY);
                    return code.call();
                });
    }

    /**
     * Runs code as this user, who is held back by modes as all others are: unlike {@link #asNobody}
     * it still reads the JVM's own files, wherever they lie.
     */
    public static <T> T heldByModes(Callable<T> code) throws Exception {
        return inThread(
                () -> {
                    int[] header = {CAPABILITY_VERSION_3, 0};
                    int[] data = new int[6];
                    if (capget(header, data) != 0) {
                        throw new AssertionError("capget: errno " + Native.getLastError());
                    }
                    data[0] &= ~(1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH);
                    if (capset(header, data) != 0) {
                        throw new AssertionError("capset: errno " + Native.getLastError());
                    }
                    return code.call();
                });
    }

    private static <T> T inThread(Callable<T> code) throws Exception {
        FutureTask<T> task = new FutureTask<>(code);
        Thread thread = new Thread(task, "privileges");
        thread.start();
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e.getCause() instanceof Exception cause ? cause : e;
        } finally {
            thread.join();
        }
    }

    private static byte[] terminated(byte[] path) {
        return java.util.Arrays.copyOf(path, path.length + 1);
    }
}
