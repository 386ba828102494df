package io.sluice.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Sources that keep a round busy for some seconds when it has one worker. */
final class SlowSource {
    private static final int DIRECTORIES = 300;
    private static final int FILES = 100;
    private static final int MAX_FILE_BYTES = 4096;

    private SlowSource() {}

    /** Of -Dsluice.seed, or of the clock; printed. */
    static Random random(String test) {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println(test + ", -Dsluice.seed=" + seed);
        return new Random(seed);
    }

    /** Many small files that do not compress. */
    static void fill(Path source, Random random) throws IOException {
        for (int d = 0; d < DIRECTORIES; d++) {
            Path directory = Files.createDirectories(source.resolve("d" + d % 17 + "/" + d));
            for (int f = 0; f < FILES; f++) {
                file(directory.resolve("f" + f), random);
            }
        }
    }

    /** Writes one of them. */
    static void file(Path file, Random random) throws IOException {
        byte[] data = new byte[random.nextInt(MAX_FILE_BYTES)];
        random.nextBytes(data);
        Files.write(file, data);
    }
}
