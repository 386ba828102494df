package io.sluice.bacula.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.restore.RestoreReport;
import io.sluice.restore.StreamRestore;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.Objects;

/**
 * The restore of one job: from behind the answer to RestoreStart to the answer to FINISH. Entries
 * are of whatever shards and rounds the FD reads, in its order. What goes wrong with an entry is a
 * line of the job's log; what ends the job is an exception, and by then all that has its name is
 * whole. An object serves one restore, on one thread.
 */
public final class FdRestore {
    private final RestoreJob job;
    private final FilesystemHooks hooks;

    public FdRestore(RestoreJob job, FilesystemHooks hooks) {
        this.job = Objects.requireNonNull(job);
        this.hooks = Objects.requireNonNull(hooks);
    }

    /**
     * Runs the restore to its end.
     *
     * @param in behind the answer to RestoreStart
     * @param out where nobody else writes meanwhile; all is written when this returns or throws
     * @throws SluiceException when the target cannot be used, is full or takes no writes
     * @throws ProtocolException when the FD ends it before FINISH, or does not send frames; links
     *     are made then and directories have their attributes, as far as entries have come
     * @throws IOException when working files or messages cannot be written
     */
    public RestoreReport run(FrameReader in, WritableByteChannel out)
            throws IOException, InterruptedException {
        EntryPaths paths = new EntryPaths(job.where(), job.namespace());
        try (FrameQueue frames = new FrameQueue(out)) {
            try (RestoreLog log = new RestoreLog(frames, paths, job.workDirectory(), job.name());
                    StreamRestore restore =
                            StreamRestore.begin(
                                    paths.target(), job.rule(), hooks, job.workDirectory(), log)) {
                RestoreReport report = run(in, frames, paths, log, restore);
                log.close();
                frames.frame(Frame.END, "");
                return report;
            } finally {
                frames.flush();
            }
        }
    }

    private RestoreReport run(
            FrameReader in,
            FrameQueue frames,
            EntryPaths paths,
            RestoreLog log,
            StreamRestore restore)
            throws IOException {
        boolean stock = job.dialogue() == RestoreJob.Dialogue.STOCK;
        Answers answers = stock ? Answers.stock(frames) : Answers.NONE;
        try {
            new EntryStream(in, restore, paths, log, answers, stock).read();
        } catch (ProtocolException e) {
            log.summary(restore.finish(), false);
            throw e;
        }
        RestoreReport report = restore.finish();
        log.notes(hooks.end());
        log.summary(report, true);
        return report;
    }
}
