package io.sluice.lustre.source;

import io.sluice.common.change.Change;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Reads the changelogs of a Lustre filesystem, asks the filesystem about the names that the records
 * point at, and emits the answers: a {@code Delta} for each name, {@code Listing}s of what is below
 * directories that are new at their name.
 *
 * <ol>
 *   <li>The enumerator (coordinator's thread) deals the MDTs out.
 *   <li>The reader starts a thread for each ({@link MdtThread}), which reads batches up to the end
 *       that the log has, and resolves them; the mailbox thread emits.
 *   <li>When all MDTs of a reader are at their end it emits its totals and watermark {@code round},
 *       then holds: it never ends, since a job with finished tasks loses its checkpoints.
 * </ol>
 *
 * <p>With {@link LustreSourceOptions#follow} it is unbounded: the logs are read as they grow, each
 * answer emitted when it is there, and the third step comes only where no log can be followed any
 * longer. It needs a user of its own: whoever acknowledges more in its name ends that, and while
 * nobody does, the log grows.
 *
 * <p>Nothing is acknowledged here but what was acknowledged before the round: that is done by
 * whoever commits rounds. Give its operator a uid for each round.
 */
public final class LustreChangelogSource implements Source<Change, MdtSplit, List<MdtSplit>> {
    private static final long serialVersionUID = 1L;

    /** As which its totals stand in the books. */
    public static final String NAME = "lustre-changelog";

    private final LustreSourceOptions options;
    private final Filesystems filesystems;
    private final Patience patience;

    /** Makes the connection to the filesystem, where the reader runs. */
    interface Filesystems extends Serializable {
        Filesystem open(LustreSourceOptions options);
    }

    public LustreChangelogSource(LustreSourceOptions options) {
        this(options, LiveFilesystem::open, Patience.DEFAULT);
    }

    LustreChangelogSource(LustreSourceOptions options, Filesystems filesystems, Patience patience) {
        this.options = options;
        this.filesystems = filesystems;
        this.patience = patience;
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.CONTINUOUS_UNBOUNDED;
    }

    @Override
    public SourceReader<Change, MdtSplit> createReader(SourceReaderContext context) {
        return new MdtReader(context, options, filesystems, patience);
    }

    @Override
    public SplitEnumerator<MdtSplit, List<MdtSplit>> createEnumerator(
            SplitEnumeratorContext<MdtSplit> context) {
        List<MdtSplit> splits = new ArrayList<>();
        AtomicBoolean first = new AtomicBoolean(true);
        options.cursors()
                .forEach(
                        (mdt, cursor) ->
                                splits.add(
                                        MdtSplit.begin(
                                                mdt,
                                                cursor.user(),
                                                cursor.acknowledged(),
                                                cursor.next(),
                                                first.getAndSet(false)
                                                        ? options.subtrees()
                                                        : List.of())));
        return restoreEnumerator(context, splits);
    }

    @Override
    public SplitEnumerator<MdtSplit, List<MdtSplit>> restoreEnumerator(
            SplitEnumeratorContext<MdtSplit> context, List<MdtSplit> unassigned) {
        return new MdtEnumerator(context, List.copyOf(options.cursors().keySet()), unassigned);
    }

    @Override
    public SimpleVersionedSerializer<MdtSplit> getSplitSerializer() {
        return MdtSplitSerializer.INSTANCE;
    }

    @Override
    public SimpleVersionedSerializer<List<MdtSplit>> getEnumeratorCheckpointSerializer() {
        return MdtSplitSerializer.OfList.INSTANCE;
    }
}
