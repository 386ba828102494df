package io.sluice.restore;

import java.io.IOException;
import java.util.Arrays;

/** One shard's way to the {@link RestoreJournal}. Not thread-safe. */
final class ShardJournal implements WorkJournal {
    private final RestoreJournal journal;
    private final int shard;
    private byte[] directory;

    ShardJournal(RestoreJournal journal, int shard) {
        this.journal = journal;
        this.shard = shard;
    }

    @Override
    public TemporaryName names() {
        return new TemporaryName(journal.token());
    }

    @Override
    public void writingInto(byte[] parent) throws IOException {
        if (!Arrays.equals(directory, parent)) {
            journal.writingInto(shard, parent);
            directory = parent;
        }
    }

    /** A later run may link to it. */
    @Override
    public void placing(byte[] dataName, LinkJournal.Written file) throws IOException {
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
