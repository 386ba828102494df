package io.sluice.lustre.changelog;

/** What a record tells of ({@code enum changelog_rec_type}), by the names that {@code lfs} uses. */
public enum RecordType {
    /** Of the log itself: switched on or off, a user come or gone. Cannot be masked. */
    MARK(0, "MARK", false),
    CREATE(1, "CREAT", true),
    MKDIR(2, "MKDIR", true),
    HARDLINK(3, "HLINK", true),
    SOFTLINK(4, "SLINK", true),
    /** A fifo, socket or device; a regular file made by mknod(2) is a {@link #CREATE}. */
    MKNOD(5, "MKNOD", true),
    UNLINK(6, "UNLNK", true),
    RMDIR(7, "RMDIR", true),
    RENAME(8, "RENME", true),
    /** The second half of a rename, of servers before 2.4. */
    RENAME_TO(9, "RNMTO", true),
    OPEN(10, "OPEN", false),
    CLOSE(11, "CLOSE", false),
    LAYOUT(12, "LYOUT", false),
    TRUNCATE(13, "TRUNC", false),
    SETATTR(14, "SATTR", false),
    XATTR(15, "XATTR", false),
    HSM(16, "HSM", false),
    MTIME(17, "MTIME", false),
    /** Also a changed ACL. */
    CTIME(18, "CTIME", false),
    ATIME(19, "ATIME", false),
    /** A directory, or what lay in it, went to another MDT and has a new FID. */
    MIGRATE(20, "MIGRT", true),
    /** The first write to a mirrored file. */
    MIRROR_WRITE(21, "FLRW", false),
    MIRROR_RESYNC(22, "RESYNC", false),
    GETXATTR(23, "GXATR", false),
    /** An open that was denied. */
    DENIED_OPEN(24, "NOPEN", false);

    private static final RecordType[] BY_NUMBER = values();

    private final int number;
    private final String shortName;
    private final boolean namespaceOperation;

    RecordType(int number, String shortName, boolean namespaceOperation) {
        this.number = number;
        this.shortName = shortName;
        this.namespaceOperation = namespaceOperation;
    }

    /** The type of that number; null for one that is not known here. */
    public static RecordType of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
    }

    public int number() {
        return number;
    }

    /** As {@code lfs changelog} prints it, such as {@code CREAT}. */
    public String shortName() {
        return shortName;
    }

    /**
     * Whether such a record carries a name, and a parent that means something. In records of the
     * other types the server leaves the parent as an earlier record had it.
     */
    public boolean isNamespaceOperation() {
        return namespaceOperation;
    }
}
