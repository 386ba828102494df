package io.sluice.restore;

import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileType;
import io.sluice.ptcomm.archive.Damage;
import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Takes the versions that one stream has, for {@link Winners}, and the names that files share. One
 * thread.
 */
final class VersionCollector implements EntryHandler, DamageListener {
    private final int shard;
    private final int age;
    private final Selection selection;
    private final SpillSorter versions;
    private final SharedFiles shared;
    private final ChainLosses losses;
    private final RestoreEnd end;
    private long[] records = new long[1];
    private int segment;
    private boolean suspect;

    // Of a name that others may share: until its end, which tells whether it is whole.
    private StreamEntry sharing;
    private Version sharingAt;
    private boolean data;
    private boolean torn;

    VersionCollector(
            int shard,
            int age,
            Selection selection,
            SpillSorter versions,
            SharedFiles shared,
            ChainLosses losses,
            RestoreEnd end) {
        this.shard = shard;
        this.age = age;
        this.selection = selection;
        this.versions = versions;
        this.shared = shared;
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
        Version version = add(entry.path(), false, entry.stat().type() == FileType.DIRECTORY);
        sharing = null;
        if (shared == null || suspect || !SharedFiles.mayShare(entry.stat())) {
            return false;
        }
        sharing = entry;
        sharingAt = version;
        data = false;
        torn = false;
        return true;
    }

    @Override
    public void deleted(byte[] path, boolean directory) throws IOException {
        end.checkStopped();
        sharing = null;
        add(path, true, directory);
    }

    private Version add(byte[] path, boolean deleted, boolean directory) throws IOException {
        long ordinal = records[segment]++;
        Version version =
                new Version(
                        Version.key(path),
                        age,
                        deleted,
                        directory,
                        suspect,
                        shard,
                        segment,
                        ordinal);
        if (selection.look(path) != Selection.Answer.OUTSIDE) {
            versions.add(version.toBytes());
        }
        return version;
    }

    @Override
    public void extent(long offset, long length) {
        data = true;
    }

    @Override
    public void data(ByteBuffer bytes) throws IOException {
        end.checkStopped();
        data = true;
    }

    @Override
    public void torn(int errno, String text) {
        torn = true;
    }

    @Override
    public void block(String kind, byte[] content) {}

    @Override
    public void end(DataState state) throws IOException {
        if (sharing == null) {
            return;
        }
        Stat stat = sharing.stat();
        boolean needsData = stat.type() == FileType.REGULAR && stat.size() > 0 && !sharing.isLink();
        if (state == DataState.INTACT && !torn && (data || !needsData)) {
            shared.add(sharing, sharingAt);
        }
        sharing = null;
    }
}
