package io.sluice.bacula.job;

import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameReader;
import java.io.EOFException;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/**
 * What the FD says while a job sends its stream: answers to queries, the end; on a thread of its
 * own, so that the FD's going is noticed at once.
 */
final class FdInput {
    private static final String GONE = "\0";

    private final FrameReader in;
    private final Consumer<String> gone;
    private final BlockingQueue<String> commands = new LinkedBlockingQueue<>();

    private FdInput(FrameReader in, Consumer<String> gone) {
        this.in = in;
        this.gone = gone;
    }

    /**
     * @param gone hears when nothing more will come, and why
     */
    static FdInput start(FrameReader in, Consumer<String> gone) {
        FdInput input = new FdInput(in, gone);
        Thread thread = new Thread(input::read, "sluice-fd-input");
        thread.setDaemon(true);
        thread.start();
        return input;
    }

    private void read() {
        String why = "the FD has closed the connection";
        try {
            while (in.next()) {
                if (in.letter() == Frame.COMMAND) {
                    commands.add(Dialogue.text(in));
                } else if (in.letter() == Frame.TERMINATE) {
                    why = "the FD has ended the dialogue";
                    break;
                }
            }
        } catch (IOException e) {
            why = "the FD's side broke: " + e.getMessage();
        }
        commands.add(GONE);
        gone.accept(why);
    }

    /** The next command, waited for. */
    String next() throws IOException {
        try {
            String command = commands.take();
            if (command.equals(GONE)) {
                commands.add(GONE);
                throw new EOFException("the FD is gone");
            }
            return command;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the FD", e);
        }
    }

    /** Waits until the FD says no more, at most so long. */
    void awaitGone(long millis) throws InterruptedException {
        long until = System.nanoTime() + millis * 1_000_000;
        while (System.nanoTime() - until < 0) {
            String command =
                    commands.poll(
                            Math.max(1, (until - System.nanoTime()) / 1_000_000),
                            java.util.concurrent.TimeUnit.MILLISECONDS);
            if (GONE.equals(command)) {
                commands.add(GONE);
                return;
            }
        }
    }
}
