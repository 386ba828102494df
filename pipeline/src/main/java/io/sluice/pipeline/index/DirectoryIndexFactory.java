package io.sluice.pipeline.index;

import io.sluice.common.change.Change;
import io.sluice.common.item.ItemBatch;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEventDispatcher;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.CoordinatedOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/** Makes {@link DirectoryIndexOperator}s where they run, and their coordinator. */
public final class DirectoryIndexFactory extends AbstractStreamOperatorFactory<ItemBatch>
        implements OneInputStreamOperatorFactory<Change, ItemBatch>,
                CoordinatedOperatorFactory<ItemBatch> {
    private static final long serialVersionUID = 1L;

    private final IndexOptions options;
    private final int keyGroups;

    /**
     * @param keyGroups the job's maximal parallelism
     */
    public DirectoryIndexFactory(IndexOptions options, int keyGroups) {
        this.options = options;
        this.keyGroups = keyGroups;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T extends StreamOperator<ItemBatch>> T createStreamOperator(
            StreamOperatorParameters<ItemBatch> parameters) {
        OperatorID id = parameters.getStreamConfig().getOperatorID();
        OperatorEventDispatcher events = parameters.getOperatorEventDispatcher();
        DirectoryIndexOperator operator =
                new DirectoryIndexOperator(parameters, options, events.getOperatorEventGateway(id));
        events.registerEventHandler(id, operator);
        return (T) operator;
    }

    @Override
    public OperatorCoordinator.Provider getCoordinatorProvider(
            String operatorName, OperatorID operator) {
        return new Provider(operator, options.deletions(), keyGroups);
    }

    private record Provider(OperatorID operator, DeletionLimit limit, int keyGroups)
            implements OperatorCoordinator.Provider {
        private static final long serialVersionUID = 1L;

        @Override
        public OperatorID getOperatorId() {
            return operator;
        }

        @Override
        public OperatorCoordinator create(OperatorCoordinator.Context context) {
            return new EndCoordinator(context::currentParallelism, limit, keyGroups);
        }
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
        return DirectoryIndexOperator.class;
    }
}
