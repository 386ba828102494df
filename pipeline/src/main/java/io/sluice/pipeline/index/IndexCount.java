package io.sluice.pipeline.index;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the index counts, by the names that its tally has. */
public enum IndexCount {
    /** Names of all listings merged; each ends in exactly one outcome. */
    NAMES("names"),
    /** Outcome of a name: unknown before, goes out. */
    NEW("new"),
    /** Outcome of a name: its signature is another one, goes out. */
    CHANGED("changed"),
    /** Outcome of a name. */
    UNCHANGED("unchanged"),
    /** Outcome of a name: went out in this round already. */
    REPEATED("repeated"),
    /** Outcome of a name: another answer of this round says something else. */
    DISAGREED("disagreed"),
    /** Entries and tombstones sent to the shards. */
    ITEMS("items"),
    /** Directories that listings showed, each once. */
    DIRECTORIES("directories"),
    /** Listings merged. */
    LISTED("directories.listed"),
    /** Directories with a listing. */
    LISTED_DISTINCT("directories.distinct"),
    /** Listings of directories that changed meanwhile. */
    UNSTEADY("directories.unsteady"),
    /** Mount points that go out as empty directories. */
    MOUNTS("mounts"),
    /** Answers about single names. */
    DELTAS("deltas"),
    /** Outcome of a delta: goes out. */
    RETRIED("retried"),
    /** Known names that got a tombstone. */
    DELETED("deleted"),
    /** Outcome of a delta: a name that the index never knew got a tombstone. */
    DELETED_UNKNOWN("deleted.unknown"),
    /** Names of directories that went, forgotten without a tombstone and owed. */
    FORGOTTEN("forgotten"),
    /** Names that would have got a tombstone, and were kept. */
    WITHHELD("withheld"),
    /** Names whose data is on tape and in the backup, and whose attributes have changed. */
    STALE("hsm.stale_meta"),
    /** Subtasks whose round had no full scan. */
    WITHOUT_SCAN("without_scan"),
    /** How often the round was gone on with after a failure, summed over subtasks. */
    RESTORES("restores");

    private static final Map<String, IndexCount> BY_TEXT =
            Stream.of(values())
                    .collect(Collectors.toUnmodifiableMap(IndexCount::text, Function.identity()));

    private final String text;

    IndexCount(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }

    /** The count of that name, or null. */
    static IndexCount of(String text) {
        return BY_TEXT.get(text);
    }
}
