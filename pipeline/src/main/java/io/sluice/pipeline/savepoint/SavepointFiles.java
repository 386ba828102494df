package io.sluice.pipeline.savepoint;

import io.sluice.common.SluiceException;
import java.io.IOException;
import java.util.stream.Stream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.StateObject;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;

/** The files that a savepoint's table of contents names. */
final class SavepointFiles {
    private SavepointFiles() {}

    /**
     * @throws SluiceException if one is missing or not as long as it must be
     */
    static void requireAll(CheckpointMetadata metadata, String quoted) throws IOException {
        for (OperatorState operator : metadata.getOperatorStates()) {
            for (OperatorSubtaskState subtask : operator.getStates()) {
                for (FileStateHandle file : (Iterable<FileStateHandle>) files(subtask)::iterator) {
                    require(file, quoted);
                }
            }
        }
    }

    private static void require(FileStateHandle file, String quoted) throws IOException {
        Path path = file.getFilePath();
        FileSystem filesystem = path.getFileSystem();
        FileStatus found = filesystem.exists(path) ? filesystem.getFileStatus(path) : null;
        if (found == null || found.getLen() != file.getStateSize()) {
            throw new SluiceException(
                    "savepoint "
                            + quoted
                            + " is not whole: its file '"
                            + path.getName()
                            + (found == null
                                    ? "' is missing"
                                    : "' has "
                                            + found.getLen()
                                            + " bytes instead of "
                                            + file.getStateSize())
                            + "; restore the savepoint from a copy");
        }
    }

    private static Stream<FileStateHandle> files(OperatorSubtaskState subtask) {
        return Stream.of(
                        subtask.getManagedKeyedState(),
                        subtask.getRawKeyedState(),
                        subtask.getManagedOperatorState(),
                        subtask.getRawOperatorState())
                .flatMap(states -> states.stream())
                .flatMap(SavepointFiles::streams)
                .filter(FileStateHandle.class::isInstance)
                .map(FileStateHandle.class::cast);
    }

    private static Stream<StreamStateHandle> streams(StateObject state) {
        if (state instanceof IncrementalRemoteKeyedStateHandle keyed) {
            return Stream.concat(
                    Stream.of(keyed.getMetaDataStateHandle()),
                    Stream.concat(keyed.getSharedState().stream(), keyed.getPrivateState().stream())
                            .map(HandleAndLocalPath::getHandle));
        }
        if (state instanceof KeyGroupsStateHandle keyed) {
            return Stream.of(keyed.getDelegateStateHandle());
        }
        if (state instanceof OperatorStateHandle operator) {
            return Stream.of(operator.getDelegateStateHandle());
        }
        return Stream.empty();
    }
}
