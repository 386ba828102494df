package io.sluice.common.posix;

/** The types of a directory entry (inode(7)). */
public enum FileType {
    REGULAR('f', 0100000),
    DIRECTORY('d', 0040000),
    SYMLINK('l', 0120000),
    FIFO('p', 0010000),
    SOCKET('s', 0140000),
    CHARACTER_DEVICE('c', 0020000),
    BLOCK_DEVICE('b', 0060000),
    UNKNOWN('?', 0);

    private static final int TYPE_MASK = 0170000;

    private final char letter;
    private final int modeBits;

    FileType(char letter, int modeBits) {
        this.letter = letter;
        this.modeBits = modeBits;
    }

    /** The letter that {@code find -printf %y} prints; it also stands in streams and reports. */
    public char letter() {
        return letter;
    }

    /** The type's bits of {@code st_mode}. */
    public int modeBits() {
        return modeBits;
    }

    public boolean isDevice() {
        return this == CHARACTER_DEVICE || this == BLOCK_DEVICE;
    }

    public static FileType ofMode(int mode) {
        return switch (mode & TYPE_MASK) {
            case 0100000 -> REGULAR;
            case 0040000 -> DIRECTORY;
            case 0120000 -> SYMLINK;
            case 0010000 -> FIFO;
            case 0140000 -> SOCKET;
            case 0020000 -> CHARACTER_DEVICE;
            case 0060000 -> BLOCK_DEVICE;
            default -> UNKNOWN;
        };
    }

    /** The type with that {@link #letter}, or null. */
    public static FileType ofLetter(int letter) {
        for (FileType type : values()) {
            if (type.letter == letter && type != UNKNOWN) {
                return type;
            }
        }
        return null;
    }
}
