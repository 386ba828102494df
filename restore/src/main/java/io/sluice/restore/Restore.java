package io.sluice.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.entry.DirectoryPath;
import java.io.IOException;
import java.util.Objects;

/**
 * Restores one round below a target directory: every shard at once, then the directories'
 * attributes, then the filesystem is synced. Of a round that holds changes only, the streams of its
 * chain are read before, to know what counts ({@link Winners}).
 *
 * <p>A directory that this restore makes gets its entry's attributes. One that was there keeps its
 * own, unless everything is replaced ({@link Replace#ALWAYS}); the rules that compare times do not
 * apply to directories, whose times change by what is restored into them. The target itself is the
 * round's root, and treated so.
 *
 * <p>A restore that breaks off, or is killed, leaves a {@link RestoreJournal} in the target; the
 * same restore run again goes on from there.
 *
 * <p>An object serves one restore.
 */
public final class Restore {
    /** All shards' link journals together. */
    private static final int LINK_BYTES = 64 << 20;

    private static final int MIN_LINK_BYTES = 1 << 20;

    private final byte[] target;
    private final RestoreOptions options;
    private final RestoreTally tally;

    /**
     * @param target path of the directory to restore into, made when missing
     * @param listener hears of each entry that is not restored as it was
     */
    public Restore(byte[] target, RestoreOptions options, RestoreListener listener) {
        this.target = target.clone();
        this.options = Objects.requireNonNull(options);
        this.tally = new RestoreTally(Objects.requireNonNull(listener));
    }

    /**
     * Runs the restore to its end.
     *
     * @throws SluiceException when the target cannot be used, is full or takes no writes
     * @throws IOException when a stream cannot be read or sorting cannot spill; what has its name
     *     by then is whole
     * @throws InterruptedException when the calling thread is interrupted; the restore has stopped
     *     then
     */
    public RestoreReport run(RoundStreams streams) throws IOException, InterruptedException {
        try (Target opened = Target.openOrCreate(target);
                RestoreJournal runs =
                        RestoreJournal.open(opened, streams.identity(), options, tally);
                DirectoryJournal directories = new DirectoryJournal(options.spillDirectory())) {
            runs.takeOver(directories);
            if (opened.created()) {
                directories.made(DirectoryPath.ROOT);
            }
            RestoreEnd end = new RestoreEnd(opened);
            restoreShards(streams, directories, runs, opened, end);
            applyAttributes(opened, directories, runs, end);
            opened.syncDirectory();
            return tally.report(options.selection().unmatched());
        }
    }

    private void restoreShards(
            RoundStreams streams,
            DirectoryJournal directories,
            RestoreJournal runs,
            Target opened,
            RestoreEnd end)
            throws IOException, InterruptedException {
        try (SharedFiles shared = new SharedFiles(options.spillDirectory());
                Winners winners =
                        Winners.decide(
                                streams,
                                options.selection(),
                                shared,
                                options.spillDirectory(),
                                end,
                                tally::doubt);
                JoinedLinks joined = shared.join(winners, streams.shards())) {
            tally.stale(winners.stale());
            shared.close();
            int runBytes = linkBytes(streams.shards());
            ShardThreads.run(
                    streams.shards(),
                    shard ->
                            new ShardRestore(
                                            shard,
                                            streams,
                                            winners,
                                            joined,
                                            options,
                                            directories,
                                            runs,
                                            opened,
                                            end,
                                            tally,
                                            runBytes)
                                    .run(),
                    end::stop);
        }
    }

    private static int linkBytes(int shards) {
        return Math.max(
                MIN_LINK_BYTES, Math.min(SpillSorter.DEFAULT_RUN_BYTES, LINK_BYTES / shards));
    }

    private void applyAttributes(
            Target opened, DirectoryJournal directories, RestoreJournal runs, RestoreEnd end)
            throws IOException {
        try (TargetTree tree = new TargetTree(opened, false, TargetTree.Making.NONE)) {
            boolean replaceExisting = options.replace() == Replace.ALWAYS;
            // The root comes last: removing the journal changes its times.
            directories.apply(
                    tree,
                    replaceExisting,
                    options.hooks(),
                    tally,
                    () -> {
                        opened.sync();
                        runs.finish();
                    });
        } catch (EntryFailure e) {
            end.check(DirectoryPath.ROOT, e);
            throw e;
        }
    }
}
