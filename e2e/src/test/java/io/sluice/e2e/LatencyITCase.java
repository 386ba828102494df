package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import io.sluice.common.testing.TreeGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A tree on a filesystem whose server takes its time, and counts what it is asked. */
class LatencyITCase {
    private static final int RANDOM_ENTRIES = 300;

    private static final int OUTER = 5;
    private static final int INNER = 4;
    private static final int FILES = 60;
    private static final int LINKS = 3;
    private static final int DIRECTORIES = 1 + OUTER + OUTER * INNER;
    private static final int ENTRIES = DIRECTORIES + OUTER * INNER * (FILES + LINKS);

    /** Names on the ways from the root to each directory. */
    private static final int COMPONENTS = OUTER + OUTER * INNER * 2;

    /**
     * Two ends of runs of 64, one that is cut short because nothing is in hand, and two to spare.
     */
    private static final int PIECES = 5;

    @RegisterExtension final Workspace workspace = new Workspace();

    @BeforeEach
    void needsAMirror() {
        LatencyMirror.assumePossible();
    }

    private static Object[] backup(LatencyMirror mirror, Workspace workspace, String... options) {
        List<Object> words =
                new ArrayList<>(List.of("backup", mirror.path(), "--to", workspace.archive()));
        words.addAll(List.of(options));
        return words.toArray();
    }

    @Test
    void everyKindComesBackThroughAFilesystemWithLatency() throws IOException {
        long seed = System.nanoTime();
        TestTree source = workspace.source();
        TreeGenerator generator =
                new TreeGenerator(source, seed).random(RANDOM_ENTRIES).extremes().finish();
        System.out.println("seed " + seed + ": " + generator.entries().size() + " entries");
        try (LatencyMirror mirror =
                LatencyMirror.of(workspace.sourcePath(), workspace.base(), "meta_us=150")) {
            mirror.in(Sluice.command(backup(mirror, workspace, "--workers", "64")))
                    .run()
                    .succeeds();
        }
        workspace.restore().succeeds();
        Set<Aspect> aspects = EnumSet.allOf(Aspect.class);
        // A link's access time moves with each readlink(2).
        aspects.remove(Aspect.ATIME);
        assertThat(
                        TreeComparison.compare(
                                source.path(),
                                Sluice.bytes(workspace.target().toString()),
                                aspects))
                .isEmpty();
        workspace.verify("--against", workspace.sourcePath()).succeeds();
    }

    /**
     * The scan asks once about each name, and the shard writer, which opens the entry for its
     * extended attributes, looks it up once more. Besides, only directories cost anything. The scan
     * opens each once, by its path: one lookup a component; and looks at it a few times while it
     * reads it. The writer's threads open it for each run of entries that they prepare; {@link
     * #PIECES} says into how many runs a directory of this size may fall.
     */
    @Test
    void eachNameIsAskedForOnceByTheScanAndOnceByTheWriter() throws IOException {
        TestTree source = workspace.source();
        for (int i = 0; i < OUTER; i++) {
            for (int j = 0; j < INNER; j++) {
                String directory = "d" + i + "/e" + j + "/";
                for (int k = 0; k < FILES; k++) {
                    source.file(directory + "file" + k, "data");
                }
                for (int k = 0; k < LINKS; k++) {
                    source.symlink(directory + "link" + k, "file" + k);
                }
            }
        }
        // The kernel keeps neither names nor attributes: what is asked for twice counts twice.
        try (LatencyMirror mirror =
                LatencyMirror.of(
                        workspace.sourcePath(),
                        workspace.base(),
                        "meta_us=0,entry_ms=0,attr_ms=0")) {
            Map<String, Long> before = mirror.requests();
            mirror.in(
                            Sluice.command(
                                    backup(
                                            mirror,
                                            workspace,
                                            "--content",
                                            "metadata",
                                            "--shards",
                                            "1")))
                    .run()
                    .succeeds();
            Map<String, Long> requests = mirror.requests();
            before.forEach((kind, n) -> requests.merge(kind, -n, Long::sum));
            System.out.println(ENTRIES + " entries, " + DIRECTORIES + " directories: " + requests);
            assertThat(requests.get("lookup"))
                    .isBetween(2L * (ENTRIES - 1), 2L * ENTRIES + (1 + PIECES) * COMPONENTS);
            // One for each statx of a name; the writer makes none.
            assertThat(requests.get("getattr"))
                    .isBetween((long) ENTRIES, ENTRIES + 4L * DIRECTORIES);
            assertThat(requests.get("listxattr")).isEqualTo(ENTRIES);
            assertThat(requests.get("getxattr")).isZero();
            assertThat(requests.get("readlink")).isEqualTo(OUTER * INNER * LINKS);
            assertThat(requests.get("opendir")).isBetween((long) DIRECTORIES, DIRECTORIES + 8L);
            assertThat(requests.get("readdir")).isLessThanOrEqualTo(3L * DIRECTORIES);
            assertThat(requests.get("open")).isZero();
            assertThat(requests.get("read")).isZero();
        }
    }
}
