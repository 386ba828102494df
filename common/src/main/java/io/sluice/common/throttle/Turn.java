package io.sluice.common.throttle;

/**
 * A thread's view of a throttle. The thread calls {@link #next} before each call of the filesystem,
 * or few of them, {@link #end} before it waits for anything else than the filesystem, and {@link
 * #pause} behind each unit of work. Without caps each of these is one read of a volatile. Belongs
 * to one thread.
 */
public final class Turn {
    /** Of threads that no throttle is for; any number of threads may share it. */
    public static final Turn FREE =
            new ThrottledThreads(new Throttle(() -> Caps.NONE), new Gate()).turn();

    private final ThrottledThreads threads;
    private boolean inside;

    Turn(ThrottledThreads threads) {
        this.threads = threads;
    }

    /**
     * Waits until one more thread may call the filesystem. Returns at once while the thread has its
     * turn still, unless the cap has become lower meanwhile.
     *
     * @throws InterruptedException when interrupted, or the task closed, while it waited; the
     *     thread then has no turn
     */
    public void next() throws InterruptedException {
        if (threads.throttle().caps().threads() == Caps.NO_CAP) {
            end();
            return;
        }
        if (inside) {
            if (!threads.isOverfull()) {
                return;
            }
            end();
        }
        threads.enter();
        inside = true;
    }

    /** Gives the turn to another thread, if this one has it. */
    public void end() {
        if (inside) {
            inside = false;
            threads.leave();
        }
    }

    /**
     * Ends the turn and sleeps as long as the caps say; shorter when they change.
     *
     * @throws InterruptedException when interrupted meanwhile
     */
    public void pause() throws InterruptedException {
        end();
        threads.throttle().pause();
    }

    /** How many bytes one read may ask for: {@code wanted}, or fewer, at least one. */
    public int readBytes(int wanted) {
        return Math.min(wanted, threads.throttle().caps().readBytes());
    }
}
