package io.sluice.ptcomm.writer;

import io.sluice.common.SluiceException;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.round.Failure;
import io.sluice.common.round.Owed;
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
    private final ShardReceiverFactory receivers;
    private final MailboxExecutor mailbox;

    private transient ValueState<ShardProgress> progress;
    private transient MapState<Long, byte[]> links;
    private transient MapState<Long, ItemBatch> overflow;
    private transient int[] keys;
    private transient ReaderPool readers;
    private transient ShardStream[] streams;
    private transient LinkState[] linkStates;
    private transient ShardCounts[] counts;
    private transient int open;
    private transient Watermark heldWatermark;
    private transient List<Receipt> receipts;
    private transient WriterMetrics metrics;

    ShardWriterOperator(
            StreamOperatorParameters<RoundEvent> parameters,
            WriterOptions options,
            QueueSizes queues,
            ShardReceiverFactory receivers) {
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
        overflow = context.getKeyedStateStore().getMapState(OverflowState.DESCRIPTOR);
    }

    @Override
    public void open() throws Exception {
        super.open();
        keys = ShardKeys.of(options.shards());
        streams = new ShardStream[options.shards()];
        metrics = new WriterMetrics(getMetricGroup(), options.round(), streams);
        linkStates = new LinkState[options.shards()];
        counts = new ShardCounts[options.shards()];
        receipts = new ArrayList<>();
        KeyGroupRange own =
                ((CheckpointableKeyedStateBackend<?>) getKeyedStateBackend()).getKeyGroupRange();
        List<Integer> shards = new ArrayList<>();
        for (int shard = 0; shard < options.shards(); shard++) {
            if (own.contains(ShardKeys.keyGroup(shard, options.shards()))) {
                shards.add(shard);
            }
        }
        open = shards.size();
        if (shards.isEmpty()) {
            return;
        }
        readers = new ReaderPool(options.readers(), options);
        BufferSizes sizes = BufferSizes.of(shards.size());
        QueueSizes queueSizes = queues.share(shards.size());
        int attempt = getRuntimeContext().getTaskInfo().getAttemptNumber();
        for (int shard : shards) {
            begin(shard);
            counts[shard] = new ShardCounts();
            // Mail, and what waits for room, come at any time: the current key is then anyone's.
            Runnable key = () -> setCurrentKey(keys[shard]);
            linkStates[shard] = new LinkState(links, key);
            ItemQueue queue =
                    new ItemQueue(queueSizes, new OverflowState(overflow, key), linkStates[shard]);
            streams[shard] =
                    new ShardStream(
                            shard,
                            sizes,
                            queue,
                            options,
                            receivers.open(shard, attempt),
                            readers,
                            new Post());
        }
    }

    private void begin(int shard) throws IOException {
        setCurrentKey(keys[shard]);
        ShardProgress stored = progress.value();
        if (stored != null && stored.run().equals(options.run())) {
            throw new SluiceException(
                    "shard "
                            + shard
                            + " of round "
                            + options.round()
                            + " was already begun by this run, and a begun stream cannot be continued; start the round again");
        }
        links.clear();
        overflow.clear();
        progress.update(new ShardProgress(options.round(), options.run(), 0));
    }

    @Override
    public void processElement(StreamRecord<ItemBatch> element) throws Exception {
        ItemBatch batch = element.getValue();
        ShardStream stream = streams[batch.shard()];
        if (stream == null) {
            throw new IllegalStateException("shard " + batch.shard() + " is not of this subtask");
        }
        if (heldWatermark != null) {
            throw new IllegalStateException("an item after the end of round " + options.round());
        }
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
            throw new LastingFailureException(
                    "round "
                            + options.round()
                            + " was ended from outside (watermark "
                            + mark.getTimestamp()
                            + "); nothing is committed, start it again");
        }
        heldWatermark = mark;
        for (ShardStream stream : streams) {
            if (stream != null) {
                stream.end();
            }
        }
        passWatermark();
    }

    private void passWatermark() throws Exception {
        if (open > 0 || heldWatermark == null) {
            return;
        }
        for (Receipt receipt : receipts) {
            output.collect(new StreamRecord<>(receipt));
            output.collect(
                    new StreamRecord<>(
                            new Tally(NAME, receipt.shard(), counts[receipt.shard()].toMap())));
        }
        super.processWatermark(heldWatermark);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        for (int shard = 0; shard < streams.length; shard++) {
            if (streams[shard] != null) {
                setCurrentKey(keys[shard]);
                progress.update(
                        new ShardProgress(options.round(), options.run(), counts[shard].items()));
            }
        }
        super.snapshotState(context);
    }

    /** Turns what the writing threads tell, on those threads, into mail. */
    private final class Post implements ShardStream.Listener {
        @Override
        public void written(ShardStream stream, Slice slice) {
            mail(() -> settle(stream, slice), "outcomes of shard " + stream.shard());
        }

        @Override
        public void finished(ShardStream stream, Receipt receipt) {
            mail(
                    () -> {
                        // They are of this round only; a savepoint must not carry them along.
                        setCurrentKey(keys[stream.shard()]);
                        links.clear();
                        receipts.add(receipt);
                        open--;
                        passWatermark();
                    },
                    "receipt of shard " + stream.shard());
        }

        @Override
        public void failed(ShardStream stream, Throwable problem) {
            mail(
                    () -> {
                        throw problem instanceof Exception e
                                ? e
                                : new IllegalStateException(problem);
                    },
                    "failure of shard " + stream.shard());
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

    private void settle(ShardStream stream, Slice slice) throws IOException {
        for (Outcome outcome : slice.outcomes) {
            counts[stream.shard()].count(outcome);
            linkStates[stream.shard()].settled(outcome);
            if (outcome.operation != null) {
                emit(new Failure(outcome.item.path(), outcome.operation, outcome.errno));
            }
            if (outcome.owed != null) {
                emit(new Owed(outcome.item.path(), outcome.owed, stream.shard()));
            }
            metrics.count(outcome);
        }
        stream.settled(slice);
    }

    private void emit(RoundEvent event) {
        output.collect(new StreamRecord<>(event));
    }

    @Override
    public void close() throws Exception {
        Exception first = null;
        if (streams != null) {
            for (ShardStream stream : streams) {
                try {
                    if (stream != null) {
                        stream.close();
                    }
                } catch (IOException e) {
                    first = first == null ? e : first;
                }
            }
        }
        if (readers != null) {
            readers.close();
        }
        super.close();
        if (first != null) {
            throw first;
        }
    }
}
