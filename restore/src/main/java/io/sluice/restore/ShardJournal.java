package io.sluice.restore;

import java.io.IOException;
import java.util.Arrays;

/** One shard's way to the {@link RestoreJournal}. Not thread-safe. */
final class ShardJournal {
    private final RestoreJournal journal;
    private final int shard;
    private byte[] directory;

    ShardJournal(RestoreJournal journal, int shard) {
        this.journal = journal;
        this.shard = shard;
    }

    /** A new generator of temporary names that a later run knows for this run's. */
    TemporaryName names() {
        return new TemporaryName(journal.token());
    }

    /** Before a temporary name comes up in {@code parent}. A shard has one such name at a time. */
    void writingInto(byte[] parent) throws IOException {
        if (!Arrays.equals(directory, parent)) {
            journal.writingInto(shard, parent);
            directory = parent;
        }
    }

    /**
     * Before a file with several names takes its place: a later run may link to it.
     *
     * @param dataName the name that carries its data in the stream
     */
    void placing(byte[] dataName, LinkJournal.Written file) throws IOException {
        journal.placing(shard, dataName, file);
    }

    /** Whether earlier runs have put files with several names in place for this shard. */
    boolean hasEarlierFiles() {
        return journal.hasEarlierFiles(shard);
    }

    /** Tells the files that earlier runs announced by {@link #placing}. */
    void earlierFiles(RestoreJournal.EarlierFiles into) throws IOException {
        journal.earlierFiles(shard, into);
    }
}
