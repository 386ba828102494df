package io.sluice.ptcomm.archive;

import io.sluice.common.SluiceException;

/** Another process works on the archive. */
public final class ArchiveLockedException extends SluiceException {
    private static final long serialVersionUID = 1L;

    public ArchiveLockedException(String message) {
        super(message);
    }
}
