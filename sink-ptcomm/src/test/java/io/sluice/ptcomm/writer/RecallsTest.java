package io.sluice.ptcomm.writer;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.filesystem.FileHooks;
import io.sluice.common.filesystem.HsmOptions;
import io.sluice.common.filesystem.HsmPolicy;
import io.sluice.common.posix.Errno;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RecallsTest {
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);
    private static final byte[] ROOT = {'/'};

    /** A file whose first request waits until the test has asked for all. */
    private static final byte FIRST = 0;

    private final Set<Byte> back = ConcurrentHashMap.newKeySet();
    private final Set<Byte> gone = ConcurrentHashMap.newKeySet();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch firstBegun = new CountDownLatch(1);
    private final CountDownLatch allAsked = new CountDownLatch(1);
    private final CountDownLatch lookedAtTheLimit = new CountDownLatch(3);
    private final long begunNanos = System.nanoTime();
    private volatile long now;
    private Recalls recalls;

    private final class Tape implements FileHooks {
        @Override
        public int recall(long archive, List<byte[]> identities) {
            if (identities.get(0)[0] == FIRST) {
                awaitAll();
            }
            requests.add(now / MINUTE + ": " + identities.size());
            if (identities.stream().anyMatch(file -> gone.contains(file[0]))) {
                return -Errno.ENOENT;
            }
            identities.forEach(file -> back.add(file[0]));
            return 0;
        }

        private void awaitAll() {
            try {
                firstBegun.countDown();
                allAsked.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public boolean isReleased(byte[] identity) {
            return !back.contains(identity[0]);
        }
    }

    private void start(int perHour) {
        recalls =
                new Recalls(
                        "run",
                        new HsmOptions(HsmPolicy.BACKUP_RELEASED, 16, perHour, 86_400, false),
                        root -> new Tape(),
                        ROOT,
                        this::clock);
    }

    /** It goes on, else nothing would ever be due; the test adds minutes to it. */
    private long clock() {
        long minutes = now;
        if (minutes == 50 * MINUTE) {
            lookedAtTheLimit.countDown();
        }
        return minutes + System.nanoTime() - begunNanos;
    }

    @AfterEach
    void stop() {
        recalls.close();
    }

    private Recalls.Recall ask(int file) {
        return recalls.ask(1, new byte[] {(byte) file});
    }

    @Test
    void noMoreAreAskedForWithinAnHourThanAllowed() throws Exception {
        start(3);
        allAsked.countDown();
        List<Recalls.Recall> asked = new ArrayList<>();
        for (int file = 1; file <= 5; file++) {
            asked.add(ask(file));
        }
        for (int i = 0; i < 3; i++) {
            assertThat(recalls.await(asked.get(i))).isZero();
        }
        now = 50 * MINUTE;
        asked.add(ask(6));
        lookedAtTheLimit.await();
        assertThat(back).containsExactlyInAnyOrder((byte) 1, (byte) 2, (byte) 3);
        now = 61 * MINUTE;
        asked.add(ask(7));
        for (int i = 3; i < 6; i++) {
            assertThat(recalls.await(asked.get(i))).isZero();
        }
        now = 200 * MINUTE;
        ask(8);
        assertThat(recalls.await(asked.get(6))).isZero();
        assertThat(sum("0: ")).isEqualTo(3);
        assertThat(sum("50: ")).isZero();
        assertThat(sum("61: ")).isEqualTo(3);
    }

    private int sum(String minute) {
        synchronized (requests) {
            return requests.stream()
                    .filter(request -> request.startsWith(minute))
                    .mapToInt(request -> Integer.parseInt(request.substring(minute.length())))
                    .sum();
        }
    }

    /** A filesystem refuses a whole request in which one file is gone. */
    @Test
    void oneThatIsGoneKeepsNoneOfItsBatchOnTape() throws Exception {
        start(0);
        gone.add((byte) 5);
        Recalls.Recall first = ask(FIRST);
        firstBegun.await();
        List<Recalls.Recall> asked = new ArrayList<>();
        for (int file = 1; file <= 9; file++) {
            asked.add(ask(file));
        }
        allAsked.countDown();
        assertThat(recalls.await(first)).isZero();
        for (Recalls.Recall each : asked) {
            // What is gone is told by whoever opens it.
            assertThat(recalls.await(each)).isZero();
        }
        assertThat(back).hasSize(9).doesNotContain((byte) 5);
        assertThat(requests.subList(0, 2)).containsExactly("0: 1", "0: 9");
        assertThat(requests).hasSize(2 + 9);
    }
}
