package io.sluice.ptcomm.writer;

import io.sluice.common.SluiceException;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.round.Failure;
import io.sluice.common.round.Owed;
import io.sluice.common.round.OwedReason;
import io.sluice.common.round.Receipt;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.runtime.state.CheckpointableKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.WrappingRuntimeException;

/**
 * Reads what the index decided and sends it as one FD stream a shard. Keyed by shard ({@link
 * ShardKeys}); a subtask serves all shards whose key group is its own, also those that get no item.
 *
 * <p>State, counts and output change in the mailbox thread only. The threads of a {@link
 * ShardStream} read and send, and what they learn comes back as mail; so a checkpoint between any
 * two mails is consistent without a lock. Nothing in the mailbox waits for a file: a queue that
 * finds no room on the heap goes on in keyed state ({@link ItemQueue}), and only when that is full
 * too the operator waits, and lets mail through while it does.
 *
 * <p>Before a checkpoint's barrier each stream is brought to a durable point, and what became of
 * the items up to there is counted and told. The checkpoint's state is that point, those counts,
 * and the items behind it, in order ({@link ShardProgress}). An attempt that is restored from it
 * goes on there: what an earlier one sent beyond is cut off, and those items are read and told
 * again. So each stands in the stream once, and in the counts once. State of another run counts as
 * empty.
 *
 * <p>Watermark {@code round} lets the queues run out. When each stream has its receipt, receipts
 * and counts go to the collector and the watermark passes: after that this operator has nothing
 * left to do.
 */
