package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is written for the Director, by a real Director; and what is found in real files. */
class BaculaConfigurationITCase {

    @RegisterExtension final Workspace workspace = new Workspace();

    private Path home;
    private BaculaRig rig;

    @BeforeEach
    void start() throws IOException {
        BaculaRig.assumeBacula();
        home = workspace.base().resolve("rig");
        rig = new BaculaRig(home).up();
    }

    @AfterEach
    void stop() throws IOException {
        if (rig != null) {
            rig.close();
        }
    }

    private String rig(Object... words) throws IOException {
        return rig.call(words);
    }

    private Result generate(Object... more) throws IOException {
        List<Object> words = new ArrayList<>(List.of("gen-fileset"));
        words.addAll(List.of("--client", "rig-fd", "--storage", "rig-sd", "--pool", "Default"));
        words.addAll(List.of("--output", home.resolve("jobs.d")));
        words.addAll(List.of(more));
        return Sluice.run(words.toArray());
    }

    private void directorAccepts() throws IOException {
        rig("exec", "bacula-dir", "-t", "-c", home.resolve("etc/bacula-dir.conf"));
    }

    @ParameterizedTest
    @CsvSource({"none,1", "inode-hash,12", "subtree,2", "mtime-bucket,5", "lustre-mdt,2"})
    void directorTakesEveryStrategy(String strategy, int shards) throws IOException {
        generate(
                        "--strategy",
                        strategy,
                        "--shards",
                        shards,
                        "--path",
                        "/srv/data",
                        "--set",
                        "data",
                        "--per-shard-pool",
                        "--accurate",
                        "--mode",
                        "posix")
                .succeeds();
        directorAccepts();
        rig("console", "reload");
        String jobs = rig("console", "show jobs");
        assertThat(jobs.lines().filter(line -> line.startsWith("Job: name=data-"))).hasSize(shards);
    }

    /** The Director shows the line as the File Daemon gets it. */
    @Test
    void hostilePathReachesTheDirectorAsItIs() throws IOException {
        String path = "/srv/a \"b\" \\c;d#e{f}=@g,h%i'j";
        byte[] bytes = (path + "\u00ff").getBytes(StandardCharsets.ISO_8859_1);
        generate("--path", bytes, "--set", "data").succeeds();
        directorAccepts();
        rig("console", "reload");
        assertThat(rig("console", "show fileset=data-0"))
                .contains("      P sluice:path=" + path.replace(";", "\\;"));
    }

    @Test
    void secondCallWritesNothingAndAnotherNumberOfShardsIsTold() throws IOException {
        Object[] four = {"--path", "/srv", "--set", "data", "--shards", 4};
        assertThat(generate(four).succeeds().lines())
                .filteredOn(each -> each.startsWith("Wrote: "))
                .hasSize(5);
        assertThat(generate(four).succeeds().lines())
                .filteredOn(each -> each.startsWith("Unchanged: "))
                .hasSize(5);
        Result two = generate("--path", "/srv", "--set", "data", "--shards", 2).succeeds();
        assertThat(two.lines())
                .filteredOn(each -> each.startsWith("Stale: "))
                .hasSize(2)
                .allMatch(each -> each.contains("remove it"));
        try (Stream<Path> files = Files.list(home.resolve("jobs.d"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "data-0.conf", "data-1.conf", "data-2.conf", "data-3.conf", "data.inc");
        }
    }

    @Test
    void whatCannotBeCarriedIsRefusedAndNothingIsWritten() throws IOException {
        for (String path : List.of("/a\nb", "/a\\", "/a\\;b", "srv")) {
            assertThat(generate("--path", path).refuses(1)).startsWith("sluice: ");
        }
        generate("--path", "/srv", "--strategy", "none", "--shards", 2).refuses(1);
        generate("--path", "/srv", "--set", "a/b").refuses(1);
        generate("--path", "/srv", "--path", "/srv/a", "--strategy", "subtree").exits(2);
        try (Stream<Path> files = Files.list(home.resolve("jobs.d"))) {
            assertThat(files).isEmpty();
        }
    }

    private Result doctor(Object... more) throws IOException {
        List<Object> words = new ArrayList<>(List.of("doctor", "bacula"));
        words.addAll(List.of("--director-conf", home.resolve("etc/bacula-dir.conf")));
        words.addAll(List.of("--director-conf", home.resolve("jobs.d/data.inc")));
        words.addAll(List.of("--sd-conf", home.resolve("etc/bacula-sd.conf")));
        words.addAll(List.of("--fd-conf", home.resolve("etc/bacula-fd.conf")));
        Path program = home.resolve("bin/bacula-fd-version");
        Files.writeString(
                program, "#!/bin/sh\nexec " + BaculaRig.SCRIPT + " exec bacula-fd \"$@\"\n");
        Shell.run("chmod 755 " + Shell.quote(program));
        words.addAll(List.of("--bacula-fd", program, "--backend", program));
        words.addAll(List.of(more));
        return Sluice.run(words.toArray());
    }

    @Test
    void doctorFindsWhatIsInTheWayInRealFiles() throws IOException {
        generate("--path", "/srv", "--set", "data", "--shards", 4).succeeds();
        Files.writeString(home.resolve("plugins/sluice-fd.so"), "");
        assertThat(doctor().succeeds().lines())
                .allMatch(line -> line.matches("(OK|WARN) .*"))
                .anyMatch(line -> line.matches("OK +version +bacula-fd is 15\\.0\\..*"))
                .anyMatch(line -> line.contains("set data: all 4 shards have a job"));
        assertThat(doctor("--shards", 65, "--json").exits(1).json())
                .filteredOn(finding -> finding.get("level").asText().equals("FAIL"))
                .hasSize(2)
                .allMatch(finding -> finding.get("check").asText().equals("concurrency"));

        generate("--path", "/srv", "--set", "data", "--shards", 9).succeeds();
        assertThat(doctor().exits(1).lines())
                .filteredOn(line -> line.startsWith("FAIL"))
                .singleElement()
                .asString()
                .contains("8 devices that take 8 jobs at once, for 9 jobs of a set");
        Files.delete(home.resolve("plugins/sluice-fd.so"));
        assertThat(doctor().exits(1).lines())
                .anyMatch(line -> line.matches("FAIL +plugin .*is not there.*"));
    }
}
