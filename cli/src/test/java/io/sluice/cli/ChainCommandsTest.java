package io.sluice.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.Posix;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.HandmadeRounds;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands print of rounds that build on each other, run as processes of their own. */
class ChainCommandsTest {
    @TempDir Path temporary;
    private Path archive;
    private HandmadeRounds rounds;

    private record Result(int code, List<String> out, String error) {}

    @BeforeEach
    void makeArchive() throws IOException {
        archive = temporary.resolve("archive");
        rounds = new HandmadeRounds(archive, 2);
        rounds.full(
                Instant.parse("2026-11-18T02:00:00Z"),
                entry("", 040755, 4096, 1, null),
                entry("f", 0100644, 1, 1, "1"),
                entry("gone", 0100644, 1, 1, "1"),
                entry("same", 0100644, 1, 1, "1"));
        rounds.changes(
                1,
                Instant.parse("2026-11-19T02:00:00Z"),
                entry("f", 0100600, 2, 2, "22"),
                SampleEntry.tombstone("gone", false));
        rounds.changes(
                2, Instant.parse("2026-11-20T02:00:00Z"), entry("\u00ff\n", 0100644, 1, 3, "3"));
    }

    private static SampleEntry entry(String path, int mode, long size, int time, String data) {
        Timestamp at = new Timestamp(1_000_000_000 + time, 5);
        int me = Posix.effectiveUser();
        Stat stat = new Stat(mode, 1, me, me, 9, size, at, at, at, null, 0, 0, 0, 0);
        return new SampleEntry(
                path,
                stat,
                null,
                null,
                List.of(),
                data == null ? "" : data,
                null,
                List.of(),
                DataState.INTACT,
                false);
    }

    private Result run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
        command.add(
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(SluiceCommand.class.getName());
        command.addAll(List.of(arguments));
        Path out = temporary.resolve("out");
        Path error = temporary.resolve("error");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(error.toFile());
        builder.environment().put("TZ", "UTC");
        int code = builder.start().waitFor();
        return new Result(code, Files.readString(out).lines().toList(), Files.readString(error));
    }

