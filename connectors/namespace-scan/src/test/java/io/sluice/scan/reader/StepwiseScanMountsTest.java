package io.sluice.scan.reader;

import io.sluice.common.posix.WithoutOpenat2;
import org.junit.jupiter.api.extension.ExtendWith;

/** All of {@link ScanMountsTest} once more, as on a kernel without {@code openat2}. */
@ExtendWith(WithoutOpenat2.class)
class StepwiseScanMountsTest extends ScanMountsTest {}
