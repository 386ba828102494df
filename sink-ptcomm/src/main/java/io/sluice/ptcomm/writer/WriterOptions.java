package io.sluice.ptcomm.writer;

import io.sluice.common.filesystem.FileHooksFactory;
import io.sluice.common.filesystem.HsmOptions;
import io.sluice.common.posix.RootIdentity;
import io.sluice.common.round.Content;
import java.io.Serializable;

/**
 * What the shard writers of a round must know.
 *
 * @param root path of the tree, as bytes
 * @param prefix what stands before each path in the stream; empty for an archive
 * @param shards number of streams
 * @param round number of the round, also its watermark
 * @param run identity of the run
 * @param content what to store of each entry
 * @param crossMounts whether other filesystems mounted below the root belong to it
 * @param readers threads that open and read files ahead, for all shards of a subtask together
 * @param identity what the root must be when it is opened: the mount may have gone since the round
 *     was begun; null to take what is there
 * @param startedMs when the round began, in milliseconds of the epoch
 * @param throttle path of the throttle file, as bytes; null for the process's default
 * @param hooks asks the filesystem what it knows beyond POSIX
 * @param hsm what becomes of files whose data lies on tape
 */
public record WriterOptions(
        byte[] root,
        byte[] prefix,
        int shards,
        long round,
        String run,
        Content content,
        boolean crossMounts,
        int readers,
        RootIdentity identity,
        long startedMs,
        byte[] throttle,
        FileHooksFactory hooks,
        HsmOptions hsm)
        implements Serializable {

    /** Of a filesystem that knows no more than POSIX. */
    public WriterOptions(
            byte[] root,
            byte[] prefix,
            int shards,
            long round,
            String run,
            Content content,
            boolean crossMounts,
            int readers,
            RootIdentity identity,
            long startedMs,
            byte[] throttle) {
        this(
                root,
                prefix,
                shards,
                round,
                run,
                content,
                crossMounts,
                readers,
                identity,
                startedMs,
                throttle,
                FileHooksFactory.NONE,
                HsmOptions.DEFAULT);
    }

    /** With what the filesystem knows beyond POSIX. */
    public WriterOptions withFilesystem(FileHooksFactory known, HsmOptions tape) {
        return new WriterOptions(
                root,
                prefix,
                shards,
                round,
                run,
                content,
                crossMounts,
                readers,
                identity,
                startedMs,
                throttle,
                known,
                tape);
    }

    /** With the process's default throttle. */
    public WriterOptions(
            byte[] root,
            byte[] prefix,
            int shards,
            long round,
            String run,
            Content content,
            boolean crossMounts,
            int readers,
            RootIdentity identity,
            long startedMs) {
        this(
                root,
                prefix,
                shards,
                round,
                run,
                content,
                crossMounts,
                readers,
                identity,
                startedMs,
                null);
    }
}
