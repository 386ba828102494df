package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import io.sluice.common.round.Content;
import io.sluice.common.shard.MetadataTargets;
import io.sluice.common.shard.Strategy;
import io.sluice.common.text.Text;
import io.sluice.lustre.file.LustreTargets;
import io.sluice.pipeline.index.IndexOptions;
import io.sluice.pipeline.job.RoundSpec;
import io.sluice.pipeline.report.CollectorOptions;
import io.sluice.pipeline.report.RoundFiles;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.ArchiveReceivers;
import io.sluice.ptcomm.archive.SegmentConfig;
import io.sluice.ptcomm.fd.FdDialer;
import io.sluice.ptcomm.fd.FdTimes;
import io.sluice.ptcomm.writer.Receivers;
import io.sluice.ptcomm.writer.WriterOptions;
import io.sluice.scan.ScanOptions;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a request comes to, on this archive and this cluster: the settings of each part of a round.
 */
final class RoundPlan {
    private static final Logger LOG = LoggerFactory.getLogger(RoundPlan.class);
    private static final int MAX_DEFAULT_SHARDS = 4;
    private static final int MAX_DEFAULT_WORKERS = 64;

    private final BackupRequest request;
    private final JobCluster.Factory clusters;

    RoundPlan(BackupRequest request, JobCluster.Factory clusters) {
        this.request = request;
        this.clusters = clusters;
    }

    RoundSpec spec(
            Archive archive,
            SourceRoot root,
            BaseChoice choice,
            ChangeLogs logs,
            int round,
            String run,
            Instant started)
            throws IOException {
        Chain.Round base = choice.base();
        // A round of metadata touches no data, and nothing that it has could be shadowed.
        BackupRequest.Filesystem filesystem =
                request.content() == Content.METADATA
                        ? BackupRequest.Filesystem.ANY
                        : request.filesystem();
        int shards = request.shards() > 0 ? request.shards() : archive.description().shards();
        if (request.bridges() != null) {
            shards = request.bridges().addresses().size();
        }
        int cores = Runtime.getRuntime().availableProcessors();
        int workers =
                request.workers() > 0
                        ? request.workers()
                        : Math.min(4 * cores, MAX_DEFAULT_WORKERS);
        int readers = clusters.scanParallelism();
        int subtasks = clusters.parallelism();
        int writers = Math.min(shards, subtasks);
        MetadataTargets targets =
                request.strategy() == Strategy.LUSTRE_MDT
                        ? LustreTargets.of(root.path())
                        : MetadataTargets.NONE;
        Strategy strategy =
                request.strategy() == Strategy.LUSTRE_MDT && targets == MetadataTargets.NONE
                        ? Strategy.INODE_HASH
                        : request.strategy();
        if (strategy != request.strategy()) {
            LOG.warn(
                    "{} tells of no metadata targets, so this round deals out by the inodes' hash",
                    Text.quote(root.path()));
        }
        ScanOptions scan =
                ScanOptions.of(root.path(), round, (workers + readers - 1) / readers)
                        .withCrossMounts(request.crossMounts())
                        .withExcludes(request.excludes())
                        .withOwn(Set.of(SourceRoot.identity(request.archive())))
                        .withIdentity(root.identity())
                        .withThrottle(request.throttle())
                        .withTape(filesystem.hooks())
                        .withTargets(targets);
        return new RoundSpec(
                scan,
                logs.options(scan),
                base == null
                        ? null
                        : archive.roundDirectory(Math.toIntExact(base.round()))
                                .resolve(RoundFiles.OWED)
                                .toString(),
                new IndexOptions(
                        round,
                        run,
                        strategy.over(shards, started.getEpochSecond()),
                        base == null
                                ? null
                                : new IndexOptions.Base(
                                        base.round(), base.run(), base.known(), choice.goneSince()),
                        request.acceptDeletes(),
                        request.deletePercent(),
                        logs.isScan(),
                        request.source().mode() != Mode.LUSTRE_CHANGELOG,
                        filesystem.tape()),
                new WriterOptions(
                        root.path(),
                        request.prefix(),
                        shards,
                        round,
                        run,
                        request.content(),
                        request.crossMounts(),
                        // They are the whole process's, and each subtask has its own.
                        (workers + writers - 1) / writers,
                        root.identity(),
                        started.toEpochMilli(),
                        request.throttle(),
                        filesystem.hooks(),
                        filesystem.hsm()),
                receivers(round, run),
                new CollectorOptions(
                        round,
                        run,
                        choice.level().text(),
                        base == null ? null : base.round(),
                        base == null ? 0 : base.known(),
                        request.content(),
                        Text.escape(root.path()),
                        started,
                        lastCommitted(archive),
                        shards,
                        archive.roundDirectory(round).toString(),
                        request.source().mode().text(),
                        logs.doubts()),
                readers,
                subtasks,
                writers);
    }

    private Receivers receivers(int round, String run) {
        BackupRequest.Bridges bridges = request.bridges();
        return bridges == null
                ? new ArchiveReceivers(
                        new SegmentConfig(request.archive(), round, run, request.compression()))
                : new FdDialer(
                        bridges.addresses(),
                        bridges.transports(),
                        bridges.secret(),
                        FdTimes.DEFAULT,
                        round,
                        run);
    }

    /** When the last round ended whose manifest can be read; only an age is told by it. */
    private static Instant lastCommitted(Archive archive) {
        List<Integer> rounds = archive.roundNumbers();
        for (int i = rounds.size() - 1; i >= 0; i--) {
            try {
                return archive.manifest(rounds.get(i)).ended();
            } catch (SluiceException damaged) {
                LOG.debug("The round before tells instead.", damaged);
            }
        }
        return null;
    }

    /** Number of streams, for an archive that is made. */
    static int shardsOfNew(BackupRequest request) {
        if (request.bridges() != null) {
            return request.bridges().addresses().size();
        }
        if (request.shards() > 0) {
            return request.shards();
        }
        return Math.min(Runtime.getRuntime().availableProcessors(), MAX_DEFAULT_SHARDS);
    }
}
