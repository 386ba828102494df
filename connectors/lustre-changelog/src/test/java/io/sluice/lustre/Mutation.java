package io.sluice.lustre;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.Seeds;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Spoils bytes at random, and sees that whoever reads them says so or understands them. */
public final class Mutation {
    private static final int MOST_CHANGES = 4;

    /** Values that lengths and counts go wrong by. */
    private static final byte[] EDGES = {0, 1, -1, 0x7f, (byte) 0x80, 0x40};

    private Mutation() {}

    /** What reads bytes; true if it understood them, false if it refused them as it should. */
    public interface Attempt {
        boolean understands(byte[] bytes);
    }

    /** Each of {@code times} times one of {@code samples}, with one to four bytes changed. */
    public static void run(String test, List<byte[]> samples, int times, Attempt attempt) {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println(test + ": -Dsluice.seed=" + seed);
        Random random = Seeds.random(seed);
        int understood = 0;
        for (int i = 0; i < times; i++) {
            byte[] bytes = samples.get(random.nextInt(samples.size())).clone();
            if (random.nextInt(4) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 64));
            }
            for (int n = random.nextInt(MOST_CHANGES); n >= 0 && bytes.length > 0; n--) {
                // Lengths, counts and flags are mostly in front.
                int bound = random.nextBoolean() ? Math.min(bytes.length, 72) : bytes.length;
                bytes[random.nextInt(bound)] =
                        random.nextBoolean()
                                ? EDGES[random.nextInt(EDGES.length)]
                                : (byte) random.nextInt(256);
            }
            if (attempt.understands(bytes)) {
                understood++;
            }
        }
        System.out.println(test + ": " + times + " changed, " + understood + " understood");
        assertThat(understood).isBetween(1, times - 1);
    }
}
