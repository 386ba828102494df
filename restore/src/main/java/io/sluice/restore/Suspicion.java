package io.sluice.restore;

import io.sluice.common.entry.Stat;
import io.sluice.ptcomm.archive.Damage;
import io.sluice.ptcomm.archive.DamageListener;
import java.util.function.Consumer;

/** Tells when the entries that are read come from a damaged segment, and hands on its damage. */
final class Suspicion implements DamageListener {
    private static final int SET_IDS = 06000;

    /** Whether the entries to come are suspect. */
    interface Handler {
        void suspect(boolean yes);
    }

    private final Handler handler;
    private final Consumer<Damage> damages;

    Suspicion(Handler handler, Consumer<Damage> damages) {
        this.handler = handler;
        this.damages = damages;
    }

    @Override
    public void suspect(int shard, String segment) {
        handler.suspect(true);
    }

    @Override
    public void damaged(Damage damage) {
        handler.suspect(false);
        damages.accept(damage);
    }

    /** Without the bits that lend out the owner's rights, which one flipped bit may have set. */
    static Stat lessened(Stat stat) {
        return new Stat(
                stat.mode() & ~SET_IDS,
                stat.links(),
                stat.uid(),
                stat.gid(),
                stat.inode(),
                stat.size(),
                stat.accessed(),
                stat.modified(),
                stat.changed(),
                stat.born(),
                stat.deviceMajor(),
                stat.deviceMinor(),
                stat.rdevMajor(),
                stat.rdevMinor());
    }
}
