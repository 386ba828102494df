package io.sluice.restore;

import io.sluice.common.SluiceException;

/** Another restore works in the target. */
public final class TargetLockedException extends SluiceException {
    private static final long serialVersionUID = 1L;

    TargetLockedException(String message) {
        super(message);
    }
}
