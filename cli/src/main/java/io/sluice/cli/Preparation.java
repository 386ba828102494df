package io.sluice.cli;

import io.sluice.common.posix.Posix;
import io.sluice.common.thread.Joins;
import io.sluice.pipeline.launch.EmbeddedCluster;
import java.util.List;
import java.util.Set;

/** What a command needs, made ready on a thread of its own while its options are read. */
final class Preparation {
    /** Commands that run a round in this process. */
    private static final Set<String> ROUNDS = Set.of("backup", "fd-round");

    private static final long END_MS = 2000;

    private final Thread natives = new Thread(this::load, "sluice-natives");
    private final Thread cluster = new Thread(EmbeddedCluster::prepare, "sluice-preparation");
    private volatile Throwable failure;

    /**
     * @param arguments of the process
     */
    static Preparation begin(String... arguments) {
        Preparation preparation = new Preparation();
        preparation.natives.start();
        if (arguments.length > 0 && ROUNDS.contains(arguments[0])) {
            preparation.cluster.setDaemon(true);
            preparation.cluster.start();
        }
        return preparation;
    }

    /**
     * JNA asks ldconfig when it loads the first library, and swallows an interrupt that comes then.
     */
    private void load() {
        try {
            Posix.effectiveUser();
        } catch (RuntimeException | LinkageError e) {
            failure = e;
        }
    }

    /** To be called before anything of the command is run. */
    void await() {
        Joins.uninterruptibly(List.of(natives));
        if (failure instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (failure instanceof LinkageError error) {
            throw error;
        }
    }

    /**
     * To be called before the process ends: a library that is half loaded may crash it then. One
     * that hangs is not waited for.
     */
    void end() throws InterruptedException {
        cluster.join(END_MS);
    }
}
