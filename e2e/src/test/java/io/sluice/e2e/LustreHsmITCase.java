package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files on tape and striped files of a Lustre that is played, through the whole command. */
class LustreHsmITCase {
    private static final int FILES = 1000;
    private static final int CAP = 8;
    private static final int LARGE_MIB = 16;
    private static final int MIB_US = 100_000;

    @RegisterExtension final Workspace workspace = new Workspace();
    private String mode = "lustre";
    private String devices;

    @BeforeEach
    void needsFuse() {
        FakeLustre.assumePossible();
    }

    private Sluice backup(FakeLustre lustre, Path tree, Object... options) throws IOException {
        List<Object> all =
                new ArrayList<>(
                        List.of("backup", tree, "--to", workspace.archive(), "--mode", mode));
        if (mode.equals("lustre-changelog")) {
            all.addAll(List.of("--lustre-device", devices));
        }
        all.addAll(List.of(options));
        return lustre.in(Sluice.command(all.toArray()));
    }

    /** From now on rounds learn from these logs what has changed. */
    private void readLogs(FakeLustre lustre) throws IOException {
        mode = "lustre-changelog";
        devices =
                FakeLustre.device(0)
                        + ":"
                        + lustre.register(0)
                        + ","
                        + FakeLustre.device(1)
                        + ":"
                        + lustre.register(1);
    }

    private JsonNode report(int round) throws IOException {
        Path file = workspace.archive().resolve("rounds/" + round + "/report.json");
        return new ObjectMapper().readTree(file.toFile());
    }

    private static byte[] content(int i) {
        byte[] content = new byte[1 + i * 37 % 5000];
        new Random(i).nextBytes(content);
        return content;
    }

    /** A thousand files, of which each second one is on tape alone. */
    private static Path tree(FakeLustre lustre) throws IOException {
        Path tree = Files.createDirectory(lustre.path().resolve("tree"));
        for (int i = 0; i < FILES; i++) {
            Path directory = tree.resolve("d" + i % 10);
            Files.createDirectories(directory);
            Path file = directory.resolve("f" + i);
            Files.write(file, content(i));
            if (i % 2 == 0) {
                lustre.ctl("archive", file);
                lustre.ctl("release", file);
            }
        }
        return tree;
    }

    /** By access, and asked for. */
    private static long recalls(FakeLustre lustre) throws IOException {
        return lustre.counters().get("recalls") + lustre.counters().get("recalls_request");
    }

    @ParameterizedTest
    @CsvSource({
        "lustre, skip-released, hsm_skipped",
        "lustre, mark-released, hsm_marked",
        "lustre-changelog, skip-released, hsm_skipped",
        "lustre-changelog, mark-released, hsm_marked",
    })
    void filesOnTapeStayThere(String way, String policy, String count) throws IOException {
        try (FakeLustre lustre = FakeLustre.in(workspace.base())) {
            if (!way.equals(mode)) {
                readLogs(lustre);
            }
            Path tree = tree(lustre);
            lustre.ctl("reset");
            Result result = backup(lustre, tree, "--hsm-policy", policy).run().succeeds();
            assertThat(result.out()).contains(count + "=500");
            assertThat(report(1).get(count).longValue()).isEqualTo(500);
            backup(lustre, tree, "--hsm-policy", policy).run().succeeds();
            assertThat(recalls(lustre)).as("recalls").isZero();
            assertThat(report(2).get("hsm_stale_meta").longValue()).isZero();

            // What is stored with its data goes to tape too, and is not looked for there.
            for (int i = 1; i < 100; i += 2) {
                Path file = tree.resolve("d" + i % 10).resolve("f" + i);
                lustre.ctl("archive", file);
                lustre.ctl("release", file);
            }
            backup(lustre, tree, "--hsm-policy", policy).run().succeeds();
            assertThat(recalls(lustre)).as("recalls").isZero();
            assertThat(report(3).get("bytes").longValue()).isZero();
            assertThat(report(3).get("mode").textValue()).isEqualTo(way);

            // Over living files, nothing changes; into an empty tree, a line for each.
            Result over =
                    Sluice.run(
                            "restore",
                            workspace.archive(),
                            "--target",
                            tree,
                            "--replace",
                            "always");
            assertThat(over.exit()).as("%s", over).isEqualTo(3);
            assertThat(recalls(lustre)).as("recalls").isZero();
            Result empty = workspace.restore();
            assertThat(empty.exit()).as("%s", empty).isEqualTo(3);
            assertThat(empty.out()).contains("on tape alone at backup: 500");
            for (int i = 0; i < FILES; i++) {
                Path file = workspace.target().resolve("d" + i % 10).resolve("f" + i);
                if (i % 2 == 0) {
                    assertThat(file).doesNotExist();
                } else {
                    assertThat(Files.readAllBytes(file)).isEqualTo(content(i));
                }
            }
        }
    }

