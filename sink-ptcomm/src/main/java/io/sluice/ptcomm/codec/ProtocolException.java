package io.sluice.ptcomm.codec;

import java.io.IOException;

/** A stream that is not what docs/formats.md says. The message names the byte and what was due. */
public final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long offset;

    /**
     * @param offset of the first byte of the offending frame, from the start of the stream (of the
     *     segment, in an archive)
     */
    public ProtocolException(long offset, String problem) {
        super(problem + ", at byte " + offset);
        this.offset = offset;
    }

    public long offset() {
        return offset;
    }
}
