package io.sluice.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Errno;
import io.sluice.common.text.Text;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** What ends a restore before its time, in all its threads. Thread-safe. */
final class RestoreEnd {
    private final Target target;
    private final AtomicBoolean stopped = new AtomicBoolean();

    RestoreEnd(Target target) {
        this.target = target;
    }

    /** Makes every other thread end at its next entry or piece of data. */
    void stop() {
        stopped.set(true);
    }

    /** Ends the calling thread's reading once another thread has failed. */
    void checkStopped() throws IOException {
        if (stopped.get()) {
            throw new Stopped();
        }
    }

    /**
     * @throws SluiceException when the failure would meet every further entry too
     */
    void check(byte[] path, EntryFailure failure) {
        if (failure.endsRestore()) {
            throw new SluiceException(
                    "the restore to "
                            + Text.quote(target.path())
                            + " ends at "
                            + Text.quote(path)
                            + ": "
                            + failure.operation()
                            + ": "
                            + Errno.describe(failure.errno())
                            + "; what has its name is whole. mend that (make room there), and"
                            + " run the same again",
                    failure);
        }
    }

    /** The end of a thread whose restore has failed in another one. */
    static final class Stopped extends IOException {
        private static final long serialVersionUID = 1L;

        Stopped() {
            super("another shard of this restore has failed");
        }
    }
}
