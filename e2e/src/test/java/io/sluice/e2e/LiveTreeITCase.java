package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Backs up a tree that changes all the time. Each round commits, and each file of it is either as
 * the file was at a moment, or named as torn and owed.
 */
class LiveTreeITCase {
    private static final int ROUNDS = 50;
    private static final int RESTORED_ONE_IN = 5;
    private static final int RESTS = 2;
    private static final int ROUNDS_TO_REST = 3;
    private static final long AGE_MS = 4500;
    private static final Pattern TORN = Pattern.compile("sluice: '(.*)': torn at backup.*");

    @RegisterExtension final Workspace workspace = new Workspace();

    private enum Found {
        STATE,
        TORN_BUT_STATE,
        TORN
    }

    private final Map<Found, Integer> found = new EnumMap<>(Found.class);

    @Test
    void everyRoundHoldsStatesThatTheFilesHad() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Files.createDirectory(workspace.sourcePath());
        Map<Integer, Integer> exits = new HashMap<>();
        Map<String, Integer> owed = new HashMap<>();
        try (LiveTree tree = new LiveTree(workspace.sourcePath(), seed)) {
            tree.start();
            for (int round = 1; round <= ROUNDS; round++) {
                Result backup = workspace.backup("--content", "full");
                tree.check();
                // With one book out of balance it would be 1.
                assertThat(backup.exit()).as("round %s: %s", round, backup).isIn(0, 3);
                exits.merge(backup.exit(), 1, Integer::sum);
                owed(round)
                        .forEach(
                                (path, reasons) ->
                                        reasons.forEach(r -> owed.merge(r, 1, Integer::sum)));
                if (round % RESTORED_ONE_IN == 0) {
                    restoreAndJudge(tree, round);
                }
                // Not kept: fifty rounds are some gigabytes.
                TestTree.in(workspace.archive().resolve("rounds/" + round)).close();
            }
            System.out.println(
                    ROUNDS
                            + " rounds beside "
                            + tree.operations()
                            + " changes of "
                            + tree.filesEver()
                            + " files; exits "
                            + exits
                            + ", owed "
                            + owed
                            + ", restored "
                            + found);
        }
    }

    /**
     * Whatever a round missed of a tree in change, the first one after the last change has it: what
     * changed unseen, while it was looked at or within the tick of a clock, was owed.
     */
    @Test
    void whenTheTreeRestsTheNextRoundHasItAsItIs() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Files.createDirectory(workspace.sourcePath());
        for (int rest = 1; rest <= RESTS; rest++) {
            try (LiveTree tree = new LiveTree(workspace.sourcePath(), seed + rest)) {
                tree.start();
                for (int round = 1; round <= ROUNDS_TO_REST; round++) {
                    Result backup = workspace.backup("--accept-deletes");
                    tree.check();
                    assertThat(backup.exit()).as("%s", backup).isIn(0, 3);
                }
            }
            // What is younger is owed once more.
            Thread.sleep(AGE_MS);
            workspace.backup("--accept-deletes").succeeds();
            workspace.restore().succeeds();
            assertThat(
                            TreeComparison.compare(
                                    Sluice.bytes(workspace.sourcePath().toString()),
                                    Sluice.bytes(workspace.target().toString()),
                                    TreeComparison.usual()))
                    .as("rest %s of seed %s", rest, seed)
                    .isEmpty();
            TestTree.in(workspace.target()).close();
            assertThat(workspace.backup().succeeds().out())
                    .as("nothing has changed since")
                    .contains("stored      0 entries");
        }
    }

    private Map<String, Set<String>> owed(int round) throws IOException {
        Map<String, Set<String>> owed = new HashMap<>();
        ObjectMapper mapper = new ObjectMapper();
        Path file = workspace.archive().resolve("rounds/" + round + "/owed.jsonl");
        for (String line : Files.readAllLines(file)) {
            JsonNode each = mapper.readTree(line);
            owed.computeIfAbsent(each.get("path").textValue(), path -> new HashSet<>())
                    .add(each.get("reason").textValue());
        }
        return owed;
    }

    private void restoreAndJudge(LiveTree tree, int round) throws IOException {
        Result restore = workspace.restore();
        assertThat(restore.exit()).as("round %s: %s", round, restore).isIn(0, 3);
        Set<String> torn = new HashSet<>();
        for (String line : restore.errorLines()) {
            Matcher matcher = TORN.matcher(line);
            assertThat(matcher.matches()).as("round %s: %s", round, restore).isTrue();
            torn.add(matcher.group(1));
        }
        Map<String, Set<String>> owed = owed(round);
        for (String path : torn) {
            assertThat(owed.getOrDefault(path, Set.of()))
                    .as("round %s: %s", round, path)
                    .contains("torn");
        }
        judge(tree, round, torn, owed);
        TestTree.in(workspace.target()).close();
    }

    private void judge(LiveTree tree, int round, Set<String> torn, Map<String, Set<String>> owed)
            throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(workspace.target())) {
            files =
                    walk.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                            .toList();
        }
        // A file of several names is named by one of them.
        Set<Object> tornFiles = new HashSet<>();
        for (Path file : files) {
            if (torn.contains(workspace.target().relativize(file).toString())) {
                tornFiles.add(Files.getAttribute(file, "unix:ino"));
            }
        }
        for (Path file : files) {
            String path = workspace.target().relativize(file).toString();
            boolean named = tornFiles.contains(Files.getAttribute(file, "unix:ino"));
            String fault = tree.fault(path, Files.readAllBytes(file));
            assertThat(fault == null || named)
                    .as("round %s: %s, owed %s: %s", round, path, owed.get(path), fault)
                    .isTrue();
            found.merge(
                    fault != null ? Found.TORN : named ? Found.TORN_BUT_STATE : Found.STATE,
                    1,
                    Integer::sum);
        }
    }
}
