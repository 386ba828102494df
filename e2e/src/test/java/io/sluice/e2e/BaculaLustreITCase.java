package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Bacula's jobs of a set that reads changelogs, one job for each MDT. */
class BaculaLustreITCase {
    private static final int MDTS = 2;
    private static final int FILES = 12;

    @RegisterExtension final Workspace workspace = new Workspace();
    private FakeLustre lustre;
    private BaculaRig rig;
    private Path root;
    private Path state;

    /** The jobs that have stored the file of two names, once for each name. */
    private final List<Integer> linked = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        FakeLustre.assumePossible();
        BaculaRig.assumePossible();
        lustre = FakeLustre.in(workspace.base());
        root = lustre.path();
        state = workspace.base().resolve("state");
        // Bacula's own programs keep the libraries that they were made for.
        Path backend = workspace.base().resolve("backend");
        Files.writeString(
                backend,
                "#!/bin/bash\nexport LD_LIBRARY_PATH="
                        + Shell.quote(FakeLustre.libraries())
                        + "\nexec "
                        + Shell.quote(Sluice.executable())
                        + " \"$@\"\n");
        Files.setPosixFilePermissions(backend, PosixFilePermissions.fromString("rwx------"));
        rig =
                new BaculaRig(workspace.base().resolve("rig"))
                        .with("SLUICE_BACKEND", backend)
                        .with("SLUICE_STATE_DIR", state);
        rig.plugins(BaculaRig.plugin()).up();
    }

    @AfterEach
    void stop() throws IOException {
        try {
            if (rig != null) {
                rig.close();
            }
        } finally {
            if (lustre != null) {
                lustre.close();
            }
        }
    }

    /** The MDT of each directory by its path. */
    private Map<String, Integer> fill() throws IOException {
        Map<String, Integer> mdts = new TreeMap<>();
        for (int directory = 0; directory < 4; directory++) {
            Path path = root.resolve("d" + directory);
            lustre.ctl("mkdir", path, directory % MDTS);
            mdts.put(path + "/", directory % MDTS);
            for (int file = 0; file < FILES; file++) {
                Files.writeString(path.resolve("f" + file), directory + "/" + file);
            }
        }
        lustre.ctl("close-now");
        return mdts;
    }

    private void change() throws IOException {
        Files.writeString(root.resolve("d0/f0"), "more", StandardOpenOption.APPEND);
        Files.writeString(root.resolve("d1/new"), "new");
        Files.delete(root.resolve("d2/f1"));
        Files.move(root.resolve("d3"), root.resolve("d0/d3"));
        Files.createLink(root.resolve("d1/link"), root.resolve("d2/f2"));
        Files.setPosixFilePermissions(
                root.resolve("d2/f3"), PosixFilePermissions.fromString("r--------"));
        lustre.ctl("close-now");
    }

    /** Full, changes, Incremental, restore: by records, and each entry in its MDT's job. */
    @Test
    void aSetOfJobsGoesByChangelogsAndMdts() throws IOException {
        final Map<String, Integer> mdts = fill();
        String devices =
                FakeLustre.device(0)
                        + ":"
                        + lustre.register(0)
                        + ","
                        + FakeLustre.device(1)
                        + ":"
                        + lustre.register(1);
        // What comes before the users are there has no record: these have.
        Files.writeString(root.resolve("d0/first"), "first");
        Files.writeString(root.resolve("d1/first"), "first");
        lustre.ctl("close-now");
        BaculaSet set =
                new BaculaSet(
                        rig,
                        "lustre",
                        MDTS,
                        "lustre-mdt:",
                        root + ";mode=lustre-changelog;lustre_device=" + devices,
                        new Object[0]);

        List<BaculaRig.Ended> full = set.round("Full");
        full.forEach(job -> assertThat(job.log()).doesNotContain("does not lie on Lustre"));
        for (int job = 0; job < MDTS; job++) {
            isOfMdt(full.get(job), job, mdts);
        }
        change();
        List<BaculaRig.Ended> incremental = set.round("Incremental");
        JsonNode report =
                new ObjectMapper()
                        .readTree(state.resolve("sets/lustre/chain/rounds/2/report.json").toFile());
        assertThat(report.get("mode").textValue()).isEqualTo("lustre-changelog");
        assertThat(report.get("doubt")).as("%s", report).isEmpty();
        assertThat(report.get("records").longValue()).isPositive();
        assertThat(report.get("deleted").longValue()).isEqualTo(FILES + 2);
        mdts.remove(root + "/d3/");
        mdts.put(root + "/d0/d3/", 1);
        for (int job = 0; job < MDTS; job++) {
            isOfMdt(incremental.get(job), job, mdts);
        }
        assertThat(linked).as("both names in one job").hasSize(3);
        assertThat(linked.get(1)).isEqualTo(linked.get(2));
        Path target = workspace.base().resolve("restored");
        rig.restore(set.plan(state), target).succeeds();
        assertThat(
                        TreeComparison.compare(
                                Sluice.bytes(root.toString()),
                                Sluice.bytes(target + root.toString()),
                                TreeComparison.usualWithout(Aspect.XATTR)))
                .isEmpty();
    }

    /** What a job has stored of the directories lies on its MDT, but for the file of two names. */
    private void isOfMdt(BaculaRig.Ended job, int mdt, Map<String, Integer> mdts)
            throws IOException {
        int seen = 0;
        for (String name :
                rig.sql(
                        "SELECT Path.Path || File.Filename FROM File JOIN Path ON Path.PathId = File.PathId"
                                + " WHERE File.FileIndex > 0 AND File.Filename <> ''"
                                + " AND File.JobId = "
                                + job.id())) {
            String path = name.replaceFirst("^/@hpc", "");
            Integer expected = mdts.get(path.substring(0, path.lastIndexOf('/') + 1));
            if (path.equals(root + "/d1/link") || path.equals(root + "/d2/f2")) {
                linked.add(job.id());
            } else if (expected != null) {
                assertThat(expected).as(path).isEqualTo(mdt);
                seen++;
            }
        }
        assertThat(seen).isPositive();
    }

    /** The same walk that deals out says how it would. */
    @Test
    void theProbeDealsOutByMdts() throws IOException {
        fill();
        Result probe =
                Sluice.command(
                                "shard-probe",
                                root,
                                "--shards",
                                "2",
                                "--strategy",
                                "lustre-mdt",
                                "--json")
                        .run()
                        .exits(0);
        assertThat(probe.error()).doesNotContain("does not lie on Lustre");
        JsonNode shards = new ObjectMapper().readTree(probe.out()).get("shards");
        // The root, which is on the first MDT, has the directories; the root itself goes by hash.
        long one = shards.get(0).get("entries").longValue();
        long other = shards.get(1).get("entries").longValue();
        assertThat(one + other).isEqualTo(4 * FILES + 4 + 1);
        assertThat(other).isBetween(2L * FILES, 2L * FILES + 1);
        Result elsewhere =
                Sluice.run(
                        "shard-probe",
                        workspace.base(),
                        "--shards",
                        "2",
                        "--strategy",
                        "lustre-mdt",
                        "--json");
        assertThat(elsewhere.exits(0).error()).contains("does not lie on Lustre here");
    }
}
