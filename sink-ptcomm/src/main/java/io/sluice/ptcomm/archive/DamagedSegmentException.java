package io.sluice.ptcomm.archive;

import java.io.IOException;

/** The stored bytes of a segment are not what was written. */
final class DamagedSegmentException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedSegmentException(String message, Throwable cause) {
        super(message, cause);
    }
}
