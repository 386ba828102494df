package io.sluice.common.posix;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Runs the tests of a class as on a kernel without {@code openat2}. */
public final class WithoutOpenat2 implements BeforeAllCallback, AfterAllCallback {
    private boolean found;

    @Override
    public void beforeAll(ExtensionContext context) {
        found = Posix.isStepwise();
        Posix.stepwise(true);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Posix.stepwise(found);
    }
}
