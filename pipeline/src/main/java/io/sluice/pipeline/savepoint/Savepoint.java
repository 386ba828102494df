package io.sluice.pipeline.savepoint;

import io.sluice.common.SluiceException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;

/** A savepoint as it lies on a disk: what its own table of contents says. Immutable. */
public final class Savepoint {
    private static final String CONTENTS = "_metadata";

    private final Path directory;
    private final String quoted;
    private final CheckpointMetadata metadata;

    private Savepoint(Path directory, String quoted, CheckpointMetadata metadata) {
        this.directory = directory;
        this.quoted = quoted;
        this.metadata = metadata;
    }

    /**
     * Reads the table of contents, and looks whether every file is there.
     *
     * @param quoted the directory's path for messages
     * @throws SluiceException if it is no savepoint, or not a whole one
     */
    public static Savepoint open(Path directory, String quoted) throws IOException {
        if (!Files.isRegularFile(directory.resolve(CONTENTS))) {
            throw new SluiceException(
                    quoted
                            + " is no savepoint: it has no file "
                            + CONTENTS
                            + "; name an archive, or a directory state/savepoints/R/savepoint-… of one");
        }
        CheckpointMetadata metadata;
        try {
            metadata = read(directory);
        } catch (IOException | RuntimeException e) {
            throw new SluiceException(
                    "the file "
                            + CONTENTS
                            + " of savepoint "
                            + quoted
                            + " cannot be read ("
                            + e.getMessage()
                            + "); restore the savepoint from a copy",
                    e);
        }
        SavepointFiles.requireAll(metadata, quoted);
        return new Savepoint(directory, quoted, metadata);
    }

    private static CheckpointMetadata read(Path directory) throws IOException {
        String name = directory.toUri().toString();
        ClassLoader classes = Savepoint.class.getClassLoader();
        try (DataInputStream in =
                new DataInputStream(
                        new BufferedInputStream(
                                Files.newInputStream(directory.resolve(CONTENTS))))) {
            return Checkpoints.loadCheckpointMetadata(in, classes, name);
        }
    }

    /** Its path for messages. */
    String quoted() {
        return quoted;
    }

    /**
     * An operator's part of it.
     *
     * @param uid null where the savepoint does not say it
     * @param keyGroups parts that its keys can be divided into
     * @param bytes of its state
     */
    public record Operator(String uid, String id, int parallelism, int keyGroups, long bytes) {}

    public List<Operator> operators() {
        return metadata.getOperatorStates().stream()
                .map(
                        operator ->
                                new Operator(
                                        operator.getOperatorUid().orElse(null),
                                        operator.getOperatorID().toHexString(),
                                        operator.getParallelism(),
                                        operator.getMaxParallelism(),
                                        operator.getStateSize()))
                .toList();
    }

    /** The state of the operator with that uid, null if there is none. */
    OperatorState operator(String uid) {
        return metadata.getOperatorStates().stream()
                .filter(operator -> operator.getOperatorUid().equals(Optional.of(uid)))
                .findFirst()
                .orElse(null);
    }

    /**
     * The state of the operator with that uid.
     *
     * @throws SluiceException if there is none
     */
    OperatorState required(String uid) {
        OperatorState operator = operator(uid);
        if (operator == null) {
            throw new SluiceException(
                    quoted
                            + " is a savepoint of another program: it has no operator '"
                            + uid
                            + "'; name one of a backup");
        }
        return operator;
    }

    /** What a reader throws comes out of Flink under messages that say nothing. */
    IOException failed(Exception e) {
        Throwable root = e;
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SluiceException known) {
                throw known;
            }
            root = cause;
        }
        throw new SluiceException(
                "the state in savepoint "
                        + quoted
                        + " cannot be read ("
                        + root
                        + "); restore the savepoint from a copy",
                e);
    }

    /**
     * What it takes on disk.
     *
     * @param bytes length of all files together
     */
    public record Size(long files, long bytes) {}

    public Size size() throws IOException {
        long files = 0;
        long bytes = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path file : all) {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    files++;
                    bytes += Files.size(file);
                }
            }
        }
        return new Size(files, bytes);
    }
}
