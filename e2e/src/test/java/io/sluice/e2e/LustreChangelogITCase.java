package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.testing.Seeds;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rounds from changelogs, of a filesystem that acts as Lustre does. */
class LustreChangelogITCase {
    private static final int ACTIONS = 60;
    private static final String DOUBT = "sluice: everything was looked at: ";

    @RegisterExtension final Workspace workspace = new Workspace();
    private FakeLustre lustre;
    private Path root;
    private String devices;
    private int restores;

    @BeforeEach
    void mount() throws IOException {
        FakeLustre.assumePossible();
        lustre = FakeLustre.in(workspace.base());
        root = lustre.path();
        devices = device(0, lustre.register(0)) + "," + device(1, lustre.register(1));
    }

    @AfterEach
    void unmount() throws IOException {
        if (lustre != null) {
            lustre.close();
        }
    }

    private static String device(int mdt, String user) {
        return FakeLustre.device(mdt) + ":" + user;
    }

    private Sluice command() {
        return lustre.in(
                        Sluice.command(
                                "backup",
                                root,
                                "--to",
                                workspace.archive(),
                                "--mode",
                                "lustre-changelog",
                                "--json",
                                "--accept-deletes"))
                .with("SLUICE_CL_DEVICE", devices);
    }

    private Result backup() throws IOException {
        return command().run();
    }

    private static JsonNode report(Result result) throws IOException {
        return new ObjectMapper().readTree(result.out());
    }

