package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import io.sluice.common.filesystem.HsmPolicy;
import io.sluice.common.text.Text;
import io.sluice.lustre.api.LustreApi;
import io.sluice.lustre.source.ChangelogPlan;
import io.sluice.lustre.source.LiveFilesystem;
import io.sluice.lustre.source.LustreMount;
import io.sluice.lustre.source.LustreSourceOptions;
import io.sluice.lustre.source.LustreSourceOptions.Cursor;
import io.sluice.pipeline.owed.OwedDirectories;
import io.sluice.pipeline.report.RoundFiles;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.scan.ScanOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a round learns what has changed: from the filesystem's logs, or from a walk. Made before
 * anything of the tree is read, so that the logs' positions are noted first; and behind the repair
 * of the chain, so that what is acknowledged is what a committed round covers.
 */
final class ChangeLogs {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeLogs.class);

    /** More than this a scan lists better. */
    private static final int MOST_SUBTREES = 10_000;

    /** Null in modes without logs. */
    private final ChangelogPlan plan;

    private final LustreMount mount;
    private final List<byte[]> subtrees;

    private ChangeLogs(ChangelogPlan plan, LustreMount mount, List<byte[]> subtrees) {
        this.plan = plan;
        this.mount = mount;
        this.subtrees = List.copyOf(subtrees);
    }

    /**
     * Whether the mode is one for this tree and this host; to be asked before anything is made.
     *
     * @return where the logs are; null in modes without logs
     * @throws SluiceException if it is not, in one line
     */
    static LustreMount require(BackupRequest request, SourceRoot root) throws IOException {
        Mode mode = request.source().mode();
        if (mode == Mode.LUSTRE && LustreApi.load().searchFsname(root.path()).isEmpty()) {
            throw new SluiceException(
                    Text.quote(root.path()) + " does not lie on Lustre; use mode posix");
        }
        if (mode != Mode.LUSTRE_CHANGELOG) {
            return null;
        }
        LustreMount mount = LustreMount.of(root.path());
        requireUsers(request, mount);
        return mount;
    }

    /**
     * Looks at the logs, and acknowledges what the base covers.
     *
     * @param mount that {@link #require} gave
     */
    static ChangeLogs of(
            BackupRequest request,
            LustreMount mount,
            BaseChoice choice,
            Chain chain,
            Archive archive)
            throws IOException, InterruptedException {
        if (mount == null) {
            return new ChangeLogs(null, null, List.of());
        }
        Chain.Round base = choice.base();
        List<byte[]> subtrees = new ArrayList<>();
        Map<String, Cursor> from = base == null ? Map.of() : from(request.source(), base, chain);
        String whyScan = base == null ? null : whyScan(request, base, chain);
        if (base != null && whyScan == null) {
            subtrees =
                    OwedDirectories.of(
                            archive.roundDirectory(Math.toIntExact(base.round()))
                                    .resolve(RoundFiles.OWED),
                            MOST_SUBTREES);
            if (subtrees == null) {
                subtrees = List.of();
                whyScan = "round " + base.round() + " left too many directories unread";
            }
        }
        ChangelogPlan plan =
                ChangelogPlan.of(
                        LiveFilesystem.changelogs(),
                        request.source().lustreUsers(),
                        from,
                        known(chain),
                        whyScan);
        plan.doubts().forEach(doubt -> LOG.warn("The whole tree is scanned: {}", doubt));
        return new ChangeLogs(plan, mount, subtrees);
    }

    private static void requireUsers(BackupRequest request, LustreMount mount) {
        Map<String, String> users = request.source().lustreUsers();
        if (users.isEmpty()) {
            throw new SluiceException(
                    "mode lustre-changelog needs to know whose changelogs to read; name each MDT with"
                            + " its user, such as "
                            + mount.fsname()
                            + "-MDT0000:cl1 ('sluice lustre check' says which there are)");
        }
        if (request.crossMounts()) {
            throw new SluiceException(
                    "what is mounted inside has no record in Lustre's changelogs; leave mounts"
                            + " uncrossed, or use mode lustre");
        }
        for (String mdt : users.keySet()) {
            if (!mdt.startsWith(mount.fsname() + "-MDT")) {
                throw new SluiceException(
                        mdt
                                + " is no MDT of "
                                + mount.fsname()
                                + ", on which "
                                + Text.quote(mount.path())
                                + " lies");
            }
        }
        for (String mdt : request.source().lustreSince().keySet()) {
            if (!users.containsKey(mdt)) {
                throw new SluiceException(
                        "--lustre-since names "
                                + mdt
                                + ", whose changelog nobody reads; name its user too");
            }
        }
        for (String mdt : mount.mdts()) {
            if (!users.containsKey(mdt)) {
                throw new SluiceException(
                        mdt
                                + " is an MDT of "
                                + mount.fsname()
                                + " too, and nobody reads its changelog; register a user there and name"
                                + " it");
            }
        }
    }

    /**
     * From where the logs are read: as the base's round noted, or earlier where the operator says
     * so, by one round at most: a log that were never acknowledged further would grow for ever.
     * What is said to lie behind that is refused, and where nothing was noted nothing is read.
     *
     * @throws SluiceException if records would be left out that the base's round had not read
     */
    private static Map<String, Cursor> from(
            BackupRequest.Source source, Chain.Round base, Chain chain) {
        Map<String, Cursor> from = cursors(base);
        for (Map.Entry<String, Long> since : source.lustreSince().entrySet()) {
            String mdt = since.getKey();
            Cursor noted = from.get(mdt);
            if (noted == null) {
                continue;
            }
            if (since.getValue() > noted.next()) {
                throw new SluiceException(
                        "--lustre-since begins "
                                + mdt
                                + " with record "
                                + since.getValue()
                                + ", and round "
                                + base.round()
                                + " has read it up to "
                                + (noted.next() - 1)
                                + "; what lies between would be lost: leave "
                                + mdt
                                + " out");
            }
            if (since.getValue() < firstKept(mdt, base, chain)) {
                LOG.warn(
                        "--lustre-since asks for record {} of {}, which is for an earlier round than this; it"
                                + " begins with {}, as round {} noted.",
                        since.getValue(),
                        mdt,
                        noted.next(),
                        base.round());
            } else {
                from.put(mdt, new Cursor(noted.user(), 0, since.getValue()));
            }
        }
        return from;
    }

    /** Why the logs do not tell what has changed since the base; null if they may. */
    private static String whyScan(BackupRequest request, Chain.Round base, Chain chain) {
        String round = "round " + base.round();
        if (!base.mode().equals(Mode.LUSTRE_CHANGELOG.text())) {
            return round + " was made in mode " + base.mode();
        }
        if (base.cursors().isEmpty()) {
            return round + " noted no position in the changelogs";
        }
        boolean sameExcludes =
                base.excludes().equals(escaped(request.excludes().patterns().lines()))
                        && base.excludeIfPresent().equals(escaped(request.excludes().markers()))
                        && !base.crossMounts();
        if (!sameExcludes) {
            return round + " left out other things than this one";
        }
        if (request.filesystem().hsm().policy() == HsmPolicy.BACKUP_RELEASED
                && !HsmPolicy.BACKUP_RELEASED.text().equals(base.hsm())) {
            return round + " may have left files on tape without their data, and this one takes it";
        }
        for (Chain.Round later : chain.rounds()) {
            if (later.state() == Chain.State.COMMITTED
                    && later.base() != null
                    && later.base() > base.round()
                    && !later.cursors().isEmpty()) {
                return "what changed since " + round + " has been acknowledged by later rounds";
            }
        }
        return null;
    }

    /** What the round before the base had read was acknowledged when the base's round began. */
    private static long firstKept(String mdt, Chain.Round base, Chain chain) {
        Chain.Cursor noted = base.cursors().get(mdt);
        return chain.rounds().stream()
                .filter(round -> round.state() == Chain.State.COMMITTED)
                .filter(round -> round.round() < base.round())
                .map(round -> round.cursors().get(mdt))
                .filter(Objects::nonNull)
                .mapToLong(Chain.Cursor::next)
                .max()
                .orElse(noted == null ? 0 : noted.next());
    }

    private static List<String> escaped(List<byte[]> names) {
        return names.stream().map(Text::escape).toList();
    }

    private static Map<String, Cursor> cursors(Chain.Round round) {
        Map<String, Cursor> cursors = new LinkedHashMap<>();
        round.cursors().forEach((mdt, at) -> cursors.put(mdt, new Cursor(at.user(), 0, at.next())));
        return cursors;
    }

    private static Map<String, Cursor> known(Chain chain) {
        Map<String, Cursor> known = new TreeMap<>();
        chain.rounds().stream()
                .filter(round -> round.state() == Chain.State.COMMITTED)
                .sorted((one, other) -> Long.compare(one.round(), other.round()))
                .forEach(round -> known.putAll(cursors(round)));
        return known;
    }

    /** Whether the round walks the whole tree. */
    boolean isScan() {
        return plan == null || plan.isScan();
    }

    /** Why it does although it was to read logs; one line each. */
    List<String> doubts() {
        return plan == null ? List.of() : plan.doubts();
    }

    /** For the source that reads the logs; null where the tree is walked. */
    LustreSourceOptions options(ScanOptions scan) {
        return isScan()
                ? null
                : new LustreSourceOptions(
                        scan, mount.path(), mount.prefix(), plan.cursors(), subtrees, null);
    }

    /**
     * Where the round leaves the logs; empty if a later round cannot read on.
     *
     * @param read where the source came to, by MDT
     */
    Map<String, Chain.Cursor> after(Map<String, Long> read) {
        Map<String, Chain.Cursor> after = new LinkedHashMap<>();
        if (plan == null) {
            return after;
        }
        Map<String, Cursor> logs = plan.isScan() ? plan.noted() : plan.cursors();
        for (Map.Entry<String, Cursor> log : logs.entrySet()) {
            Long next =
                    plan.isScan() ? Long.valueOf(log.getValue().next()) : read.get(log.getKey());
            if (next == null) {
                return Map.of();
            }
            after.put(log.getKey(), new Chain.Cursor(log.getValue().user(), next));
        }
        return after;
    }
}