    private Result read(String command, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(command, archive.toString()));
        all.addAll(List.of(arguments));
        return run(all.toArray(new String[0]));
    }

    private static List<String> lastWords(Result result) {
        return result.out.stream().map(line -> line.substring(line.lastIndexOf(' ') + 1)).toList();
    }

    @Test
    void listShowsLevelsAndBases() throws Exception {
        Result all = read("list");
        assertThat(all.code).isZero();
        assertThat(all.out).hasSize(4);
        assertThat(all.out.get(1)).matches(" +1  full +full +2026-11-18T02:00:00Z .*");
        assertThat(all.out.get(2)).matches(" +2  incremental since 1 +full +2026-11-19T.*");
        assertThat(all.out.get(3)).contains("incremental since 2");
        Result one = read("list", "--round", "2026-11-19");
        assertThat(one.out).hasSize(2);
        assertThat(one.out.get(1)).contains("incremental since 1");
        assertThat(String.join("", read("list", "--json", "--round", "2").out))
                .contains("\"base\" : 1")
                .doesNotContain("\"round\" : 1");
    }

    @Test
    void filesAreThoseOfTheChainAndChangesThoseOfTheRound() throws Exception {
        assertThat(lastWords(read("list", "--files", "--round", "1")))
                .containsExactly(".", "f", "gone", "same");
        Result second = read("list", "--files", "--round", "2");
        assertThat(lastWords(second)).containsExactly(".", "f", "same");
        assertThat(second.out.get(1)).startsWith("-0600").contains("2001-09-09T01:46:42Z");
        assertThat(lastWords(read("list", "--files")))
                .containsExactly(".", "f", "same", "\\xff\\x0a");
        Result changes = read("list", "--files", "--changes", "--round", "2");
        assertThat(lastWords(changes)).containsExactly("f", "gone");
        assertThat(changes.out.get(1)).isEqualTo("deleted gone");
    }

    @Test
    void diffTellsEachPathOnceAndSumsUp() throws Exception {
        Result text = read("diff", "1", "latest");
        assertThat(text.code).isZero();
        assertThat(text.out)
                .containsExactly(
                        "~ f",
                        "- gone",
                        "+ \\xff\\x0a",
                        "round 1 to 3: 1 added, 1 changed, 1 removed");
        assertThat(read("diff", "2026-11-19", "1", "--json").out)
                .containsExactly(
                        "{\"change\":\"changed\",\"path\":\"f\",\"fields\":[\"mode\",\"size\","
                                + "\"mtime\",\"ctime\"]}",
                        "{\"change\":\"added\",\"path\":\"gone\"}",
                        "{\"from\":2,\"to\":1,\"added\":1,\"changed\":1,\"removed\":0}");
        assertThat(read("diff", "3", "3").out)
                .containsExactly("round 3 to 3: 0 added, 0 changed, 0 removed");
        assertThat(read("diff", "3", "7").error).contains("has no round 7");
    }

    @Test
    void historyTellsEachRoundOfThePath() throws Exception {
        Result file = read("history", "f");
        assertThat(file.code).isZero();
        assertThat(file.out).hasSize(3);
        assertThat(file.out.get(0))
                .isEqualTo(
                        "     1  2026-11-18T02:00:00Z  stored     f              1 "
                                + " 2001-09-09T01:46:41Z  in round 1");
        assertThat(file.out.get(2)).contains("unchanged", "2001-09-09T01:46:42Z  in round 2");
        assertThat(lastWords(read("history", "gone")).subList(1, 3))
                .containsExactly("deleted", "absent");
        // Bytes that no locale can say.
        Path script = temporary.resolve("history.sh");
        Files.writeString(script, "exec \"$@\" $'\\xff\\n'\n", UTF_8);
        assertThat(viaBash(script)).contains("\"kind\":\"stored\"").contains("\"stored_in\":3");
        Result none = read("history", "never");
        assertThat(none.code).isEqualTo(3);
        assertThat(none.error).contains("no round of the archive has 'never'");
        Files.delete(archive.resolve("rounds/1/manifest.json"));
        Result unknown = read("history", "f");
        assertThat(unknown.code).isEqualTo(3);
        assertThat(unknown.out.get(0)).contains("unknown    a round that it builds on is missing");
    }

    private String viaBash(Path script) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", script.toString()));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-cp");
        command.add(
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(SluiceCommand.class.getName());
        command.addAll(List.of("history", "--json", archive.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    @Test
    void lostRoundIsToldByEveryCommand() throws Exception {
        try (Stream<Path> files = Files.list(archive.resolve("rounds/2"))) {
            for (Path segment : files.filter(f -> f.toString().contains("shard-0.")).toList()) {
                Files.delete(segment);
            }
        }
        String stale = "'round 2': damaged: 4 entries of older rounds may be stale, or deleted";
        for (Result result :
                List.of(
                        read("list", "--files"),
                        read("diff", "1", "3"),
                        read("restore", "--target", temporary.resolve("t").toString()))) {
            assertThat(result.code).as("%s", result).isEqualTo(3);
            assertThat(result.error).contains(stale).contains("it is missing");
        }
        Result verified = read("verify", "--round", "3");
        assertThat(verified.code).isEqualTo(3);
        assertThat(verified.error).contains("it is missing");
        assertThat(read("verify", "--round", "1").code).isZero();
    }

    @Test
    void pruneSaysWhyAndRemovesTheRest() throws Exception {
        Instant night = Instant.parse("2026-11-20T23:30:00Z");
        rounds.full(night, entry("", 040755, 4096, 1, null));
        rounds.changes(4, night.plusSeconds(3600), entry("f", 0100644, 1, 1, "1"));
        Result plan = read("prune", "--keep-daily", "2", "--dry-run");
        assertThat(plan.code).as(plan.error).isZero();
        assertThat(plan.out.subList(0, 2))
                .allMatch(line -> line.matches(" +[12]  remove  [0-9.]+ (B|KiB)"));
        assertThat(plan.out.get(3))
                .isEqualTo(
                        "     4  keep    daily 2026-11-20, newest full with content full, base of 5");
        assertThat(plan.out.get(4))
                .isEqualTo("     5  keep    daily 2026-11-21, newest with content full");
        assertThat(plan.out.get(5)).startsWith("2 rounds kept, 3 would be removed, ");
        assertThat(read("list").out).hasSize(6);

        try (Archive reader = Archive.openForReading(archive.toString().getBytes(UTF_8))) {
            assertThat(reader.roundNumbers()).hasSize(5);
            assertThat(read("prune", "--keep-last", "3", "--dry-run").code).isZero();
            assertThat(read("prune", "--keep-last", "3").code).isEqualTo(11);
        }
        Result pruned = read("prune", "--keep-daily", "2", "--json");
        assertThat(pruned.code).as(pruned.error).isZero();
        assertThat(String.join("", pruned.out))
                .contains("\"action\" : \"remove\"", "\"removed\" : 3", "\"freed_bytes\" : ");
        assertThat(read("list").out).hasSize(3);
        assertThat(archive.resolve("rounds/3")).doesNotExist();
        assertThat(read("verify", "--round", "5").code).isZero();
    }

    @Test
    void pruneWantsARule() throws Exception {
        Result none = read("prune");
        assertThat(none.code).isEqualTo(2);
        assertThat(none.error).contains("what should be kept?");
        Result zero = read("prune", "--keep-last", "0");
        assertThat(zero.code).isEqualTo(2);
        assertThat(zero.error).contains("--keep-last must be 1 or more, not 0");
        Result foreign = run("prune", temporary.toString(), "--keep-last", "1");
        assertThat(foreign.code).isEqualTo(1);
        assertThat(foreign.error).contains("is not an archive");
        assertThat(temporary.resolve("lock")).doesNotExist();
        assertThat(read("list").out).hasSize(4);
    }

    @Test
    void badUsageIsTold() throws Exception {
        assertThat(read("diff", "1").code).isEqualTo(2);
        assertThat(read("diff", "1", "never").error).contains("'never' is no round");
        assertThat(read("history").code).isEqualTo(2);
        assertThat(read("history", "").error).contains("the path is empty");
    }

    @Test
    void restoreAndVerifyFollowTheChain() throws Exception {
        Path target = temporary.resolve("target");
        Result restored = read("restore", "--target", target.toString(), "--round", "2");
        assertThat(restored.code).as(restored.error).isZero();
        assertThat(target.resolve("f")).hasContent("22");
        assertThat(target.resolve("same")).hasContent("1");
        assertThat(target.resolve("gone")).doesNotExist();
        Result verified = read("verify", "--round", "2", "--against", target.toString());
        assertThat(verified.code).as(verified.error).isZero();
        assertThat(verified.out.get(0)).startsWith("6 entries, ");
        Files.delete(archive.resolve("rounds/1/manifest.json"));
        Result broken = read("verify", "--round", "3");
        assertThat(broken.code).isEqualTo(1);
        assertThat(broken.error)
                .contains("round 2, which round 3 needs, holds the changes since round 1");
    }
}
