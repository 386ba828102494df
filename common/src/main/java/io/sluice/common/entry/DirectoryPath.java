package io.sluice.common.entry;

import java.util.Arrays;

/**
 * Paths are bytes relative to the root of what is backed up, without a slash at either end. The
 * root itself is the empty path.
 *
 * <p>The root's own entry has no parent inside the tree. It is listed as the child with the empty
 * name of {@link #ABOVE_ROOT}, a directory path that no real directory can have.
 */
public final class DirectoryPath {
    /** The directory whose only child, with the empty name, is the root. */
    public static final byte[] ABOVE_ROOT = {'/'};

    public static final byte[] ROOT = {};

    private DirectoryPath() {}

    public static boolean isAboveRoot(byte[] directory) {
        return directory.length == 1 && directory[0] == '/';
    }

    public static byte[] child(byte[] directory, byte[] name) {
        if (directory.length == 0 || isAboveRoot(directory)) {
            return name;
        }
        byte[] path = Arrays.copyOf(directory, directory.length + 1 + name.length);
        path[directory.length] = '/';
        System.arraycopy(name, 0, path, directory.length + 1, name.length);
        return path;
    }

    /** The path of the directory that holds {@code path}: {@link #ABOVE_ROOT} for the root. */
    public static byte[] parent(byte[] path) {
        if (path.length == 0) {
            return ABOVE_ROOT;
        }
        int slash = lastSlash(path);
        return slash < 0 ? ROOT : Arrays.copyOf(path, slash);
    }

    /** The last component of {@code path}; empty for the root. */
    public static byte[] name(byte[] path) {
        return Arrays.copyOfRange(path, lastSlash(path) + 1, path.length);
    }

    /**
     * Number of directories between the root and {@code path}: 0 for the root, 1 for its children.
     */
    public static int depth(byte[] path) {
        if (path.length == 0) {
            return 0;
        }
        int depth = 1;
        for (byte b : path) {
            if (b == '/') {
                depth++;
            }
        }
        return depth;
    }

    /** Whether {@code path} is {@code directory} or lies below it. */
    public static boolean isAtOrBelow(byte[] path, byte[] directory) {
        if (directory.length == 0) {
            return true;
        }
        return path.length >= directory.length
                && Arrays.equals(path, 0, directory.length, directory, 0, directory.length)
                && (path.length == directory.length || path[directory.length] == '/');
    }

    private static int lastSlash(byte[] path) {
        for (int i = path.length - 1; i >= 0; i--) {
            if (path[i] == '/') {
                return i;
            }
        }
        return -1;
    }
}
