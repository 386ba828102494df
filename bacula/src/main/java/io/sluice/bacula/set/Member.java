package io.sluice.bacula.set;

import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.Settings;
import io.sluice.common.SluiceException;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What the jobs of all shards but 0 do: they wait for what the leading one decides. */
public final class Member {
    private static final long POLL_MS = 100;

    /** The leader's own word, which knows more, comes first. */
    private static final long GRACE_S = 10;

    private final Rendezvous rendezvous;
    private final Settings settings;
    private final Consumer<String> log;

    public Member(Rendezvous rendezvous, Settings settings, Consumer<String> log) {
        this.rendezvous = rendezvous;
        this.settings = settings;
        this.log = log;
    }

    /**
     * Waits for the round.
     *
     * @throws SluiceException if there is none
     */
    public Meeting await() throws InterruptedException {
        SetDirectory set = rendezvous.set();
        int shards = rendezvous.own().shards();
        long seconds = settings.get(Keys.ACCEPT_TIMEOUT_SECS);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds + GRACE_S);
        String before = lastLeader();
        boolean led = false;
        Rendezvous.tellWaiting(shards, rendezvous.present(), log, set.name());
        while (true) {
            // In this order: a leader comes, decides, and then leaves. One that is killed leaves a
            // trace of its coming.
            String last = lastLeader();
            led |= !last.isEmpty() && !last.equals(before);
            boolean leads = rendezvous.isLeaderWaiting();
            Meeting meeting = rendezvous.meeting();
            if (meeting != null) {
                if (meeting.failure() != null) {
                    throw new SluiceException(meeting.failure());
                }
                return meeting;
            }
            if (led && !leads) {
                throw new SluiceException(
                        "set "
                                + set.name()
                                + ": the job of shard 0, which leads, ended before the round began");
            }
            led |= leads;
            SortedMap<Integer, Arrival> present = rendezvous.present();
            if (System.nanoTime() - until > 0) {
                throw new SluiceException(Rendezvous.missing(set, shards, present, seconds));
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
    }

    /** Token of the leading job that came last; empty for none. */
    private String lastLeader() {
        Arrival leader = rendezvous.lastLeader();
        return leader == null ? "" : leader.token();
    }
}
