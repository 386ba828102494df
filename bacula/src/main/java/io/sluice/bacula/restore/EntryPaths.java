package io.sluice.bacula.restore;

import io.sluice.common.posix.Errno;
import java.util.Arrays;

/**
 * Where the job's entries belong. The FD names them by whole paths, Where before them or RegexWhere
 * applied; the target is Where, or the root. The namespace is dropped where it directly follows
 * that.
 */
final class EntryPaths {
    private static final byte[] ROOT = {'/'};

    private final byte[] where;
    private final byte[] namespace;

    EntryPaths(byte[] where, byte[] namespace) {
        int end = where.length;
        while (end > 0 && where[end - 1] == '/') {
            end--;
        }
        this.where = Arrays.copyOf(where, end);
        this.namespace = namespace.clone();
    }

    /** Path of the directory that all is restored into. */
    byte[] target() {
        return where.length == 0 ? ROOT.clone() : where.clone();
    }

    /** A path below the target in whole, for messages. */
    byte[] whole(byte[] path) {
        byte[] whole = Arrays.copyOf(where, where.length + 1 + path.length);
        whole[where.length] = '/';
        System.arraycopy(path, 0, whole, where.length + 1, path.length);
        return whole;
    }

    /** Whether the entry is put just where the FD says. */
    boolean isUnchanged(byte[] name) {
        try {
            int end = name.length > 1 && name[name.length - 1] == '/' ? 1 : 0;
            return Arrays.equals(whole(below(name)), Arrays.copyOf(name, name.length - end));
        } catch (RefusedException e) {
            return false;
        }
    }

    /**
     * The path below the target; empty for the target itself.
     *
     * @param name as the FD has it; a directory's may end with a slash
     */
    byte[] below(byte[] name) throws RefusedException {
        int at = where.length;
        if (name.length <= at || !Arrays.equals(name, 0, at, where, 0, at) || name[at] != '/') {
            throw new RefusedException(Errno.EINVAL, "its path does not begin with Where");
        }
        // Where may have ended with a slash, and the stored path begins with one.
        while (at < name.length && name[at] == '/') {
            at++;
        }
        int end = name.length;
        if (end > at && name[end - 1] == '/') {
            end--;
        }
        int behind = at + namespace.length;
        if (namespace.length > 0
                && end >= behind
                && Arrays.equals(name, at, behind, namespace, 0, namespace.length)
                && (end == behind || name[behind] == '/')) {
            at = Math.min(end, behind + 1);
        }
        byte[] path = Arrays.copyOfRange(name, at, end);
        String problem = problem(path);
        if (problem != null) {
            throw new RefusedException(Errno.EINVAL, problem);
        }
        return path;
    }

    private static String problem(byte[] path) {
        int start = 0;
        for (int i = 0; i <= path.length && path.length > 0; i++) {
            if (i == path.length || path[i] == '/') {
                int length = i - start;
                if (length == 0) {
                    return "its path has an empty component";
                }
                if (path[start] == '.'
                        && (length == 1 || (length == 2 && path[start + 1] == '.'))) {
                    return "its path has a component '.' or '..'";
                }
                start = i + 1;
            } else if (path[i] == 0) {
                return "its path holds a NUL";
            }
        }
        return null;
    }
}