public final class ShardWriterOperator extends AbstractStreamOperator<RoundEvent>
        implements OneInputStreamOperator<ItemBatch, RoundEvent> {
    private static final long serialVersionUID = 1L;

    /** Name under which this operator's counts travel. */
    public static final String NAME = "shard-writer";

    private final WriterOptions options;
    private final QueueSizes queues;
    private final Receivers receivers;
    private final MailboxExecutor mailbox;

    private transient ValueState<ShardProgress> progress;
    private transient MapState<Long, byte[]> links;
    private transient MapState<Long, ItemBatch> queued;
    private transient MapState<String, byte[]> claimed;
    private transient int[] keys;
    private transient ReaderPool readers;

    /** By their numbers; null where a shard is another subtask's. */
    private transient WriterShard[] shards;

    private transient Watermark heldWatermark;
    private transient boolean passed;
    private transient WriterMetrics metrics;

    ShardWriterOperator(
            StreamOperatorParameters<RoundEvent> parameters,
            WriterOptions options,
            QueueSizes queues,
            Receivers receivers) {
        super(parameters);
        this.options = options;
        this.queues = queues;
        this.receivers = receivers;
        mailbox = parameters.getMailboxExecutor();
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        progress =
                context.getKeyedStateStore()
                        .getState(
                                new ValueStateDescriptor<>(
                                        "progress", ShardProgressSerializer.INSTANCE));
        links = context.getKeyedStateStore().getMapState(LinkState.DESCRIPTOR);
        claimed = context.getKeyedStateStore().getMapState(Claims.DESCRIPTOR);
        queued = context.getKeyedStateStore().getMapState(QueueState.DESCRIPTOR);
    }

    @Override
    public void open() throws Exception {
        super.open();
        keys = ShardKeys.of(options.shards());
        shards = new WriterShard[options.shards()];
        metrics = new WriterMetrics(getMetricGroup(), options.round(), shards);
        KeyGroupRange own =
                ((CheckpointableKeyedStateBackend<?>) getKeyedStateBackend()).getKeyGroupRange();
        List<Integer> numbers = new ArrayList<>();
        for (int shard = 0; shard < options.shards(); shard++) {
            if (own.contains(ShardKeys.keyGroup(shard, options.shards()))) {
                numbers.add(shard);
            }
        }
        if (numbers.isEmpty()) {
            return;
        }
        readers = new ReaderPool(options.readers(), options);
        BufferSizes sizes = BufferSizes.of(numbers.size(), options.readers());
        QueueSizes queueSizes = queues.share(numbers.size());
        for (int number : numbers) {
            open(number, sizes, queueSizes);
        }
    }

    private void open(int number, BufferSizes sizes, QueueSizes queueSizes) throws Exception {
        // Mail, and what waits for room, come at any time: the current key is then anyone's.
        Runnable key = () -> setCurrentKey(keys[number]);
        LinkState linkState = new LinkState(links, key);
        ShardProgress former = former(number);
        ShardCounts counts = former == null ? new ShardCounts() : new ShardCounts(former.counts());
        WriterShard shard = new WriterShard(number, counts, linkState);
        shards[number] = shard;
        if (former != null && former.receipt() != null) {
            shard.finished(former.receipt());
            return;
        }
        QueueMark mark = former == null ? QueueMark.EMPTY : former.queue();
        Claims claims =
                receivers instanceof BridgeDialer
                        ? new Claims(claimed, key, linkState)
                        : Claims.none();
        Post post = new Post();
        ShardStream stream =
                new ShardStream(
                        number,
                        sizes,
                        new ItemQueue(queueSizes, new QueueState(queued, key), linkState, mark),
                        claims,
                        options,
                        output(number, former, claims, post),
                        readers,
                        post,
                        new Ledger(shard));
        shard.streams(stream);
        stream.begin();
    }

    private ShardOutput output(int number, ShardProgress former, Claims claims, Post post)
            throws Exception {
        int attempt = getRuntimeContext().getTaskInfo().getAttemptNumber();
        ReceiverPoint point = former == null ? null : former.point();
        if (receivers instanceof ShardReceiverFactory factory) {
            return new PointedReceiver(factory.open(number, attempt, point));
        }
        long counted = point == null ? 0 : point.entries();
        try {
            BridgeLink link =
                    ((BridgeDialer) receivers)
                            .dial(
                                    number,
                                    attempt,
                                    counted,
                                    (first, count, records) ->
                                            claims.addAll(first, count, records, counted + 1));
            return new AcknowledgedOutput(link, problem -> post.failed(number, problem));
        } catch (BridgeAbortException e) {
            throw new SluiceException(e.getMessage(), e);
        }
    }

    /** What this run has done of the shard; null, and nothing in state, when that is nothing. */
    private ShardProgress former(int shard) throws IOException {
        setCurrentKey(keys[shard]);
        ShardProgress stored = progress.value();
        if (stored == null || !stored.run().equals(options.run())) {
            links.clear();
            queued.clear();
            claimed.clear();
            progress.clear();
            return null;
        }
        if (stored.point() == null && stored.receipt() == null) {
            throw new SluiceException(
                    "shard "
                            + shard
                            + " of round "
                            + options.round()
                            + " was begun by an older release, and its stream cannot be continued; start the round again");
        }
        return stored;
    }

    @Override
    public void processElement(StreamRecord<ItemBatch> element) throws Exception {
        ItemBatch batch = element.getValue();
        WriterShard shard = shards[batch.shard()];
        if (shard == null) {
            throw new IllegalStateException("shard " + batch.shard() + " is not of this subtask");
        }
        if (heldWatermark != null) {
            throw new IllegalStateException("an item after the end of round " + options.round());
        }
        ShardStream stream = shard.stream();
        while (stream.isFull()) {
            processOneMail();
        }
        stream.offer(batch);
    }

    /** What a mail throws comes out as it is, and not wrapped, here as elsewhere. */
    private void processOneMail() throws Exception {
        try {
            mailbox.yield();
        } catch (WrappingRuntimeException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
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
        heldWatermark = mark;
        for (WriterShard shard : shards) {
            if (shard != null && shard.receipt() == null) {
                shard.stream().end();
            }
        }
        passWatermark();
    }

    private void passWatermark() throws Exception {
        if (heldWatermark == null || passed) {
            return;
        }
        for (WriterShard shard : shards) {
            if (shard != null && shard.receipt() == null) {
                return;
            }
        }
        passed = true;
        for (WriterShard shard : shards) {
            if (shard != null) {
                emit(shard.receipt());
                emit(new Tally(NAME, shard.number, shard.counts.toMap()));
            }
        }
        super.processWatermark(heldWatermark);
    }

    /** What is owed or failed up to the points goes before the barrier, and so into its state. */
    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
        super.prepareSnapshotPreBarrier(checkpoint);
        for (WriterShard shard : shards) {
            if (shard != null) {
                shard.takePoint();
            }
        }
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        for (WriterShard shard : shards) {
            if (shard != null) {
                ShardProgress now = shard.progress(options.round(), options.run());
                setCurrentKey(keys[shard.number]);
                progress.update(now);
                shard.taken(context.getCheckpointId());
            }
        }
        super.snapshotState(context);
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) throws Exception {
        super.notifyCheckpointComplete(checkpoint);
        for (WriterShard shard : shards) {
            if (shard != null) {
                shard.completed(checkpoint);
            }
        }
    }

    /** Turns what the writing threads tell, on those threads, into mail. */
    private final class Post implements ShardStream.Listener {
        @Override
        public void written(ShardStream stream, Slice slice) {
            mail(() -> stream.settle(slice), "outcomes of shard " + stream.shard());
        }

        @Override
        public void begunFinished(ShardStream stream, Claim claim) {
            mail(() -> stream.begunFinished(claim), "begun entry of shard " + stream.shard());
        }

        @Override
        public void finished(ShardStream stream, Receipt receipt) {
            mail(
                    () -> {
                        shards[stream.shard()].finished(receipt);
                        passWatermark();
                    },
                    "receipt of shard " + stream.shard());
        }

        @Override
        public void failed(ShardStream stream, Throwable problem) {
            failed(stream.shard(), problem);
        }

        /** On any thread. */
        void failed(int shard, Throwable problem) {
            mail(
                    () -> {
                        if (problem instanceof BridgeAbortException) {
                            throw new SluiceException(problem.getMessage(), problem);
                        }
                        throw problem instanceof Exception e
                                ? e
                                : new IllegalStateException(problem);
                    },
                    "failure of shard " + shard);
        }

        private void mail(
                org.apache.flink.util.function.ThrowingRunnable<? extends Exception> letter,
                String subject) {
            try {
                mailbox.execute(letter, subject);
            } catch (RejectedExecutionException e) {
                // The task is ending: there is nobody to tell, and close() stops the stream.
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Counts and tells what became of a shard's items. */
    private final class Ledger implements ShardStream.Ledger {
        private final WriterShard shard;

        Ledger(WriterShard shard) {
            this.shard = shard;
        }

        @Override
        public void settle(Outcome outcome) throws IOException {
            ShardWriterOperator.this.settle(shard, outcome);
        }

        /** The file vanished between the attempts: the next round will see. */
        @Override
        public void settleUnclaimed(Claim claim) {
            shard.counts.countUnclaimed(claim);
            if (claim.operation() != null) {
                emit(new Failure(claim.path(), claim.operation(), claim.errno()));
            }
            emit(new Owed(claim.path(), OwedReason.VANISHED, shard.number));
        }
    }

    private void settle(WriterShard shard, Outcome outcome) throws IOException {
        shard.counts.count(outcome);
        shard.links.settled(outcome);
        if (outcome.operation != null) {
            emit(new Failure(outcome.item.path(), outcome.operation, outcome.errno));
        }
        if (outcome.owed != null) {
            emit(new Owed(outcome.item.path(), outcome.owed, shard.number));
        }
        metrics.count(outcome);
    }

    private void emit(RoundEvent event) {
        output.collect(new StreamRecord<>(event));
    }

    @Override
    public void close() throws Exception {
        if (shards != null) {
            for (WriterShard shard : shards) {
                try {
                    if (shard != null) {
                        shard.close();
                    }
                } catch (IOException e) {
                    // What counts is durable already. An operator that throws here takes its
                    // TaskManager down.
                    LOG.warn("A shard's stream was not closed in good order", e);
                }
            }
        }
        if (readers != null) {
            readers.close();
        }
        super.close();
    }
}
