package io.sluice.restore;

import io.sluice.common.posix.FileType;
import io.sluice.ptcomm.archive.Damage;
import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Takes the versions that one stream has, for {@link Winners}. One thread. */
final class VersionCollector implements EntryHandler, DamageListener {
    private final int shard;
    private final int age;
    private final Selection selection;
    private final SpillSorter versions;
    private final ChainLosses losses;
    private final RestoreEnd end;
    private long[] records = new long[1];
    private int segment;
    private boolean suspect;

    VersionCollector(
            int shard,
            int age,
            Selection selection,
            SpillSorter versions,
            ChainLosses losses,
            RestoreEnd end) {
        this.shard = shard;
        this.age = age;
        this.selection = selection;
        this.versions = versions;
        this.losses = losses;
        this.end = end;
    }

    /** Number of records of each segment. */
    long[] records() {
        return Arrays.copyOf(records, segment + 1);
    }

    @Override
    public void segment(int index) {
        segment = index;
        suspect = false;
        if (index >= records.length) {
            records = Arrays.copyOf(records, Math.max(index + 1, 2 * records.length));
        }
    }

    @Override
    public void suspect(int inShard, String name) {
        suspect = true;
    }

    @Override
    public void damaged(Damage damage) {
        losses.add(age, damage);
    }

    @Override
    public boolean entry(StreamEntry entry) throws IOException {
        end.checkStopped();
        add(entry.path(), false, entry.stat().type() == FileType.DIRECTORY);
        return false;
    }

    @Override
    public void deleted(byte[] path, boolean directory) throws IOException {
        end.checkStopped();
        add(path, true, directory);
    }

    private void add(byte[] path, boolean deleted, boolean directory) throws IOException {
        long ordinal = records[segment]++;
        if (selection.look(path) != Selection.Answer.OUTSIDE) {
            versions.add(
                    new Version(
                                    Version.key(path),
                                    age,
                                    deleted,
                                    directory,
                                    suspect,
                                    shard,
                                    segment,
                                    ordinal)
                            .toBytes());
        }
    }

    @Override
    public void extent(long offset, long length) {}

    @Override
    public void data(ByteBuffer bytes) {}

    @Override
    public void torn(int errno, String text) {}

    @Override
    public void block(String kind, byte[] content) {}

    @Override
    public void end(DataState state) {}
}
