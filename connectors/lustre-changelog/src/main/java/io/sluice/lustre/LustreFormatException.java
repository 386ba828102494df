package io.sluice.lustre;

/**
 * An extended attribute of Lustre that is not what it should be: which, at which byte, and why. It
 * concerns one file, so it is checked: the caller counts it and goes on.
 */
public final class LustreFormatException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int offset;

    /**
     * @param what such as {@code layout} or {@code link EA}
     * @param offset in bytes from its beginning
     */
    public LustreFormatException(String what, int offset, String reason) {
        super(what + ", byte " + offset + ": " + reason);
        this.offset = offset;
    }

    public int offset() {
        return offset;
    }
}
