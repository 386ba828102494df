package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import io.sluice.common.round.Content;
import io.sluice.common.text.Text;
import io.sluice.pipeline.report.RoundFiles;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Manifest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a round goes on from.
 *
 * @param level of the round: never {@link Level#AUTO}
 * @param base null for a full round
 * @param goneSince names of the base that rounds since have let go, as far as the last round knows
 *     so many less
 * @param mounts inner filesystems that the index knows after the round
 */
record BaseChoice(Level level, Chain.Round base, long goneSince, List<CrossedMount> mounts) {
    /**
     * Chooses, and checks that the base fits the launch.
     *
     * @throws SluiceException if there is none where one is asked for, or it does not fit
     */
    static BaseChoice of(BackupRequest request, SourceRoot root, Chain chain, Archive archive)
            throws IOException {
        InnerMounts mounts = InnerMounts.of(root, request);
        if (request.level() == Level.FULL) {
            return new BaseChoice(Level.FULL, null, 0, mounts.entered());
        }
        boolean differential = request.level() == Level.DIFFERENTIAL;
        Chain.Round base =
                request.from() == null
                        ? last(chain, request.content().text(), differential)
                        : named(request, chain);
        if (base == null && request.level() == Level.AUTO) {
            return new BaseChoice(Level.FULL, null, 0, mounts.entered());
        }
        if (base == null) {
            throw new MissingBaseException(
                    "archive "
                            + Text.quote(request.archive())
                            + " has no "
                            + (differential ? "full " : "")
                            + "round with --content "
                            + request.content().text()
                            + " to go on from");
        }
        requireSamePrefix(base, request, archive);
        requireSameFilesystem(base, root);
        Chain.Round before = last(chain, base.content(), false);
        if (!request.acceptDeletes()) {
            mounts.requireAll(before);
        }
        requireChain(base, archive);
        Path savepoint = savepoint(base, archive);
        if (!Files.isDirectory(savepoint, LinkOption.NOFOLLOW_LINKS)) {
            throw new MissingBaseException(
                    "the savepoint of round " + base.round() + " is missing ('" + savepoint + "')");
        }
        requireOwed(base, archive);
        return new BaseChoice(
                differential ? Level.DIFFERENTIAL : Level.INCREMENTAL,
                base,
                goneSince(chain, base),
                mounts.known(before));
    }

    /** The round that the caller wants, if there is one. */
    private static Chain.Round named(BackupRequest request, Chain chain) {
        Integer number = request.from().base();
        if (number == null) {
            return null;
        }
        Chain.Round round = chain.round(number);
        if (round == null
                || round.state() != Chain.State.COMMITTED
                || !round.content().equals(request.content().text())) {
            throw new MissingBaseException("round " + number + " is not in the chain any more");
        }
        return round;
    }

    /** What an earlier round let go was judged then, unless it has come back. */
    private static long goneSince(Chain chain, Chain.Round base) {
        Chain.Round last = last(chain, base.content(), false);
        long gone = 0;
        Chain.Round round = last;
        while (round != null && round.round() > base.round()) {
            gone += round.gone();
            round = round.base() == null ? null : chain.round(round.base());
        }
        return Math.max(0, Math.min(gone, base.known() - last.known()));
    }

    /** The last committed round of that content, or the last full one. */
    static Chain.Round last(Chain chain, String content, boolean full) {
        Chain.Round last = null;
        for (Chain.Round round : chain.rounds()) {
            boolean fits =
                    round.state() == Chain.State.COMMITTED
                            && round.content().equals(content)
                            && (!full || round.base() == null);
            if (fits && (last == null || round.round() > last.round())) {
                last = round;
            }
        }
        return last;
    }

    /** Names below another prefix are other names: those of the base could never be deleted. */
    private static void requireSamePrefix(
            Chain.Round base, BackupRequest request, Archive archive) {
        byte[] before = archive.manifest(Math.toIntExact(base.round())).prefixBytes();
        if (!Arrays.equals(before, request.prefix())) {
            throw new MissingBaseException(
                    "round "
                            + base.round()
                            + " stored its names below "
                            + Text.quote(before)
                            + ", this one would below "
                            + Text.quote(request.prefix()));
        }
    }

    private static void requireSameFilesystem(Chain.Round base, SourceRoot root) {
        Chain.Filesystem now = Chain.Filesystem.of(root);
        if (!base.filesystem().equals(now)) {
            throw new SluiceException(
                    Text.quote(root.path())
                            + " was a directory of another filesystem in round "
                            + base.round()
                            + " (type "
                            + base.filesystem().type()
                            + ", inode "
                            + base.filesystem().rootInode()
                            + "; now type "
                            + now.type()
                            + ", inode "
                            + now.rootInode()
                            + "): is the right one mounted? If so"
                            + MissingBaseException.MEND.substring(1));
        }
    }

    /** A round whose base is gone cannot be restored, nor can one that goes on from it. */
    private static void requireChain(Chain.Round base, Archive archive) {
        Integer number = Math.toIntExact(base.round());
        while (number != null) {
            if (!archive.isCommitted(number)) {
                throw new MissingBaseException(
                        "round "
                                + number
                                + ", which round "
                                + base.round()
                                + " goes back to, is not in the archive any more");
            }
            Manifest manifest = archive.manifest(number);
            number = manifest.base();
        }
    }

    /** What the base owes and nobody says any more would be missing from the archive for good. */
    private static void requireOwed(Chain.Round base, Archive archive) throws IOException {
        Path owed = archive.roundDirectory(Math.toIntExact(base.round())).resolve(RoundFiles.OWED);
        boolean there = Files.isRegularFile(owed, LinkOption.NOFOLLOW_LINKS);
        if (!there || !RoundFiles.xxh3(owed).equals(base.owed())) {
            throw new MissingBaseException(
                    "the list of what round "
                            + base.round()
                            + " owes is "
                            + (there ? "damaged" : "missing")
                            + " ('"
                            + owed
                            + "')");
        }
    }

    /**
     * A savepoint given from outside must be the one that the chain goes on from.
     *
     * @param given a URI or a path
     * @throws SluiceException if it is another one
     */
    void requireSavepoint(Optional<String> given, Archive archive) throws IOException {
        if (given.isEmpty()) {
            return;
        }
        String name = given.get();
        if (base == null) {
            throw needsNone(name);
        }
        Path expected = savepoint(base, archive);
        Path path = name.contains(":") ? Path.of(URI.create(name)) : Path.of(name);
        if (!Files.exists(path) || !Files.isSameFile(path, expected)) {
            throw new SluiceException(
                    "the chain goes on from round "
                            + base.round()
                            + ", whose savepoint is '"
                            + expected
                            + "', not '"
                            + name
                            + "'; give that one, or none");
        }
    }

    /** For a round that begins a chain. */
    static SluiceException needsNone(String savepoint) {
        return new SluiceException(
                "a full round begins anew, not from the savepoint '"
                        + savepoint
                        + "'; run again without it");
    }

    /**
     * An incremental goes on from the last round of its content, a differential from the full.
     *
     * @param from null where the caller knows of no others
     */
    static Set<Integer> savepointsNeeded(Chain chain, BackupRequest.From from) {
        Set<Integer> needed = new HashSet<>(from == null ? Set.of() : from.kept());
        for (Content content : Content.values()) {
            for (boolean full : new boolean[] {true, false}) {
                Chain.Round round = last(chain, content.text(), full);
                if (round != null) {
                    needed.add(Math.toIntExact(round.round()));
                }
            }
        }
        return needed;
    }

    static Path savepoint(Chain.Round round, Archive archive) {
        return archive.savepointDirectory(Math.toIntExact(round.round()))
                .resolve(round.savepoint());
    }
}
