package io.sluice.lustre.source;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Errno;
import io.sluice.lustre.changelog.ChangelogRecord;
import io.sluice.lustre.source.LustreSourceOptions.Cursor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * With what a round begins: what the base covers is acknowledged, and it turns out whether the logs
 * have kept everything since. Where they have not, or there is no base, the tree is scanned, and
 * where the logs stand before the scan is noted: the next round reads from there.
 *
 * @param cursors where to read on, by MDT; empty where the tree must be scanned
 * @param noted where a later round can read on after a scan, by MDT; empty where {@code cursors}
 *     are, and where a user is not registered
 * @param doubts why the tree must be scanned although there is a base, one line each
 */
public record ChangelogPlan(
        Map<String, Cursor> cursors, Map<String, Cursor> noted, List<String> doubts) {
    /** An MDT that fails over answers again after a while. */
    private static final int ATTEMPTS = 5;

    private static final long PAUSE_MS = 2000;
    private static final long FIRST_STEP = 1024;

    public ChangelogPlan {
        cursors = new LinkedHashMap<>(cursors);
        noted = new LinkedHashMap<>(noted);
        doubts = List.copyOf(doubts);
    }

    /** Whether the tree must be scanned. */
    public boolean isScan() {
        return cursors.isEmpty();
    }

    /**
     * Makes the plan. What is acknowledged here is what a committed round covers; where there is
     * none for an MDT's user, all that the log has: nobody waits for it.
     *
     * @param users by MDT, as they are configured
     * @param base where the base's round left the logs; empty for a round that begins anew
     * @param known where the youngest committed round left them, by MDT
     * @param whyScan why the tree is scanned in any case; null if it need not be
     * @throws SluiceException if a log cannot be read, or a round that begins anew names a user
     *     that is not registered
     */
    public static ChangelogPlan of(
            Changelogs logs,
            Map<String, String> users,
            Map<String, Cursor> base,
            Map<String, Cursor> known,
            String whyScan)
            throws InterruptedException {
        List<String> doubts = new ArrayList<>();
        if (whyScan != null) {
            doubts.add(whyScan);
        }
        Map<String, Cursor> cursors = new LinkedHashMap<>();
        if (whyScan == null && !base.isEmpty()) {
            if (sameUsers(users, base)) {
                for (Map.Entry<String, Cursor> cursor : base.entrySet()) {
                    readOn(logs, cursor.getKey(), cursor.getValue(), cursors, doubts);
                }
            } else {
                doubts.add(
                        "the changelogs are read as "
                                + text(users)
                                + ", and were as "
                                + textOf(base));
            }
        }
        if (doubts.isEmpty() && !base.isEmpty()) {
            return new ChangelogPlan(cursors, Map.of(), doubts);
        }
        Map<String, Cursor> noted = new LinkedHashMap<>();
        boolean anew = base.isEmpty() && whyScan == null;
        for (Map.Entry<String, String> user : users.entrySet()) {
            note(logs, user, known.get(user.getKey()), noted, doubts, anew);
        }
        return new ChangelogPlan(Map.of(), noted.size() == users.size() ? noted : Map.of(), doubts);
    }

    private static boolean sameUsers(Map<String, String> users, Map<String, Cursor> base) {
        return users.keySet().equals(base.keySet())
                && base.entrySet().stream()
                        .allMatch(
                                cursor ->
                                        cursor.getValue()
                                                .user()
                                                .equals(users.get(cursor.getKey())));
    }

    private static String text(Map<String, String> users) {
        List<String> parts = new ArrayList<>();
        users.forEach((mdt, user) -> parts.add(mdt + ":" + user));
        return String.join(",", parts);
    }

    private static String textOf(Map<String, Cursor> cursors) {
        Map<String, String> users = new LinkedHashMap<>();
        cursors.forEach((mdt, cursor) -> users.put(mdt, cursor.user()));
        return text(users);
    }

    private static void readOn(
            Changelogs logs,
            String mdt,
            Cursor cursor,
            Map<String, Cursor> cursors,
            List<String> doubts)
            throws InterruptedException {
        long covered = cursor.next() - 1;
        int errno = covered == 0 ? Errno.ENOENT : clear(logs, mdt, cursor.user(), covered);
        if (errno != 0) {
            doubts.add(
                    mdt
                            + ": user "
                            + cursor.user()
                            + " is not registered any more, or somebody has acknowledged in its name ("
                            + Errno.name(errno)
                            + ")");
            return;
        }
        cursors.put(mdt, new Cursor(cursor.user(), covered, cursor.next()));
    }

    /** Notes where a log stands, if its user is registered. */
    private static void note(
            Changelogs logs,
            Map.Entry<String, String> device,
            Cursor known,
            Map<String, Cursor> noted,
            List<String> doubts,
            boolean anew)
            throws InterruptedException {
        String mdt = device.getKey();
        String user = device.getValue();
        boolean own = known != null && known.user().equals(user);
        long covered = own ? known.next() - 1 : 0;
        boolean registered = covered > 0 && clear(logs, mdt, user, covered) == 0;
        long last = last(logs, mdt, registered ? covered + 1 : 1);
        if (!registered && last > 0) {
            registered = clear(logs, mdt, user, last) == 0;
            covered = last;
        }
        if (!registered && last > 0) {
            String missing =
                    mdt
                            + " has no changelog user "
                            + user
                            + "; run 'lctl --device "
                            + mdt
                            + " changelog_register' on its server, and name the user that it prints";
            if (anew) {
                throw new SluiceException(missing);
            }
            doubts.add(missing);
            return;
        }
        if (!registered) {
            // Without a user an MDT writes no record at all: an empty log proves nothing.
            doubts.add(
                    mdt
                            + ": its log is empty, which does not show whether user "
                            + user
                            + " is registered; the next round scans too, unless something happens on"
                            + " that MDT before");
            return;
        }
        noted.put(mdt, new Cursor(user, covered, last + 1));
    }

    /**
     * @return 0, ENOENT or EINVAL
     */
    private static int clear(Changelogs logs, String mdt, String user, long index)
            throws InterruptedException {
        int result = 0;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            result = logs.clearOrErrno(mdt, user, index);
            if (result == 0 || result == -Errno.ENOENT || result == -Errno.EINVAL) {
                return -result;
            }
            Thread.sleep(PAUSE_MS);
        }
        throw new SluiceException(
                "cannot acknowledge the changelog of "
                        + mdt
                        + ": "
                        + Errno.describe(-result)
                        + "; is the MDT there? Start again when it is");
    }

    /**
     * The index of the last record that a log has, found by a few dozen looks into it.
     *
     * @param from where to begin; what lies before is known to have been there
     * @return {@code from - 1} where nothing has come since
     */
    static long last(Changelogs logs, String mdt, long from) throws InterruptedException {
        Long found = first(logs, mdt, from);
        if (found == null) {
            return from - 1;
        }
        long low = found;
        long step = FIRST_STEP;
        for (found = first(logs, mdt, low + step);
                found != null;
                found = first(logs, mdt, low + step)) {
            low = found;
            step *= 2;
        }
        long high = low + step;
        while (high - low > 1) {
            long middle = low + (high - low) / 2;
            found = first(logs, mdt, middle);
            if (found == null) {
                high = middle;
            } else {
                low = found;
            }
        }
        return low;
    }

    /** The index of the first record from {@code index} on; null where there is none. */
    private static Long first(Changelogs logs, String mdt, long index) throws InterruptedException {
        IOException failure = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try (Changelogs.Log log = logs.open(mdt, index)) {
                ChangelogRecord record = log.next();
                return record == null ? null : record.index();
            } catch (IOException e) {
                failure = e;
            }
            Thread.sleep(PAUSE_MS);
        }
        throw new SluiceException(
                "cannot read the changelog of "
                        + mdt
                        + " ("
                        + failure.getMessage()
                        + "); does this client have the MDT, and is this root?",
                failure);
    }
}