    @Test
    void backupReleasedFetchesEachBackOnceAndNoMoreAtATimeThanAllowed() throws IOException {
        try (FakeLustre lustre = FakeLustre.in(workspace.base(), "restore_us=20000")) {
            Path tree = tree(lustre);
            lustre.ctl("reset");
            backup(lustre, tree, "--hsm-policy", "backup-released", "--hsm-recalls", CAP)
                    .run()
                    .succeeds();
            Map<String, Long> counters = lustre.counters();
            System.out.println("backup-released: " + counters);
            assertThat(recalls(lustre)).isEqualTo(500);
            assertThat(counters.get("recalls_request")).isEqualTo(500);
            assertThat(counters.get("restoring_most")).isBetween(2L, (long) CAP);
            assertThat(report(1).get("hsm_recalled").longValue()).isEqualTo(500);
            workspace.restore().succeeds();
            for (int i = 0; i < FILES; i++) {
                Path file = workspace.target().resolve("d" + i % 10).resolve("f" + i);
                assertThat(Files.readAllBytes(file)).isEqualTo(content(i));
            }
        }
    }

    @Test
    void whatWentToTapeIsNotShadowedAndWhatComesBackIsStored() throws IOException {
        try (FakeLustre lustre = FakeLustre.in(workspace.base())) {
            Path tree = Files.createDirectory(lustre.path().resolve("tree"));
            Path first = Files.write(tree.resolve("first"), content(4000));
            Path second = Files.write(tree.resolve("second"), content(4001));
            lustre.ctl("archive", second);
            lustre.ctl("release", second);
            backup(lustre, tree).run().succeeds();
            assertThat(report(1).get("hsm_skipped").longValue()).isEqualTo(1);

            lustre.ctl("archive", first);
            lustre.ctl("release", first);
            Shell.run("chmod 600 " + Shell.quote(first));
            lustre.ctl("restore", second);
            waitUntilBack(lustre, second);
            lustre.ctl("reset");
            backup(lustre, tree).run().succeeds();
            assertThat(recalls(lustre)).isZero();
            assertThat(report(2).get("hsm_stale_meta").longValue()).isEqualTo(1);
            workspace.restore().succeeds();
            assertThat(Files.readAllBytes(workspace.target().resolve("first")))
                    .as("its data of round 1")
                    .isEqualTo(content(4000));
            assertThat(Files.readAllBytes(workspace.target().resolve("second")))
                    .as("its data of round 2")
                    .isEqualTo(content(4001));
        }
    }

    /** No record says that a file on tape is wanted now. */
    @Test
    void aLooserPolicyLooksAtEverythingAgain() throws IOException {
        try (FakeLustre lustre = FakeLustre.in(workspace.base())) {
            readLogs(lustre);
            Path tree = Files.createDirectory(lustre.path().resolve("tree"));
            for (int i = 0; i < 4; i++) {
                lustre.ctl("mkdir", tree.resolve("d" + i), i % 2);
                Path file = Files.write(tree.resolve("d" + i).resolve("f"), content(i));
                lustre.ctl("archive", file);
                lustre.ctl("release", file);
            }
            lustre.ctl("close-now");
            backup(lustre, tree).run().succeeds();
            assertThat(report(1).get("hsm_skipped").longValue()).isEqualTo(4);
            Result looser = backup(lustre, tree, "--hsm-policy", "backup-released").run().exits(3);
            assertThat(looser.error())
                    .contains("round 1 may have left files on tape without their data");
            assertThat(report(2).get("hsm_recalled").longValue()).isEqualTo(4);
            workspace.restore().succeeds();
            for (int i = 0; i < 4; i++) {
                assertThat(Files.readAllBytes(workspace.target().resolve("d" + i).resolve("f")))
                        .isEqualTo(content(i));
            }
        }
    }

    private static void waitUntilBack(FakeLustre lustre, Path file) throws IOException {
        // Reading waits for the data.
        Files.readAllBytes(file);
        assertThat(lustre.ctl("hsm", file)).startsWith("0x9");
    }

    @Test
    void fourDevicesAreReadAtOnceWithOneReadEach() throws IOException {
        assertThat(readsAtOnce(1)).isEqualTo(1);
        assertThat(readsAtOnce(4)).isEqualTo(4);
    }

    /** Of a large file on so many OSTs, each slow and never asked for two things at once. */
    private long readsAtOnce(int osts) throws IOException {
        Path directory = Files.createDirectory(workspace.base().resolve("osts" + osts));
        try (FakeLustre lustre =
                FakeLustre.in(directory, "osts=4", "stripe_count=" + osts, "direct_io=1")) {
            Path tree = Files.createDirectory(lustre.path().resolve("tree"));
            byte[] data = new byte[LARGE_MIB << 20];
            new Random(osts).nextBytes(data);
            Files.write(tree.resolve("large"), data);
            lustre.ctl("set", "mib_us", MIB_US);
            lustre.ctl("reset");
            lustre.in(
                            Sluice.command(
                                    "backup",
                                    tree,
                                    "--to",
                                    directory.resolve("archive"),
                                    "--mode",
                                    "lustre",
                                    "--compress",
                                    "none",
                                    "--shards",
                                    1,
                                    "--workers",
                                    8))
                    .run()
                    .succeeds();
            Map<String, Long> counters = lustre.counters();
            System.out.println(osts + " OSTs: " + counters);
            for (int ost = 0; ost < 4; ost++) {
                assertThat(counters.get("ost" + ost + "_most")).isLessThanOrEqualTo(1);
            }
            Path file = directory.resolve("archive/rounds/1/report.json");
            JsonNode report = new ObjectMapper().readTree(file.toFile());
            assertThat(report.get("bytes").longValue()).isEqualTo(data.length);
            return counters.get("ost_most");
        }
    }
}
