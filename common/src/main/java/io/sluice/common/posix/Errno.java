package io.sluice.common.posix;

/**
 * The errno values of Linux (asm-generic) that Sluice names in reports and messages or decides by.
 */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int E2BIG = 7;
    public static final int EAGAIN = 11;
    public static final int EACCES = 13;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ENOSPC = 28;
    public static final int EROFS = 30;
    public static final int ERANGE = 34;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ENOTEMPTY = 39;
    public static final int ELOOP = 40;
    public static final int ENODATA = 61;
    public static final int EOPNOTSUPP = 95;
    public static final int ETIMEDOUT = 110;
    public static final int ESTALE = 116;
    public static final int EDQUOT = 122;

    private Errno() {}

    /** The symbolic name, such as {@code EACCES}; {@code E77} for a number that has none here. */
    public static String name(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM";
            case ENOENT -> "ENOENT";
            case EINTR -> "EINTR";
            case EIO -> "EIO";
            case ENXIO -> "ENXIO";
            case E2BIG -> "E2BIG";
            case 9 -> "EBADF";
            case EAGAIN -> "EAGAIN";
            case 12 -> "ENOMEM";
            case EACCES -> "EACCES";
            case 16 -> "EBUSY";
            case EEXIST -> "EEXIST";
            case EXDEV -> "EXDEV";
            case 19 -> "ENODEV";
            case ENOTDIR -> "ENOTDIR";
            case EISDIR -> "EISDIR";
            case EINVAL -> "EINVAL";
            case 23 -> "ENFILE";
            case 24 -> "EMFILE";
            case 25 -> "ENOTTY";
            case 26 -> "ETXTBSY";
            case 27 -> "EFBIG";
            case ENOSPC -> "ENOSPC";
            case EROFS -> "EROFS";
            case 31 -> "EMLINK";
            case ERANGE -> "ERANGE";
            case ENAMETOOLONG -> "ENAMETOOLONG";
            case ENOSYS -> "ENOSYS";
            case ENOTEMPTY -> "ENOTEMPTY";
            case ELOOP -> "ELOOP";
            case ENODATA -> "ENODATA";
            case 75 -> "EOVERFLOW";
            case EOPNOTSUPP -> "EOPNOTSUPP";
            case 107 -> "ENOTCONN";
            case 108 -> "ESHUTDOWN";
            case ETIMEDOUT -> "ETIMEDOUT";
            case ESTALE -> "ESTALE";
            case 121 -> "EREMOTEIO";
            case EDQUOT -> "EDQUOT";
            default -> "E" + errno;
        };
    }

    /**
     * Whether a path that was there leads nowhere any more: a name is missing, or a link or a file
     * stands where a directory was.
     */
    public static boolean isGone(int errno) {
        return errno == ENOENT || errno == ELOOP || errno == ENOTDIR;
    }

    /** What an administrator would call it, in a few words; empty where the name must do. */
    public static String meaning(int errno) {
        return switch (errno) {
            case EPERM -> "operation not permitted";
            case ENOENT -> "no such file or directory";
            case EIO -> "input/output error";
            case EACCES -> "permission denied";
            case EEXIST -> "file exists";
            case EXDEV -> "on another filesystem";
            case ENOTDIR -> "not a directory";
            case EISDIR -> "is a directory";
            case EINVAL -> "invalid argument";
            case ENOSPC -> "no space left on device";
            case EROFS -> "read-only filesystem";
            case ENAMETOOLONG -> "name too long";
            case ELOOP -> "a symbolic link where none may be";
            case E2BIG -> "too large";
            case EOPNOTSUPP -> "not supported";
            case ESTALE -> "stale file handle";
            case 23, 24 -> "too many open files";
            case EDQUOT -> "disk quota exceeded";
            default -> "";
        };
    }

    /** Name and meaning for a message: {@code "permission denied (EACCES)"}. */
    public static String describe(int errno) {
        String meaning = meaning(errno);
        return meaning.isEmpty() ? name(errno) : meaning + " (" + name(errno) + ")";
    }
}
