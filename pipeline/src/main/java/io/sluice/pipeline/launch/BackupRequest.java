package io.sluice.pipeline.launch;

import io.sluice.common.filesystem.FileHooksFactory;
import io.sluice.common.filesystem.HsmOptions;
import io.sluice.common.filesystem.HsmPolicy;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.round.Content;
import io.sluice.common.shard.Strategy;
import io.sluice.lustre.file.LustreFilesFactory;
import io.sluice.pipeline.index.DeletionLimit;
import io.sluice.pipeline.index.TapeUse;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.fd.BridgeAddress;
import io.sluice.ptcomm.fd.Secret;
import io.sluice.ptcomm.fd.TransportFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the user asks for.
 *
 * @param path of the tree, as given
 * @param archive path of the archive, as given
 * @param level of the round
 * @param acceptDeletes whether any number of deletions is meant
 * @param shards number of streams; 0 for the archive's own number, or the default
 * @param workers metadata calls in flight; 0 for the default
 * @param excludes what to leave out
 * @param crossMounts whether what is mounted below the path belongs to it
 * @param allowEmpty whether an empty root is meant
 * @param bridges where the streams go, one for each shard; null for the archive
 * @param throttle path of the throttle file, absolute; null for each process's default
 * @param deletePercent how many of the known names may go without {@code acceptDeletes}
 * @param prefix stands before each path in the streams: empty, or it begins with a slash and does
 *     not end with one
 * @param strategy how entries are dealt out; by their inodes' hash instead, where the tree's
 *     filesystem has nothing for it
 * @param source where the round learns what has changed
 * @param filesystem what the tree's filesystem knows beyond POSIX
 * @param from what the caller knows of earlier rounds and the chain does not; null to go on from
 *     what the chain has
 */
public record BackupRequest(
        byte[] path,
        byte[] archive,
        Level level,
        boolean acceptDeletes,
        int shards,
        int workers,
        Content content,
        Compression compression,
        Excludes excludes,
        boolean crossMounts,
        boolean allowEmpty,
        Bridges bridges,
        byte[] throttle,
        int deletePercent,
        byte[] prefix,
        Strategy strategy,
        Source source,
        Filesystem filesystem,
        From from) {

    /**
     * Where a round learns what has changed.
     *
     * @param lustreUsers who reads the changelog of each MDT, by the MDT's name; empty in other
     *     modes than {@link Mode#LUSTRE_CHANGELOG}
     * @param lustreSince record from which a changelog is to be read again, by MDT; not later than
     *     the base's round noted
     */
    public record Source(
            Mode mode, Map<String, String> lustreUsers, Map<String, Long> lustreSince) {
        public static final Source WALK = new Source(Mode.POSIX, Map.of());

        public Source {
            lustreUsers = new LinkedHashMap<>(lustreUsers);
            lustreSince = new LinkedHashMap<>(lustreSince);
        }

        public Source(Mode mode, Map<String, String> lustreUsers) {
            this(mode, lustreUsers, Map.of());
        }
    }

    /**
     * What the tree's filesystem knows beyond POSIX.
     *
     * @param hooks asks it
     * @param hsm what becomes of files whose data lies on tape
     */
    public record Filesystem(FileHooksFactory hooks, HsmOptions hsm) {
        /** No more than POSIX. */
        public static final Filesystem ANY =
                new Filesystem(FileHooksFactory.NONE, HsmOptions.DEFAULT);

        /** With layouts, stripes, and files on tape. */
        public static Filesystem lustre(HsmOptions hsm) {
            return new Filesystem(new LustreFilesFactory(), hsm);
        }

        TapeUse tape() {
            if (hooks == FileHooksFactory.NONE) {
                return TapeUse.NONE;
            }
            return hsm.policy() == HsmPolicy.BACKUP_RELEASED ? TapeUse.RECALLS : TapeUse.STUBS;
        }
    }

    /**
     * Which earlier rounds count: whoever took their streams may have lost one since.
     *
     * @param base the round to go on from; null for a full round
     * @param kept rounds whose savepoints stay, beside those that the chain needs
     */
    public record From(Integer base, Set<Integer> kept) {
        public From {
            kept = Set.copyOf(kept);
        }
    }

    /**
     * Bridges on the hosts of a backup system's file daemons.
     *
     * @param addresses of each shard's, by the shards' numbers
     * @param transports how to speak with them
     * @param secret that they share
     */
    public record Bridges(
            List<BridgeAddress> addresses, TransportFactory transports, Secret secret) {
        public Bridges {
            addresses = List.copyOf(addresses);
        }
    }

    /** All that lies below the path, on its own filesystem; and what else may be asked for. */
    public static Builder of(byte[] path, byte[] archive) {
        return new Builder(path, archive);
    }

    /** A request in the making. */
    public static final class Builder {
        private final byte[] path;
        private final byte[] archive;
        private Level level = Level.AUTO;
        private boolean acceptDeletes;
        private int shards;
        private int workers;
        private Content content = Content.FULL;
        private Compression compression = Compression.ZSTD;
        private Excludes excludes = Excludes.NOTHING;
        private boolean crossMounts;
        private boolean allowEmpty;
        private Bridges bridges;
        private byte[] throttle;
        private int deletePercent = DeletionLimit.PERCENT;
        private byte[] prefix = {};
        private Strategy strategy = Strategy.INODE_HASH;
        private Source source = Source.WALK;
        private Filesystem filesystem = Filesystem.ANY;
        private From from;

        private Builder(byte[] path, byte[] archive) {
            this.path = path;
            this.archive = archive;
        }

        public Builder withLevel(Level other) {
            level = other;
            return this;
        }

        public Builder withAcceptDeletes(boolean accept) {
            acceptDeletes = accept;
            return this;
        }

        public Builder withShards(int number) {
            shards = number;
            return this;
        }

        public Builder withWorkers(int number) {
            workers = number;
            return this;
        }

        public Builder withContent(Content kept, Compression how) {
            content = kept;
            compression = how;
            return this;
        }

        public Builder withCoverage(Excludes left, boolean cross, boolean empty) {
            excludes = left;
            crossMounts = cross;
            allowEmpty = empty;
            return this;
        }

        /** The streams go there. */
        public Builder withBridges(Bridges to) {
            bridges = to;
            return this;
        }

        public Builder withThrottle(byte[] file) {
            throttle = file;
            return this;
        }

        public Builder withDeletePercent(int percent) {
            deletePercent = percent;
            return this;
        }

        public Builder withPrefix(byte[] before) {
            prefix = before.clone();
            return this;
        }

        public Builder withStrategy(Strategy dealt) {
            strategy = dealt;
            return this;
        }

        public Builder withSource(Source learns) {
            source = learns;
            return this;
        }

        public Builder withFilesystem(Filesystem knows) {
            filesystem = knows;
            return this;
        }

        /** The caller says what to go on from. */
        public Builder withFrom(From rounds) {
            from = rounds;
            return this;
        }

        public BackupRequest build() {
            return new BackupRequest(
                    path,
                    archive,
                    level,
                    acceptDeletes,
                    shards,
                    workers,
                    content,
                    compression,
                    excludes,
                    crossMounts,
                    allowEmpty,
                    bridges,
                    throttle,
                    deletePercent,
                    prefix,
                    strategy,
                    source,
                    filesystem,
                    from);
        }
    }
}
