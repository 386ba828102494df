package io.sluice.pipeline.run;

import io.sluice.common.SluiceException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.apache.flink.runtime.client.JobInitializationException;
import org.apache.flink.util.ExceptionUtils;
import org.apache.flink.util.concurrent.FutureUtils.RetryException;

/** A JobManager that is down, or not where the client looks for it. */
final class Unreachable {
    /** What a request fails with on its way; any other failure has come from the cluster. */
    private static final List<Class<? extends Exception>> ON_THE_WAY =
            List.of(
                    RetryException.class,
                    TimeoutException.class,
                    SocketException.class,
                    UnknownHostException.class,
                    ClosedChannelException.class);

    /** Whether a request failed on its way: not by what the JobManager met with the job. */
    static boolean isBehind(Throwable failure) {
        return !has(failure, JobInitializationException.class)
                && ON_THE_WAY.stream().anyMatch(kind -> has(failure, kind));
    }

    private Unreachable() {}

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
