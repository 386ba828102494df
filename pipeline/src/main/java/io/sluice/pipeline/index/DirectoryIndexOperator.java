package io.sluice.pipeline.index;

import io.sluice.common.SluiceException;
import io.sluice.common.change.Change;
import io.sluice.common.change.Delta;
import io.sluice.common.change.Listing;
import io.sluice.common.change.SourceTotals;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import io.sluice.common.serial.RoundEventSerializer;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.apache.flink.runtime.operators.coordination.OperatorEventHandler;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * Knows every entry, and decides which must reach the backup. Keyed by directory ({@link
 * DirectoryKey}): a listing costs one read and at most one write of pages however many names it
 * has. All of it runs in the task's thread.
 *
 * <ol>
 *   <li>A listing is merged with the stored pages ({@link ListingIndexer}); what is new or changed
 *       goes out at once, one {@link ItemBatch} a shard. What is gone is marked.
 *   <li>An answer about a single name waits for the end of the round ({@link DueNames}).
 *   <li>The round's watermark is held back until what is gone has been found, counted and judged
 *       ({@link RoundEnd}) by all subtasks together ({@link EndCoordinator}).
 *   <li>The counts go to {@link #EVENTS}, and the watermark passes.
 * </ol>
 *
 * <p>Beside the pages the state says which round it is of: a job cannot start from a savepoint that
 * is not its base's, nor from one that was taken in the middle of a round.
 */
public final class DirectoryIndexOperator extends AbstractStreamOperator<ItemBatch>
        implements OneInputStreamOperator<Change, ItemBatch>, OperatorEventHandler {
    private static final long serialVersionUID = 1L;

    /** Name under which this operator's counts travel. */
    public static final String NAME = "directory-index";

    /** Name in the savepoint of the state that says which round it is of. */
    static final String PROGRESS = "progress";

    /** Events of the round, for the collector. */
    public static final OutputTag<RoundEvent> EVENTS =
            new OutputTag<>("index-events", RoundEventSerializer.TYPE);

    private final IndexOptions options;
    private final MailboxExecutor mailbox;
    private final OperatorEventGateway coordinator;

    private transient ListState<IndexProgress> progressState;
    private transient ListState<RoundEvent> tallyState;
    private transient IndexState state;
    private transient IndexCounts counts;
    private transient TreeMap<String, Tally> sources;
    private transient EndEvent.Verdict restoredVerdict;
    private transient boolean afterAFailure;
    private transient Outbox outbox;
    private transient ListingIndexer listings;
    private transient DueNames due;
    private transient RoundEnd end;
    private transient Watermark held;
    private transient boolean ended;

    DirectoryIndexOperator(
            StreamOperatorParameters<ItemBatch> parameters,
            IndexOptions options,
            OperatorEventGateway coordinator) {
        super(parameters);
        this.options = options;
        this.coordinator = coordinator;
        mailbox = parameters.getMailboxExecutor();
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        state = new IndexState(context.getKeyedStateStore());
        counts = new IndexCounts();
        sources = new TreeMap<>();
        progressState =
                context.getOperatorStateStore()
                        .getUnionListState(
                                new ListStateDescriptor<>(
                                        PROGRESS, IndexProgress.Serializer.INSTANCE));
        tallyState =
                context.getOperatorStateStore()
                        .getListState(
                                new ListStateDescriptor<>(
                                        "tallies", RoundEventSerializer.INSTANCE));
        boolean goesOn = restoreProgress();
        if (goesOn) {
            restoreTallies();
        }
        // Before its first checkpoint a round begins anew after a failure, but not the scan's
        // enumerator: it has back what it gave to the readers, the root and parts of it.
        afterAFailure = goesOn || getRuntimeContext().getTaskInfo().getAttemptNumber() > 0;
        if (afterAFailure) {
            counts.add(IndexCount.RESTORES);
        }
        counts.set(IndexCount.WITHOUT_SCAN, options.fullScan() ? 0 : 1);
    }

    /** Whether the state is of this very run; else it must be that of its base. */
    private boolean restoreProgress() throws Exception {
        boolean any = false;
        boolean own = false;
        for (IndexProgress progress : progressState.get()) {
            any = true;
            if (progress.run().equals(options.run())) {
                own = true;
                restoredVerdict = progress.verdict() == null ? restoredVerdict : progress.verdict();
            } else {
                requireBase(progress);
            }
        }
        if (!any && options.base() != null) {
            throw new SluiceException(
                    "the savepoint holds no index, so round "
                            + options.round()
                            + " cannot go on from round "
                            + options.base().round()
                            + "; run a full backup");
        }
        return own;
    }

    private void requireBase(IndexProgress progress) {
        IndexOptions.Base base = options.base();
        if (base == null
                || base.round() != progress.round()
                || !base.run().equals(progress.run())) {
            throw new SluiceException(
                    "the savepoint is that of round "
                            + progress.round()
                            + ", and round "
                            + options.round()
                            + (base == null
                                    ? " begins anew; give no savepoint"
                                    : " goes on from round "
                                            + base.round()
                                            + "; give that one's savepoint, or none"));
        }
        if (!progress.ended()) {
            throw new SluiceException(
                    "the savepoint was taken in the middle of round "
                            + progress.round()
                            + "; give the one that the chain names, or none");
        }
    }

    private void restoreTallies() throws Exception {
        for (RoundEvent event : tallyState.get()) {
            Tally tally = (Tally) event;
            if (tally.operator().equals(NAME)) {
                counts.addAll(tally.counts());
            } else {
                sources.put(tally.operator() + "/" + tally.number(), tally);
            }
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        long round = options.round();
        outbox = new Outbox(output, options, counts);
        // Where several sources name what has changed, they may name one directory twice.
        boolean listedTwice = afterAFailure || !options.fullScan();
        TapeUse tape = options.tape();
        listings = new ListingIndexer(state, outbox, counts, round, listedTwice, tape);
        due = new DueNames(state, outbox, counts, round, options.fullScan(), tape);
        end =
                new RoundEnd(
                        state,
                        getKeyedStateBackend(),
                        due,
                        new Deletion(
                                state,
                                outbox,
                                counts,
                                due,
                                round,
                                options.scanFollows(),
                                subtask == 0),
                        mailbox,
                        coordinator,
                        restoredVerdict,
                        this::passWatermark);
        new IndexMetrics(getMetricGroup(), counts);
    }

    @Override
    public void processElement(StreamRecord<Change> element) throws Exception {
        if (held != null) {
            throw new IllegalStateException("a change after the end of round " + options.round());
        }
        Change change = element.getValue();
        if (change instanceof Listing listing) {
            if (!counts.sawAListing()) {
                counts.listingAt(getProcessingTimeService().getCurrentProcessingTime());
            }
            listings.listing(listing);
        } else if (change instanceof Delta delta) {
            due.add(delta);
        } else if (change instanceof SourceTotals totals) {
            totals(totals);
        }
    }

    /** The last word of a source's reader: replaces what it said before a failure. */
    private void totals(SourceTotals totals) {
        String source = "source." + totals.source();
        TreeMap<String, Long> sent = new TreeMap<>();
        sent.put("names", totals.names());
        sent.put("directories", totals.directories());
        sent.put("directories.failed", totals.unreadableDirectories());
        sent.put("deltas", totals.deltas());
        sent.putAll(totals.more());
        sources.put(source + "/" + totals.reader(), new Tally(source, totals.reader(), sent));
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.getTimestamp() != options.round()) {
            throw new SluiceException(
                    "round "
                            + options.round()
                            + " was ended from outside (watermark "
                            + mark.getTimestamp()
                            + "); nothing is committed, start it again");
        }
        held = mark;
        counts.scanEndedAt(getProcessingTimeService().getCurrentProcessingTime());
        int incomplete = state.parted().dropIncomplete(getKeyedStateBackend());
        if (incomplete > 0) {
            LOG.warn("Readings of {} directories never came to their end.", incomplete);
        }
        end.begin();
    }

    @Override
    public void handleOperatorEvent(OperatorEvent event) {
        try {
            end.handle((EndEvent) event);
        } catch (Exception e) {
            throw e instanceof RuntimeException unchecked
                    ? unchecked
                    : new IllegalStateException("at the end of round " + options.round(), e);
        }
    }

    private void passWatermark() throws Exception {
        tallies().forEach(outbox::event);
        ended = true;
        super.processWatermark(held);
    }

    private Iterable<Tally> tallies() {
        Map<String, Tally> all = new TreeMap<>(sources);
        int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        all.put(NAME, new Tally(NAME, subtask, counts.toMap()));
        return all.values();
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        progressState.clear();
        progressState.add(new IndexProgress(options.round(), options.run(), end.verdict(), ended));
        tallyState.clear();
        for (Tally tally : tallies()) {
            tallyState.add(tally);
        }
    }

    @Override
    public void close() throws Exception {
        if (end != null) {
            end.close();
        }
        super.close();
    }
}
