package io.sluice.bacula.config;

import io.sluice.common.SluiceException;
import io.sluice.common.text.Text;

/** What the keys' values ask for and this release does not do. */
public final class ThisRelease {
    private ThisRelease() {}

    /**
     * To be called before anything begins.
     *
     * @throws SluiceException with what to write instead
     */
    public static void require(Settings settings) {
        Mode mode = settings.get(Keys.MODE);
        switch (mode) {
            case POSIX, LUSTRE, HANDSHAKE -> {
                // A walk, or none.
            }
            case LUSTRE_CHANGELOG -> {
                if (settings.get(Keys.LUSTRE_DEVICE) == null) {
                    throw new SluiceException(
                            "mode=lustre-changelog needs lustre_device, such as"
                                    + " lustre_device=fs-MDT0000:cl1; 'sluice lustre check' says which"
                                    + " MDTs there are");
                }
            }
            default -> throw not("mode=" + mode.text(), "mode=posix");
        }
        SchedulerName scheduler = settings.get(Keys.SCHEDULER);
        if (scheduler != SchedulerName.LOCAL) {
            throw not("scheduler=" + scheduler.text(), "scheduler=local");
        }
        ShardForm form = settings.get(Keys.SHARD);
        if (form.strategy() == ShardForm.Strategy.SUBTREE) {
            throw not(
                    "shard=" + form,
                    "path="
                            + Text.escape(form.subtree())
                            + ";shard="
                            + form.shard()
                            + "/"
                            + form.shards()
                            + ", a set of its own");
        }
    }

    private static SluiceException not(String asked, String instead) {
        return new SluiceException(asked + " is not in this release; use " + instead);
    }
}
