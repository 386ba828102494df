package io.sluice.pipeline.index;

import io.sluice.common.change.Change;
import io.sluice.common.item.ItemBatch;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/** Makes {@link DirectoryIndexOperator}s where they run. */
public final class DirectoryIndexFactory extends AbstractStreamOperatorFactory<ItemBatch>
        implements OneInputStreamOperatorFactory<Change, ItemBatch> {
    private static final long serialVersionUID = 1L;

    private final IndexOptions options;

    public DirectoryIndexFactory(IndexOptions options) {
        this.options = options;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T extends StreamOperator<ItemBatch>> T createStreamOperator(
            StreamOperatorParameters<ItemBatch> parameters) {
        return (T) new DirectoryIndexOperator(parameters, options);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
        return DirectoryIndexOperator.class;
    }
}
