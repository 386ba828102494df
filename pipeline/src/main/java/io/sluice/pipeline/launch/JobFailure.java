package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import java.io.IOException;
import org.apache.flink.runtime.JobException;
import org.apache.flink.util.FlinkException;

/** Finds, in what Flink wraps around a failure, the one line that a user can act on. */
final class JobFailure {
    private JobFailure() {}

    static String line(Throwable failure) {
        if (failure == null) {
            return "the job ended for a reason that Flink does not tell";
        }
        Throwable telling = failure;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SluiceException) {
                return cause.getMessage();
            }
            if (!(cause instanceof FlinkException) && !(cause instanceof JobException)) {
                telling = cause;
            }
            if (cause instanceof IOException
                    && String.valueOf(cause.getMessage()).contains("No space left")) {
                return "no space left on device ("
                        + cause.getMessage()
                        + "); free space and run again";
            }
        }
        String message = telling.getMessage();
        String kind = telling.getClass().getSimpleName();
        return message == null ? kind : kind + ": " + message.lines().findFirst().orElse("");
    }
}
