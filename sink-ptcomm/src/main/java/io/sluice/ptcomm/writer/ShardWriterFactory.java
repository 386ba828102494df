package io.sluice.ptcomm.writer;

import io.sluice.common.item.ItemBatch;
import io.sluice.common.round.RoundEvent;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/** Makes {@link ShardWriterOperator}s where they run. */
public final class ShardWriterFactory extends AbstractStreamOperatorFactory<RoundEvent>
        implements OneInputStreamOperatorFactory<ItemBatch, RoundEvent> {
    private static final long serialVersionUID = 1L;

    private final WriterOptions options;
    private final QueueSizes queues;
    private final Receivers receivers;

    public ShardWriterFactory(WriterOptions options, Receivers receivers) {
        this(options, QueueSizes.SUBTASK, receivers);
    }

    /**
     * @param queues of all shards of a subtask together
     */
    ShardWriterFactory(WriterOptions options, QueueSizes queues, Receivers receivers) {
        this.options = options;
        this.queues = queues;
        this.receivers = receivers;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T extends StreamOperator<RoundEvent>> T createStreamOperator(
            StreamOperatorParameters<RoundEvent> parameters) {
        return (T) new ShardWriterOperator(parameters, options, queues, receivers);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
        return ShardWriterOperator.class;
    }
}
