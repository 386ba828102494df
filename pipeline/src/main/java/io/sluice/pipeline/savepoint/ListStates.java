package io.sluice.pipeline.savepoint;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.DefaultOperatorStateBackendBuilder;
import org.apache.flink.runtime.state.OperatorStateBackend;

/**
 * Reads the operators' own states of a savepoint, which must be few. Needs what every Flink has, so
 * the client of a cluster can do it too; and leaves no thread behind, as each use of the State
 * Processor API's input formats does.
 */
public final class ListStates {
    private final Savepoint savepoint;
    private final ExecutionConfig execution = new ExecutionConfig();

    public ListStates(Savepoint savepoint) {
        this.savepoint = savepoint;
    }

    /** The elements of a union list state, which must be few. */
    public <T> List<T> union(String uid, String state, TypeSerializer<T> serializer)
            throws IOException {
        ListStateDescriptor<T> descriptor = new ListStateDescriptor<>(state, serializer);
        return elements(uid, backend -> backend.getUnionListState(descriptor));
    }

    /** The elements of a list state, which must be few. */
    public <T> List<T> list(String uid, String state, TypeSerializer<T> serializer)
            throws IOException {
        ListStateDescriptor<T> descriptor = new ListStateDescriptor<>(state, serializer);
        return elements(uid, backend -> backend.getListState(descriptor));
    }

    private interface ListOf<T> {
        ListState<T> in(OperatorStateBackend backend) throws Exception;
    }

    private <T> List<T> elements(String uid, ListOf<T> list) throws IOException {
        List<T> elements = new ArrayList<>();
        for (OperatorSubtaskState subtask : savepoint.required(uid).getStates()) {
            try (CloseableRegistry streams = new CloseableRegistry();
                    OperatorStateBackend backend =
                            new DefaultOperatorStateBackendBuilder(
                                            getClass().getClassLoader(),
                                            execution,
                                            false,
                                            subtask.getManagedOperatorState(),
                                            streams)
                                    .build()) {
                list.in(backend).get().forEach(elements::add);
            } catch (Exception e) {
                throw savepoint.failed(e);
            }
        }
        return elements;
    }
}
