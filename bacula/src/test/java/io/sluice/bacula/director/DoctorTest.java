package io.sluice.bacula.director;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.bacula.config.ShardForm.Strategy;
import io.sluice.bacula.director.Finding.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    @TempDir private Path directory;

    private String director = "Director { Name = d; Maximum Concurrent Jobs = 20 }\n";
    private String client = "Client { Name = fd; Maximum Concurrent Jobs = 20 }\n";
    private String storage = "Autochanger { Name = S; Device = C; Maximum Concurrent Jobs = 20 }\n";
    private String pool = "Pool { Name = P; Maximum Volume Jobs = 1 }\n";
    private String more = "";
    private String storageDaemon = "Storage { Name = sd; Maximum Concurrent Jobs = 20 }\n";
    private String devices =
            """
            Autochanger { Name = C; Device = D1, D2
              Device = D3, D4 }
            Device { Name = D1; Maximum Concurrent Jobs = 1 }
            Device { Name = D2; Maximum Concurrent Jobs = 1 }
            Device { Name = D3; Maximum Concurrent Jobs = 1 }
            Device { Name = D4; Maximum Concurrent Jobs = 1 }
            """;
    private String fileDaemon;
    private boolean accurate;
    private String set;
    private int shards;
    private OptionalLong names = OptionalLong.empty();
    private Path backend;

    @BeforeEach
    void host() throws IOException {
        Files.createDirectory(directory.resolve("plugins"));
        Files.writeString(directory.resolve("plugins/sluice-fd.so"), "");
        fileDaemon =
                "FileDaemon { Name = fd; Plugin Directory = \""
                        + directory.resolve("plugins")
                        + "\" }\n";
        backend = program("sluice", "exit 0");
    }

    private Path program(String name, String script) throws IOException {
        Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + script + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<Finding> look() throws IOException {
        return look(program("bacula-fd", "echo 'Version: 15.0.3 (25 March 2025)'"));
    }

    private List<Finding> look(Path program) throws IOException {
        JobSet jobs =
                new JobSet(
                        Strategy.INODE_HASH,
                        4,
                        "/srv",
                        "fd",
                        List.of("S"),
                        "P",
                        false,
                        null,
                        null,
                        "data",
                        accurate,
                        "Standard");
        for (Map.Entry<String, byte[]> file : jobs.files(directory.toString()).entrySet()) {
            Files.write(directory.resolve(file.getKey()), file.getValue());
        }
        Path dir =
                Files.writeString(
                        directory.resolve("bacula-dir.conf"),
                        director
                                + client
                                + storage
                                + pool
                                + more
                                + "@"
                                + jobs.includeFile()
                                + "\n");
        Path sd = Files.writeString(directory.resolve("bacula-sd.conf"), storageDaemon + devices);
        Path fd = Files.writeString(directory.resolve("bacula-fd.conf"), fileDaemon);
        return Doctor.look(
                new Doctor.Request(
                        List.of(dir),
                        List.of(sd),
                        List.of(fd),
                        set,
                        shards,
                        each -> names,
                        backend,
                        program));
    }

    private static void allWell(List<Finding> findings) {
        assertThat(findings).allMatch(finding -> finding.level() == Level.OK);
    }

    /** The one finding that is not OK. */
    private AbstractStringAssert<?> only(Level level, String check) throws IOException {
        List<Finding> findings =
                look().stream().filter(finding -> finding.level() != Level.OK).toList();
        assertThat(findings).hasSize(1);
        assertThat(findings.get(0).level()).isEqualTo(level);
        assertThat(findings.get(0).check()).isEqualTo(check);
        return assertThat(findings.get(0).text() + "; " + findings.get(0).mend());
    }

    @Test
    void goodConfigurationHasNothingToMend() throws IOException {
        allWell(look());
        assertThat(look().stream().map(Finding::check))
                .contains(
                        "set",
                        "concurrency",
                        "devices",
                        "volumes",
                        "excludes",
                        "reschedule",
                        "accurate",
                        "plugin",
                        "backend",
                        "version");
    }

    @Test
    void eachOfTheFivePlacesIsChecked() throws IOException {
        director = "Director { Name = d; MaximumConcurrentJobs = 3 }\n";
        only(Level.FAIL, "concurrency")
                .contains("Director (", "is 3, 4 are needed", "set Maximum Concurrent Jobs = 4");
        director = "Director { Name = d }\n";
        allWell(look());
        client = "Client { Name = fd }\n";
        only(Level.FAIL, "concurrency").contains("Client \"fd\"", "is 1 by default, 4 are needed");
        client = "Client { Name = fd; Maximum Concurrent Jobs = 4 }\n";
        storage = "Storage { Name = S; Device = C; maximum concurrent jobs = 2 }\n";
        only(Level.FAIL, "concurrency").contains("Storage \"S\"", "is 2, 4 are needed");
        storage = "Storage { Name = S; Device = C; Maximum Concurrent Jobs = 4 }\n";
        storageDaemon = "Storage { Name = sd; Maximum Concurrent Jobs = 3 }\n";
        only(Level.FAIL, "concurrency").contains("the SD's Storage");
        storageDaemon = "Storage { Name = sd }\n";
        fileDaemon = fileDaemon.replace("Name = fd;", "Name = fd; Maximum Concurrent Jobs = 2;");
        only(Level.FAIL, "concurrency").contains("FileDaemon");
    }

    @Test
    void moreShardsMayBeAskedFor() throws IOException {
        shards = 21;
        assertThat(look())
                .filteredOn(finding -> finding.level() == Level.FAIL)
                .hasSize(2)
                .allMatch(finding -> finding.text().contains("is 20"))
                .allMatch(finding -> finding.text().contains("21 are needed"));
    }

    @Test
    void tooFewDevicesFailAndSharedOnesAreTold() throws IOException {
        devices = "Device { Name = C; Maximum Concurrent Jobs = 2 }\n";
        assertThat(look())
                .filteredOn(finding -> finding.level() != Level.OK)
                .singleElement()
                .matches(finding -> finding.level() == Level.FAIL)
                .extracting(Finding::text)
                .asString()
                .contains("1 device that take 2 jobs at once, for 4 jobs of a set");
        devices = "Device { Name = C }\n";
        only(Level.WARN, "devices").contains("1 device for 4 jobs");
        pool = "Pool { Name = P }\n";
        assertThat(look())
                .filteredOn(finding -> finding.level() == Level.WARN)
                .extracting(Finding::check)
                .containsExactly("devices", "volumes");
    }

    @Test
    void onePoolOnDevicesThatShareIsNoGain() throws IOException {
        pool = "Pool { Name = P }\n";
        allWell(look());
        devices = devices.replace("Maximum Concurrent Jobs = 1", "Maximum Concurrent Jobs = 5");
        only(Level.WARN, "volumes").contains("no speed-up", "--per-shard-pool");
    }

    @Test
    void pluginMustBeARegularFile() throws IOException {
        Path plugin = directory.resolve("plugins/sluice-fd.so");
        Files.move(plugin, directory.resolve("real.so"));
        only(Level.FAIL, "plugin").contains("is not there", "restart bacula-fd");
        Files.createSymbolicLink(plugin, directory.resolve("real.so"));
        only(Level.FAIL, "plugin").contains("symbolic link");
        fileDaemon = "FileDaemon { Name = fd }\n";
        only(Level.FAIL, "plugin").contains("no Plugin Directory");
    }

    @Test
    void backendMustBeExecutable() throws IOException {
        Files.setPosixFilePermissions(backend, PosixFilePermissions.fromString("rw-r--r--"));
        only(Level.FAIL, "backend").contains("is not executable");
        Files.delete(backend);
        only(Level.FAIL, "backend").contains("is not there", "SLUICE_BACKEND");
    }

    @Test
    void otherVersionFailsAndUnknownOneIsTold() throws IOException {
        assertThat(look(program("old-fd", "echo 'Version: 9.6.7 (10 December 2020)'")))
                .filteredOn(finding -> finding.level() == Level.FAIL)
                .singleElement()
                .extracting(Finding::text)
                .asString()
                .contains("bacula-fd is 9.6.7, the plugin is for 15.0.x");
        assertThat(look(directory.resolve("nothing")))
                .filteredOn(finding -> finding.level() == Level.WARN)
                .extracting(Finding::check)
                .containsExactly("version");
    }

    @Test
    void accurateIsWeighedByNames() throws IOException {
        accurate = true;
        only(Level.WARN, "accurate").contains("is not known here");
        names = OptionalLong.of(10_000_000);
        allWell(look());
        names = OptionalLong.of(100_000_000);
        only(Level.WARN, "accurate")
                .contains("100,000,000 names cost 850 s", "15,000 MB", "Accurate = no");
    }

    @Test
    void jobsOfASetMustBeWhole() throws IOException {
        more =
                """
                FileSet { Name = x; Ignore FileSet Changes = yes
                  Include { Options { Signature = MD5 }
                    Plugin = "sluice: path=/srv; shard=3/4; set=data" } }
                Job { Name = again; Type = Backup; Client = fd; FileSet = x; Storage = S; Pool = P }
                """;
        assertThat(look())
                .filteredOn(finding -> finding.check().equals("set"))
                .anyMatch(finding -> finding.text().contains("shard 3 is that of again, data-3"));
        more = more.replace("shard=3/4", "shard=1/2").replace("set=data", "set=other");
        assertThat(look())
                .filteredOn(finding -> finding.level() == Level.FAIL)
                .singleElement()
                .matches(finding -> finding.text().contains("set other: no job has shard 0/2"));
        set = "data";
        allWell(look());
        set = "none";
        assertThat(look())
                .anyMatch(
                        finding -> finding.text().contains("no job is of the set none; there are"));
    }

    @Test
    void jobsThatNeverRunAtOnceAreTold() throws IOException {
        more =
                """
                FileSet { Name = x; Ignore FileSet Changes = yes; Include { Plugin = "sluice:path=/a;shard=0/2;set=b" } }
                FileSet { Name = y; Ignore FileSet Changes = yes; Include { Plugin = "sluice:path=/a;shard=1/2;set=b" } }
                JobDefs { Name = J; Type = Backup; Client = fd; Storage = S; Pool = P; Priority = 10 }
                Job { Name = j0; JobDefs = J; FileSet = x }
                Job { Name = j1; JobDefs = J; FileSet = y; Priority = 11; Reschedule On Error = yes }
                """;
        assertThat(look())
                .filteredOn(finding -> finding.level() != Level.OK)
                .extracting(Finding::check)
                .containsExactly("together", "reschedule");
    }

    /** The Director's default is to run it again. */
    @Test
    void aJobThatRunsAgainWhenItIsIncompleteIsTold() throws IOException {
        more =
                """
                FileSet { Name = x; Ignore FileSet Changes = yes; Include { Plugin = "sluice:path=/a" } }
                Job { Name = j0; Type = Backup; Client = fd; FileSet = x; Storage = S; Pool = P }
                """;
        only(Level.WARN, "reschedule").contains("may run j0 again", "Incomplete Jobs = no");
    }

    @Test
    void excludesBesideAPluginLineAreTold() throws IOException {
        more =
                """
                FileSet { Name = x; Include { Options { WildDir = "/srv/tmp"; Exclude = yes }
                    Plugin = "sluice:path=/a" } }
                FileSet { Name = y; Ignore FileSet Changes = yes; Include { Plugin = "sluice:path=/b" }
                  Exclude { File = /tmp } }
                Job { Name = j0; Type = Backup; Client = fd; FileSet = x; Storage = S; Pool = P
                  Reschedule Incomplete Jobs = no }
                Job { Name = j1; Type = Backup; Client = fd; FileSet = y; Storage = S; Pool = P
                  Reschedule Incomplete Jobs = no }
                """;
        assertThat(look())
                .filteredOn(finding -> finding.level() == Level.WARN)
                .extracting(Finding::text)
                .satisfiesExactly(
                        text -> assertThat(text).contains("\"x\" has Options with wilddir"),
                        text -> assertThat(text).contains("\"x\": each change"),
                        text -> assertThat(text).contains("\"y\" has an Exclude block"));
    }

    @Test
    void badLineAndUnreadCommandAreTold() throws IOException {
        more =
                """
                FileSet { Name = x; Include { Plugin = "sluice:path=/a;mod=posix" } }
                Job { Name = j0; Type = Backup; Client = fd; FileSet = x; Storage = S; Pool = P }
                @|"cat jobs"
                """;
        assertThat(look())
                .filteredOn(finding -> finding.level() != Level.OK)
                .extracting(Finding::text)
                .satisfiesExactly(
                        text -> assertThat(text).contains("what a command writes was not read"),
                        text ->
                                assertThat(text)
                                        .contains("there is no key 'mod'; did you mean 'mode'?"));
    }

    @Test
    void brokenFileIsAFinding() throws IOException {
        devices = "Device { Name = ";
        only(Level.FAIL, "files").contains("bacula-sd.conf line 2: expected a value");
    }
}
