package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.testing.Privileges;
import io.sluice.common.testing.TestTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What four jobs of a set ask of the filesystem, and one alone. */
class BaculaScanITCase {
    /** An estimate that waited for other jobs would take so long. */
    private static final int ACCEPT_S = 300;

    private static final int DIRECTORIES = 60;
    private static final int FILES = 10;

    @TempDir static Path directory;
    private static BaculaSite site;

    @RegisterExtension final Workspace workspace = new Workspace();

    @BeforeAll
    static void startBacula() throws IOException {
        BaculaRig.assumePossible();
        assumeTrue(Privileges.isRoot(), "mounts need root");
        site = new BaculaSite(directory, ACCEPT_S).up();
    }

    @AfterAll
    static void stopBacula() throws IOException {
        if (site != null) {
            site.close();
        }
    }

    @AfterEach
    void noProcessIsLeft() throws Exception {
        site.isIdle();
    }

    private void fill() throws IOException {
        TestTree source = workspace.source();
        for (int d = 0; d < DIRECTORIES; d++) {
            for (int f = 0; f < FILES; f++) {
                source.file("d" + d % 7 + "/e" + d + "/f" + f, "data");
            }
        }
    }

    @Test
    void fourJobsReadEachDirectoryAsOftenAsOne() throws IOException {
        LatencyMirror.assumePossible();
        fill();
        try (LatencyMirror mirror =
                LatencyMirror.of(
                        workspace.sourcePath(),
                        workspace.base(),
                        "meta_us=0,entry_ms=0,attr_ms=0")) {
            site.backend(mirror.words());
            Map<String, Long> one = requests(mirror, "one", 1);
            Map<String, Long> four = requests(mirror, "four", BaculaSite.SHARDS);
            System.out.println("requests of one job: " + one + "; of four: " + four);
            // The root, seven below it, and those with files.
            assertThat(one.get("opendir")).isGreaterThanOrEqualTo(1 + 7 + DIRECTORIES);
            assertThat(four.get("opendir")).isGreaterThanOrEqualTo(1 + 7 + DIRECTORIES);
            assertThat(four.get("opendir")).isLessThanOrEqualTo(one.get("opendir") + 8);
            assertThat(four.get("readdir")).isLessThanOrEqualTo(one.get("readdir") + 8);
        } finally {
            site.backend("");
        }
    }

    private Map<String, Long> requests(LatencyMirror mirror, String name, int shards)
            throws IOException {
        BaculaSet set = new BaculaSet(site.rig(), name, shards, mirror.path().toString());
        Map<String, Long> before = mirror.requests();
        set.round("Full");
        Map<String, Long> requests = new TreeMap<>(mirror.requests());
        before.forEach((kind, n) -> requests.merge(kind, -n, Long::sum));
        return requests;
    }

    @Test
    void anEstimateOfOneJobAnswersAlone() throws IOException {
        fill();
        Path tree = workspace.sourcePath();
        BaculaSet set = new BaculaSet(site.rig(), "guess", BaculaSite.SHARDS, tree.toString());
        List<String> names = new ArrayList<>();
        for (int shard = 0; shard < BaculaSite.SHARDS; shard++) {
            long before = System.nanoTime();
            String said = site.rig().call("estimate", set.job(shard), "listing");
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - before))
                    .isLessThan(ACCEPT_S / 5);
            List<String> own =
                    said.lines()
                            .filter(line -> line.contains("/@hpc" + tree + "/d"))
                            .map(line -> line.substring(line.indexOf("/@hpc") + 5))
                            .filter(name -> name.matches(".*/f[0-9]+"))
                            .toList();
            assertThat(own).isNotEmpty();
            names.addAll(own);
        }
        assertThat(names).doesNotHaveDuplicates();
        TreeSet<String> all = new TreeSet<>();
        for (int d = 0; d < DIRECTORIES; d++) {
            for (int f = 0; f < FILES; f++) {
                all.add(tree + "/d" + d % 7 + "/e" + d + "/f" + f);
            }
        }
        assertThat(new TreeSet<>(names)).isEqualTo(all);
    }
}
