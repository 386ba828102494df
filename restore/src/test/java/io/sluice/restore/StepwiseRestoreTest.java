package io.sluice.restore;

import io.sluice.common.posix.WithoutOpenat2;
import org.junit.jupiter.api.extension.ExtendWith;

/** All of {@link RestoreTest} once more, as on a kernel without {@code openat2}. */
@ExtendWith(WithoutOpenat2.class)
class StepwiseRestoreTest extends RestoreTest {}