    /** What a restore gives is what is there now. */
    private void expectTheLiveTree() throws IOException {
        Path target = workspace.base().resolve("target" + restores++);
        Sluice.run("restore", workspace.archive(), "--target", target).exits(0);
        assertThat(
                        TreeComparison.compare(
                                bytes(root),
                                bytes(target),
                                TreeComparison.usualWithout(Aspect.XATTR)))
                .isEmpty();
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** {@link LustreEngineITCase} has the random rounds, in its own process. */
    @Test
    void aRoundReadsTheLogsAndAQuietOneStoresNothing() throws IOException {
        new RandomChanges(root, Seeds.random(1)).fill(ACTIONS);
        JsonNode full = report(backup().exits(0));
        assertThat(full.get("cursors").size()).isZero();
        expectTheLiveTree();
        changeSomething();
        JsonNode changed = report(backup().exits(0));
        assertThat(changed.get("mode").textValue()).isEqualTo("lustre-changelog");
        assertThat(changed.get("doubt").size()).isZero();
        assertThat(changed.get("records").longValue()).isPositive();
        assertThat(changed.get("cursors").size()).isEqualTo(2);
        expectTheLiveTree();
        JsonNode quiet = report(backup().exits(0));
        assertThat(quiet.get("new").longValue() + quiet.get("changed").longValue()).isZero();
        expectTheLiveTree();
    }

    private void expectDoubt(String... words) throws IOException {
        Result result = backup().exits(3);
        List<String> lines =
                result.errorLines().stream().filter(line -> line.startsWith(DOUBT)).toList();
        assertThat(lines).as("%s", result).isNotEmpty();
        for (String word : words) {
            assertThat(lines.get(0)).contains(word);
        }
        assertThat(report(result).get("doubt").size()).isEqualTo(lines.size());
        expectTheLiveTree();
    }

    private void changeSomething() throws IOException {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("LustreChangelogITCase, changes by seed " + seed);
        RandomChanges changes = new RandomChanges(root, Seeds.random(seed));
        for (int i = 0; i < 20; i++) {
            changes.any();
        }
        lustre.ctl("close-now");
    }

    private void begin() throws IOException {
        new RandomChanges(root, Seeds.random(1)).fill(ACTIONS);
        lustre.ctl("close-now");
        backup().exits(0);
    }

    @Test
    void aUserWhoIsLostOnOneMdtGivesADoubtAndAnEqualTree() throws IOException {
        begin();
        changeSomething();
        lustre.ctl("deregister", 1, devices.substring(devices.lastIndexOf(':') + 1));
        expectDoubt(FakeLustre.device(1), "is not registered any more");
        devices = devices.substring(0, devices.indexOf(',') + 1) + device(1, lustre.register(1));
        changeSomething();
        expectDoubt("noted no position");
        changeSomething();
        backup().exits(0);
        expectTheLiveTree();
    }

    @Test
    void somebodyWhoAcknowledgesInOurNameGivesADoubtAndAnEqualTree() throws IOException {
        begin();
        changeSomething();
        // One record is left, which shows where the log stands.
        lustre.ctl("clear", 0, "cl1", lustre.lastIndex(0) - 1);
        expectDoubt(FakeLustre.device(0));
        changeSomething();
        backup().exits(0);
        expectTheLiveTree();
    }

    @Test
    void aUserWhoWasIdleForThirtyDaysGivesADoubtAndAnEqualTree() throws IOException {
        begin();
        changeSomething();
        lustre.ctl("age", 0, "cl1", 2_592_000_001L);
        lustre.ctl("gc", 0, 2_592_000_000L);
        expectDoubt(FakeLustre.device(0), "is not registered any more");
    }

    /** A round of another kind between two of ours. */
    @Test
    void aRoundInAnotherModeIsFollowedByAScan() throws IOException {
        begin();
        changeSomething();
        Sluice.run("backup", root, "--to", workspace.archive(), "--accept-deletes").exits(0);
        changeSomething();
        expectDoubt("was made in mode posix");
        changeSomething();
        backup().exits(0);
        expectTheLiveTree();
    }

    /** What the base's own round acknowledged when it began is still acknowledged. */
    @Test
    void logsAreReadAgainFromAnEarlierRecordAndNeverFromALaterOne() throws Exception {
        begin();
        String noted = positions();
        changeSomething();
        long once = report(backup().exits(0)).get("records").longValue();
        assertThat(once).isPositive();
        JsonNode again = report(since(noted).exits(0));
        assertThat(again.get("doubt").size()).isZero();
        assertThat(again.get("records").longValue()).isGreaterThanOrEqualTo(once);
        expectTheLiveTree();

        changeSomething();
        String later = position(0, lustre.lastIndex(0) + 1);
        assertThat(since(later).refuses(1)).contains("what lies between would be lost");
        // One that stays configured neither holds the log up nor makes each round a scan.
        for (String former : List.of(noted, position(0, 2))) {
            Result after = since(former).exits(0);
            assertThat(after.error()).contains("is for an earlier round than this");
            assertThat(report(after).get("doubt").size()).isZero();
            changeSomething();
        }
        backup().exits(0);
        expectTheLiveTree();
    }

    /** With what such a round did not see nothing can be made good: it is scanned. */
    @Test
    void behindARoundThatNotedNothingNobodysWordIsTaken() throws Exception {
        new RandomChanges(root, Seeds.random(1)).fill(ACTIONS);
        lustre.ctl("close-now");
        String since = position(0, lustre.lastIndex(0)) + "," + position(1, lustre.lastIndex(1));
        Sluice.run("backup", root, "--to", workspace.archive()).exits(0);
        changeSomething();
        assertThat(report(since(since).exits(3)).get("doubt").get(0).textValue())
                .contains("was made in mode posix");
        expectTheLiveTree();
    }

    private Result since(String positions) throws IOException {
        return command().with("SLUICE_CL_SINCE", positions).run();
    }

    private static String position(int mdt, long index) {
        return device(mdt, Long.toString(index));
    }

    /** Where the last round left the logs. */
    private String positions() throws IOException {
        List<String> positions = new ArrayList<>();
        JsonNode rounds =
                new ObjectMapper()
                        .readTree(workspace.archive().resolve("state/chain.json").toFile())
                        .get("rounds");
        rounds.get(rounds.size() - 1)
                .get("cursors")
                .properties()
                .forEach(at -> positions.add(at.getKey() + ":" + at.getValue().get("next")));
        return String.join(",", positions);
    }

    @Test
    void withoutTheLibraryOrOnAnotherFilesystemTheModeIsRefused() throws IOException {
        Files.writeString(root.resolve("f"), "f");
        Sluice without =
                Sluice.command(
                        "backup",
                        root,
                        "--to",
                        workspace.archive(),
                        "--mode",
                        "lustre-changelog",
                        "--lustre-device",
                        devices);
        assertThat(without.run().refuses(1)).contains("liblustreapi.so.1");
        assertThat(workspace.archive()).doesNotExist();
        workspace.smallSource();
        Sluice elsewhere = workspace.backupCommand("--mode", "lustre");
        assertThat(lustre.in(elsewhere).run().refuses(1)).contains("does not lie on Lustre");
    }

    @Test
    void theCheckSaysWhatIsMissingAndWhatToRun() throws IOException {
        Sluice check = Sluice.command("lustre", "check", "--mount", root);
        Result missing = lustre.in(check).with("SLUICE_CL_DEVICE", device(0, "cl9")).run();
        assertThat(missing.out())
                .contains("filesystem:")
                .contains("OSTs:")
                .contains(FakeLustre.device(0));
    }
}
