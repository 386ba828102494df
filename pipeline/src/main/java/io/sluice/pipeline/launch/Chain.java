package io.sluice.pipeline.launch;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.sluice.common.SluiceException;
import io.sluice.ptcomm.archive.Archive;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The chain file: one entry for each round, and what a later round must match to build on it.
 * Replaced by rename, never changed in place. Belongs to whoever holds the archive's lock.
 */
final class Chain {
    private static final int FORMAT = 1;
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** Where a round stands. */
    enum State {
        /** The savepoint exists; the receivers have not all released the round yet. */
        PENDING,
        /** Every receiver has it for good. */
        COMMITTED
    }

    /**
     * What was walked.
     *
     * @param type {@code f_type} of statfs(2), hexadecimal
     * @param rootInode unsigned
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Filesystem(String type, String rootInode) {
        static Filesystem of(SourceRoot root) {
            return new Filesystem(
                    "0x" + Long.toHexString(root.identity().filesystemType()),
                    Long.toUnsignedString(root.identity().directory().inode()));
        }
    }

    /**
     * How far a log has been read.
     *
     * @param user who reads it
     * @param next index of the first record that has not been read
     */
    record Cursor(String user, long next) {}

    /**
     * One round.
     *
     * @param base the round it builds on; null for a Full
     * @param path the root, as escaped text
     * @param mounts what was mounted below the root, where mounts were crossed
     * @param excludes patterns of what was left out, in their order, as escaped text
     * @param excludeIfPresent names of marker files, as escaped text
     * @param known names in the index at the round's end
     * @param gone names of the base that were gone and let go, but for those below a name that is
     *     no directory any more
     * @param owed xxh3 of the owed file, hexadecimal
     * @param mode where it learned what had changed
     * @param cursors where the next round reads on, by log; empty where there is none to read
     * @param hsm what became of files whose data lies on tape; null where there are none
     * @param savepoint directory of the savepoint, relative to the chain file's
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Round(
            long round,
            String run,
            State state,
            String level,
            Long base,
            String path,
            Filesystem filesystem,
            String content,
            boolean crossMounts,
            List<CrossedMount> mounts,
            List<String> excludes,
            List<String> excludeIfPresent,
            int shards,
            String strategy,
            long known,
            long gone,
            List<String> sources,
            String mode,
            Map<String, Cursor> cursors,
            String hsm,
            String owed,
            String savepoint) {

        /** Of rounds of before there was such a field. */
        Round {
            mounts = mounts == null ? List.of() : List.copyOf(mounts);
            mode = mode == null ? Mode.POSIX.text() : mode;
            cursors = cursors == null ? Map.of() : new LinkedHashMap<>(cursors);
            excludes = excludes == null ? List.of() : List.copyOf(excludes);
            excludeIfPresent = excludeIfPresent == null ? List.of() : List.copyOf(excludeIfPresent);
        }

        Round committed() {
            return new Round(
                    round,
                    run,
                    State.COMMITTED,
                    level,
                    base,
                    path,
                    filesystem,
                    content,
                    crossMounts,
                    mounts,
                    excludes,
                    excludeIfPresent,
                    shards,
                    strategy,
                    known,
                    gone,
                    sources,
                    mode,
                    cursors,
                    hsm,
                    owed,
                    savepoint);
        }
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    private record File(int format, List<Round> rounds) {}

    private final Archive archive;
    private final Path path;
    private final List<Round> rounds;

    private Chain(Archive archive, List<Round> rounds) {
        this.archive = archive;
        this.path = path(archive);
        this.rounds = rounds;
    }

    private static Path path(Archive archive) {
        return archive.stateDirectory().resolve("chain.json");
    }

    /** Reads the chain; an empty one when there is none yet. */
    static Chain read(Archive archive) throws IOException {
        Path path = path(archive);
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            return new Chain(archive, new ArrayList<>());
        }
        File file;
        try {
            file = JSON.readValue(bytes, File.class);
        } catch (JsonProcessingException e) {
            throw new SluiceException(
                    "the chain file '"
                            + path
                            + "' is damaged ("
                            + e.getOriginalMessage()
                            + "); restore it from a copy",
                    e);
        }
        if (file.format() > FORMAT) {
            throw new SluiceException(
                    "the chain file '"
                            + path
                            + "' is of format "
                            + file.format()
                            + ", this release knows up to "
                            + FORMAT
                            + "; use a newer release");
        }
        return new Chain(archive, new ArrayList<>(file.rounds()));
    }

    /** An entry, null if there is none. */
    Round round(long number) {
        return rounds.stream().filter(round -> round.round() == number).findFirst().orElse(null);
    }

    List<Round> rounds() {
        return List.copyOf(rounds);
    }

    /** Puts the round in, in place of an earlier entry of its number, durably. */
    void put(Round round) throws JsonProcessingException {
        rounds.removeIf(known -> known.round() == round.round());
        rounds.add(round);
        write();
    }

    /**
     * After a crash between the steps of a commit or of a prune: the manifest alone says whether a
     * round exists.
     */
    void repair() throws JsonProcessingException {
        Set<Integer> existing = new HashSet<>(archive.roundNumbers());
        List<Round> before = List.copyOf(rounds);
        rounds.removeIf(entry -> !existing.contains(Math.toIntExact(entry.round())));
        rounds.replaceAll(entry -> entry.state() == State.PENDING ? entry.committed() : entry);
        if (!rounds.equals(before)) {
            write();
        }
    }

    private void write() throws JsonProcessingException {
        String json = JSON.writeValueAsString(new File(FORMAT, rounds)) + "\n";
        archive.replaceFile(path, json.getBytes(StandardCharsets.UTF_8));
    }
}
