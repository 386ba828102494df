package io.sluice.bacula.job;

import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.Settings;
import io.sluice.bacula.config.ShardForm;
import io.sluice.bacula.set.RoundMain;
import io.sluice.bacula.set.RoundOrder;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.FileType;
import io.sluice.common.shard.MetadataTargets;
import io.sluice.common.shard.Sharding;
import io.sluice.common.shard.Strategy;
import io.sluice.common.text.Text;
import io.sluice.lustre.file.LustreTargets;
import io.sluice.ptcomm.codec.EntryEncoder;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.reader.LocalScan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Answers what a backup of this shard would store, without the other jobs: one walk, and the heads
 * of the shard's entries. For a level below Full that is what has changed since the time that the
 * Director tells, which is near the truth and costs no state.
 */
final class EstimateJob {
    private static final int WORKERS = 8;
    private static final int BUFFER_BYTES = 256 * 1024;

    /**
     * Inodes with several names of which the first is kept; beyond, a further name counts again.
     */
    private static final int MOST_LINKED = 100_000;

    private final JobInfo info;
    private final Settings settings;
    private final FdOutput out;
    private final JobLog log;
    private final Sharding sharding;
    private final int shard;
    private final EntryEncoder encoder;
    private final byte[] prefix;
    private final Set<FileKey> linked = new HashSet<>();
    private ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private long unreadable;

    private record FileKey(int major, int minor, long inode) {}

    EstimateJob(JobInfo info, Settings settings, FdOutput out) {
        this.info = info;
        this.settings = settings;
        this.out = out;
        log = new JobLog(out);
        ShardForm form = settings.get(Keys.SHARD);
        sharding = form.strategy().dealing().over(form.shards(), Instant.now().getEpochSecond());
        shard = form.shard();
        prefix = RoundOrder.prefix(settings);
        encoder = new EntryEncoder(prefix);
    }

    void run() throws IOException, InterruptedException {
        if (info.level() != JobLevel.FULL && info.since() > 0) {
            log.information(
                    "the estimate counts what has changed by its times; a backup compares with the index of"
                            + " the round it goes on from");
        }
        Integer workers = settings.get(Keys.WORKERS);
        ScanOptions options =
                ScanOptions.of(settings.get(Keys.PATH), 1, workers == null ? WORKERS : workers)
                        .withCrossMounts(settings.get(Keys.CROSS_MOUNTS))
                        .withExcludes(
                                RoundMain.excludes(
                                        escaped(settings.get(Keys.EXCLUDE)),
                                        escaped(settings.get(Keys.EXCLUDE_FILE)),
                                        escaped(settings.get(Keys.EXCLUDE_IF_PRESENT))))
                        .withOwn(Set.<FileIdentity>of())
                        .withThrottle(settings.get(Keys.THROTTLE))
                        .withTargets(targets());
        LocalScan.run(
                options, Path.of(System.getProperty("java.io.tmpdir")), listing -> take(listing));
        flush();
        if (unreadable > 0) {
            log.say(
                    JobMessage.WARNING,
                    unreadable + " names or directories could not be read, and are not counted");
        }
    }

    private MetadataTargets targets() {
        return sharding.strategy() == Strategy.LUSTRE_MDT
                ? LustreTargets.of(settings.get(Keys.PATH))
                : MetadataTargets.NONE;
    }

    private static List<String> escaped(List<byte[]> values) {
        return values.stream().map(Text::escape).toList();
    }

    private void take(Listing listing) throws IOException {
        if (listing.errno() != 0) {
            unreadable++;
        }
        EntryCursor cursor = listing.cursor();
        while (cursor.next()) {
            if (cursor.kind().hasStat()) {
                if (sharding.shardOf(cursor, listing.target()) == shard
                        && isWanted(cursor.stat())) {
                    head(
                            DirectoryPath.child(listing.directory(), cursor.name()),
                            cursor.stat(),
                            cursor.target());
                }
            } else if (cursor.kind() == io.sluice.common.entry.EntryKind.UNREADABLE) {
                unreadable++;
            }
        }
    }

    private boolean isWanted(Stat stat) {
        return info.level() == JobLevel.FULL
                || stat.changed().seconds() >= info.since()
                || stat.modified().seconds() >= info.since();
    }

    private void head(byte[] path, Stat full, byte[] target) throws IOException {
        // A further name of a file has no data of its own.
        Stat stat = full.type() == FileType.REGULAR && isFurtherName(full) ? empty(full) : full;
        if (info.dialect() == Dialect.STOCK) {
            stockHead(path, stat, target);
            return;
        }
        if (!encoder.fits(path)) {
            return;
        }
        int most = encoder.maxHeadBytes(path, target, null);
        if (buffer.remaining() < most) {
            flush();
            if (buffer.capacity() < most) {
                buffer = ByteBuffer.allocate(most);
            }
        }
        encoder.head(buffer, path, stat, target, null);
    }

    private boolean isFurtherName(Stat stat) {
        if (stat.links() < 2) {
            return false;
        }
        FileKey key = new FileKey(stat.deviceMajor(), stat.deviceMinor(), stat.inode());
        return linked.size() < MOST_LINKED ? !linked.add(key) : linked.contains(key);
    }

    private static Stat empty(Stat stat) {
        return new Stat(
                stat.mode(),
                stat.links(),
                stat.uid(),
                stat.gid(),
                stat.inode(),
                0,
                stat.accessed(),
                stat.modified(),
                stat.changed(),
                stat.born(),
                stat.deviceMajor(),
                stat.deviceMinor(),
                stat.rdevMajor(),
                stat.rdevMinor());
    }

    private void stockHead(byte[] path, Stat stat, byte[] target) throws IOException {
        FileType type = stat.type();
        String name =
                new String(prefix, StandardCharsets.ISO_8859_1)
                        + "/"
                        + new String(path, StandardCharsets.ISO_8859_1);
        boolean regular = type == FileType.REGULAR;
        if (!regular && type != FileType.DIRECTORY && type != FileType.SYMLINK) {
            return;
        }
        boolean data = regular && stat.size() > 0;
        String letter =
                switch (type) {
                    case DIRECTORY -> "D";
                    case SYMLINK -> "S";
                    default -> data ? "F" : "E";
                };
        out.command("FNAME:" + (letter.equals("D") && path.length > 0 ? name + "/" : name));
        out.command(
                String.format(
                        Locale.ROOT,
                        "STAT:%s %d %s %s %06o %s",
                        letter,
                        stat.size(),
                        Integer.toUnsignedString(stat.uid()),
                        Integer.toUnsignedString(stat.gid()),
                        stat.mode(),
                        Integer.toUnsignedString(stat.links())));
        out.command(
                "TSTAMP:"
                        + stat.accessed().seconds()
                        + " "
                        + stat.modified().seconds()
                        + " "
                        + stat.changed().seconds());
        if (target != null) {
            out.command("LSTAT:" + new String(target, StandardCharsets.ISO_8859_1));
        }
        out.end();
    }

    private void flush() throws IOException {
        buffer.flip();
        out.frames(buffer);
        buffer.clear();
    }
}
