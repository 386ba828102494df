package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import io.sluice.common.text.Text;
import java.util.EnumSet;
import java.util.Set;
import org.apache.flink.runtime.JobException;
import org.apache.flink.runtime.checkpoint.CheckpointException;
import org.apache.flink.runtime.checkpoint.CheckpointFailureReason;
import org.apache.flink.runtime.scheduler.stopwithsavepoint.StopWithSavepointStoppingException;
import org.apache.flink.util.ExceptionUtils;
import org.apache.flink.util.FlinkException;

/** Finds, in what Flink wraps around a failure, the one line that a user can act on. */
final class JobFailure {
    private static final Set<CheckpointFailureReason> OF_A_TASK =
            EnumSet.of(
                    CheckpointFailureReason.CHECKPOINT_COORDINATOR_SUSPEND,
                    CheckpointFailureReason.NOT_ALL_REQUIRED_TASKS_RUNNING,
                    CheckpointFailureReason.JOB_FAILOVER_REGION,
                    CheckpointFailureReason.TASK_FAILURE);

    /**
     * A task was asked for its state and gave none. Where its TaskManager has died Flink finds that
     * out by itself, up to a heartbeat's time-out later; where it has not, the job goes on, or
     * starts again since other tasks had begun to stop.
     */
    private static final Set<CheckpointFailureReason> UNSETTLED =
            EnumSet.of(
                    CheckpointFailureReason.TRIGGER_CHECKPOINT_FAILURE,
                    CheckpointFailureReason.CHECKPOINT_DECLINED_TASK_NOT_READY,
                    CheckpointFailureReason.CHECKPOINT_DECLINED_TASK_CLOSING);

    private JobFailure() {}

    /**
     * @param archive that the round goes into
     * @param worksInArchive whether all that the job puts on a disk lies there
     */
    static String line(Throwable failure, byte[] archive, boolean worksInArchive) {
        if (failure == null) {
            return "the job was stopped or cancelled from outside, nothing committed; run again";
        }
        Throwable telling = failure;
        boolean full = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (isFull(cause)) {
                full = true;
            } else if (cause instanceof SluiceException && !full) {
                return cause.getMessage();
            }
            if (!(cause instanceof FlinkException) && !(cause instanceof JobException)) {
                telling = cause;
            }
        }
        String message = telling.getMessage();
        String kind = telling.getClass().getSimpleName();
        if (full) {
            return worksInArchive
                    ? "no space left in archive "
                            + Text.quote(archive)
                            + ": free space there and run again"
                    : "no space left in archive "
                            + Text.quote(archive)
                            + " or on a disk of the cluster ("
                            + String.valueOf(message).lines().findFirst().orElse("")
                            + "): free space there and run again";
        }
        return message == null ? kind : kind + ": " + message.lines().findFirst().orElse("");
    }

    /** Whether a savepoint failed with a task, after which Flink starts the job again. */
    static boolean isOfATask(Throwable savepoint) {
        return has(savepoint, OF_A_TASK) || savepointMade(savepoint) != null;
    }

    /** What tells, with its path, of a savepoint that was made before the job failed; or null. */
    static String savepointMade(Throwable savepoint) {
        return ExceptionUtils.findThrowableSerializedAware(
                        savepoint,
                        StopWithSavepointStoppingException.class,
                        JobFailure.class.getClassLoader())
                .map(Throwable::getMessage)
                .orElse(null);
    }

    /** Whether a savepoint failed in a way that tells neither that the job restarts nor not. */
    static boolean isUnsettled(Throwable savepoint) {
        return has(savepoint, UNSETTLED) && !isFullDisk(savepoint);
    }

    private static boolean has(Throwable savepoint, Set<CheckpointFailureReason> reasons) {
        return ExceptionUtils.findThrowableSerializedAware(
                        savepoint, CheckpointException.class, JobFailure.class.getClassLoader())
                .filter(failed -> reasons.contains(failed.getCheckpointFailureReason()))
                .isPresent();
    }

    /** Whether a restart would find the disk as full as before. */
    static boolean isFullDisk(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (isFull(cause)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isFull(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        return message.contains("No space left on device")
                || message.contains("Disk quota exceeded");
    }
}
