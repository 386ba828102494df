package io.sluice.pipeline.run;

import io.sluice.common.SluiceException;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import org.apache.flink.util.ExceptionUtils;
import org.apache.flink.util.concurrent.FutureUtils.RetryException;

/** A JobManager that is down, or not where the client looks for it. */
final class Unreachable {
    private Unreachable() {}

    /**
     * Whether a request failed on its way: what the JobManager refused comes as a text, not as the
     * exception that it met.
     */
    static boolean isBehind(Throwable failure) {
        return has(failure, RetryException.class)
                || has(failure, IOException.class)
                || has(failure, TimeoutException.class);
    }

    private static boolean has(Throwable failure, Class<? extends Throwable> kind) {
        return ExceptionUtils.findThrowable(failure, kind).isPresent();
    }

    /**
     * @param what happened, as the line's first words
     */
    static SluiceException refusal(String what, Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return new SluiceException(
                what
                        + " ("
                        + String.valueOf(root.getMessage()).lines().findFirst().orElse("")
                        + "), nothing committed; look after the JobManager and run again",
                failure);
    }
}
