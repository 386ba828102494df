package io.sluice.common.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.thread.Joins;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ThrottleTest {
    private static final int THREADS = 8;

    private Caps said = Caps.NONE;
    private final Throttle throttle = new Throttle(() -> said);
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private volatile boolean ending;

    private void say(int threads, int pauseMs) {
        said = new Caps(threads, Caps.NO_CAP, pauseMs, "");
        throttle.look();
    }

    /** Threads that take a turn, are inside for a moment, and may end the turn or keep it. */
    private List<Thread> work(ThrottledThreads group, boolean keeps) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Turn turn = group.turn();
            Thread thread =
                    new Thread(
                            () -> {
                                try {
                                    while (!ending) {
                                        turn.next();
                                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                                        TimeUnit.MICROSECONDS.sleep(200);
                                        inside.decrementAndGet();
                                        if (!keeps) {
                                            turn.end();
                                        }
                                    }
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                } finally {
                                    turn.end();
                                }
                            });
            threads.add(thread);
            thread.start();
        }
        return threads;
    }

    private void awaitInside(int threads) throws InterruptedException {
        while (inside.get() != threads) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private void capFollows(boolean keeps) throws InterruptedException {
        ThrottledThreads group = throttle.unwatchedReaders();
        List<Thread> threads = work(group, keeps);
        awaitInside(THREADS);
        for (int cap : new int[] {1, 5, 2, THREADS}) {
            say(cap, 0);
            // All that were inside come to their next turn.
            while (inside.get() > cap) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            TimeUnit.MILLISECONDS.sleep(20);
            most.set(0);
            awaitInside(cap);
            TimeUnit.MILLISECONDS.sleep(50);
            assertThat(most.get()).isEqualTo(cap);
        }
        say(2, 0);
        said = Caps.NONE;
        throttle.look();
        awaitInside(THREADS);
        ending = true;
        Joins.uninterruptibly(threads);
        group.close();
    }

    @Test
    void noMoreThreadsAreInsideThanTheCapSaysWhileItMoves() throws InterruptedException {
        capFollows(false);
    }

    @Test
    void threadsThatKeepTheirTurnGiveItUpWhenTheCapFalls() throws InterruptedException {
        capFollows(true);
    }

    @Test
    void closedTaskGivesUpThePlacesOfThreadsThatHang() throws InterruptedException {
        say(1, 0);
        ThrottledThreads dead = throttle.unwatchedReaders();
        ThrottledThreads next = throttle.unwatchedReaders();
        Turn hanging = dead.turn();
        hanging.next();
        dead.close();
        dead.close();
        Turn turn = next.turn();
        turn.next();
        // It comes back after all: that place is not its own any more.
        hanging.end();
        assertThatThrownBy(
                        () -> {
                            turn.end();
                            hanging.next();
                        })
                .isInstanceOf(InterruptedException.class);
        turn.next();
        turn.end();
        next.close();
    }

    @Test
    void pauseEndsTheTurnAndIsCutShortByOtherCaps() throws InterruptedException {
        say(1, 10_000);
        ThrottledThreads group = throttle.unwatchedReaders();
        CountDownLatch paused = new CountDownLatch(1);
        Thread pausing =
                new Thread(
                        () -> {
                            try {
                                Turn turn = group.turn();
                                turn.next();
                                paused.countDown();
                                turn.pause();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        long begun = System.nanoTime();
        pausing.start();
        paused.await();
        Turn other = group.turn();
        other.next();
        other.end();
        say(1, 0);
        pausing.join();
        assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(9));

        say(1, 30);
        begun = System.nanoTime();
        other.pause();
        assertThat(System.nanoTime() - begun)
                .isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(30));
        group.close();
    }

    @Test
    void interruptEndsAWaitAndAPause() throws InterruptedException {
        say(1, 10_000);
        ThrottledThreads group = throttle.unwatchedReaders();
        Turn first = group.turn();
        Turn second = group.turn();
        first.next();
        Thread.currentThread().interrupt();
        assertThatThrownBy(second::next).isInstanceOf(InterruptedException.class);
        Thread.currentThread().interrupt();
        assertThatThrownBy(first::pause).isInstanceOf(InterruptedException.class);
        second.next();
        group.close();
    }

    @Test
    void readsAreCutToTheCap() {
        ThrottledThreads group = throttle.unwatchedReaders();
        Turn turn = group.turn();
        assertThat(turn.readBytes(1 << 20)).isEqualTo(1 << 20);
        said = new Caps(Caps.NO_CAP, 16 << 10, 0, "");
        throttle.look();
        assertThat(turn.readBytes(1 << 20)).isEqualTo(16 << 10);
        assertThat(turn.readBytes(100)).isEqualTo(100);
        group.close();
    }

    @Test
    void tasksOfTheProcessShareOneWatcherWhichEndsWithTheLast(@TempDir Path directory)
            throws Exception {
        Path file = directory.resolve("throttle.toml");
        Files.writeString(file, "threads = 1\n");
        byte[] path = file.toString().getBytes(StandardCharsets.UTF_8);
        long before = watchers();
        ThrottledThreads walkers = Throttle.walkers(path);
        ThrottledThreads more = Throttle.walkers(path);
        ThrottledThreads readers = Throttle.readers(path);
        assertThat(watchers()).isEqualTo(before + 1);
        // What is there when a task begins holds from its beginning on; each kind has its count.
        walkers.turn().next();
        readers.turn().next();
        Turn third = more.turn();
        Thread.currentThread().interrupt();
        assertThatThrownBy(third::next).isInstanceOf(InterruptedException.class);
        walkers.close();
        third.next();
        more.close();
        readers.close();
        while (watchers() != before) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private static long watchers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("sluice-throttle"))
                .count();
    }
}
