package io.sluice.lustre.changelog;

import io.sluice.common.SluiceException;

/**
 * Bytes that are no changelog record: at which, and why. What follows such a record cannot be
 * trusted either, so the round ends.
 */
public final class ChangelogException extends SluiceException {
    private static final long serialVersionUID = 1L;

    private final int offset;

    ChangelogException(int offset, String reason) {
        super(
                "changelog record, byte "
                        + offset
                        + ": "
                        + reason
                        + "; take the next round as a Full, and report the record");
        this.offset = offset;
    }

    /** In bytes from the record's beginning. */
    public int offset() {
        return offset;
    }
}
