package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.TestTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Caps that come, change and go while a backup runs, as the server of its files sees them. Only the
 * scan opens and reads directories, only the shard writer opens files; each thread has one such
 * request at a time.
 */
class ThrottleITCase {
    private static final int WORKERS = 16;

    /**
     * At 16 walkers some hundred directories a second, each with an opening and two readings of 50
     * ms: enough for the time under caps, and for a while without.
     */
    private static final int DIRECTORIES = 2_000;

    private static final int FILES = 4;
    private static final String LATENCY = "meta_us=500,readdir_us=50000,open_us=50000";

    /** Five until a change is seen at the latest, and one for what threads are at. */
    private static final long EFFECT_MS = 6_000;

    /** Long enough that every thread has made some requests. */
    private static final long WINDOW_MS = 1_500;

    @RegisterExtension final Workspace workspace = new Workspace();

    @BeforeEach
    void needsAMirror() {
        LatencyMirror.assumePossible();
    }

    /** The threads that called the filesystem at once, in a while. */
    private record Threads(long walkers, long readers) {
        static Threads in(LatencyMirror mirror) throws Exception {
            mirror.mostAtOnce();
            TimeUnit.MILLISECONDS.sleep(WINDOW_MS);
            Map<String, Long> most = mirror.mostAtOnce();
            System.out.println("at once: " + most);
            return new Threads(most.get("directories"), most.get("files"));
        }

        boolean areAbove(int cap) {
            return walkers > cap && readers > cap;
        }
    }

    private static void replace(Path file, String text) throws IOException {
        Path next = file.resolveSibling("throttle.toml.new");
        Files.writeString(next, text);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void holds(LatencyMirror mirror, int cap) throws Exception {
        TimeUnit.MILLISECONDS.sleep(EFFECT_MS);
        Threads threads = Threads.in(mirror);
        assertThat(threads.walkers()).isEqualTo(cap);
        assertThat(threads.readers()).isEqualTo(cap);
    }

    @Test
    void walkersAndReadersFollowTheFileWithinSixSeconds() throws Exception {
        TestTree source = workspace.source();
        for (int i = 0; i < DIRECTORIES; i++) {
            for (int j = 0; j < FILES; j++) {
                source.file("d" + i / 100 + "/e" + i + "/f" + j, "data");
            }
        }
        Path file = workspace.base().resolve("throttle.toml");
        try (LatencyMirror mirror =
                        LatencyMirror.of(workspace.sourcePath(), workspace.base(), LATENCY);
                RunningSluice backup =
                        mirror.in(
                                        Sluice.command(
                                                "backup",
                                                mirror.path(),
                                                "--to",
                                                workspace.archive(),
                                                "--workers",
                                                WORKERS,
                                                "--throttle",
                                                file))
                                .start()) {
            backup.await("many threads at work", () -> Threads.in(mirror).areAbove(4));

            replace(file, "threads = 2\nreason = \"busy\"\n");
            holds(mirror, 2);
            // What makes no sense changes nothing.
            replace(file, "threads = many\n");
            holds(mirror, 2);
            replace(file, "rayon_threads = 4\n");
            holds(mirror, 4);
            Files.delete(file);
            TimeUnit.MILLISECONDS.sleep(EFFECT_MS);
            assertThat(Threads.in(mirror).areAbove(4)).isTrue();

            Result result = backup.result().exits(0);
            assertThat(result.error().lines().filter(line -> line.contains("throttle")))
                    .singleElement()
                    .asString()
                    .contains("'" + file + "'", "line 1", "threads = 2");
        }
        workspace.verify("--against", workspace.sourcePath()).succeeds();
    }
}
