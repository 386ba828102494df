package io.sluice.common.filesystem;

import java.io.Serializable;
import java.util.Objects;

/**
 * How a round treats files whose data lies on tape.
 *
 * @param recalls how many may be on their way back at a time, in each process that reads
 * @param recallsPerHour how many may be asked for within any hour; 0 for as many as come
 * @param recallTimeoutSecs after so many seconds a file that has not come back has failed
 * @param releaseAgain whether what was fetched back is released when it has been read
 */
public record HsmOptions(
        HsmPolicy policy,
        int recalls,
        int recallsPerHour,
        int recallTimeoutSecs,
        boolean releaseAgain)
        implements Serializable {
    /** Tape drives are few, and each has a queue of its own. */
    public static final int RECALLS = 16;

    /** A day: a library may have to be fed by hand. */
    public static final int RECALL_TIMEOUT_SECS = 86_400;

    /** Nothing is fetched back. */
    public static final HsmOptions DEFAULT =
            new HsmOptions(HsmPolicy.SKIP_RELEASED, RECALLS, 0, RECALL_TIMEOUT_SECS, false);

    public HsmOptions {
        Objects.requireNonNull(policy);
        if (recalls < 1 || recallsPerHour < 0 || recallTimeoutSecs < 1) {
            throw new IllegalArgumentException("recalls out of range");
        }
    }
}
