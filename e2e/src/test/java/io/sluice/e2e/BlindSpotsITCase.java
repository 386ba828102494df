package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What changelogs do not tell is what the list says, and no more. */
class BlindSpotsITCase {
    private static final Path DOCUMENT =
            Path.of(System.getProperty("sluice.root")).resolve("docs/sources.md");

    private static final String HEADING = "### What the logs do not tell";
    private static final int FILES = 12;
    private static final int ROUNDS = Integer.getInteger("sluice.engine.rounds", 4);

    @RegisterExtension final Workspace workspace = new Workspace();

    @BeforeAll
    static void findLibrary() throws Exception {
        LustreRounds.assumePossible();
    }

    @ParameterizedTest
    @EnumSource
    void eachIsMetAsTheListSays(BlindSpot spot) throws Exception {
        try (FakeLustre lustre = FakeLustre.in(workspace.base())) {
            spot.play(new BlindSpotSite(lustre, workspace.base()));
        }
    }

    @Test
    void theDocumentedListIsThisOne() throws IOException {
        List<String> lines = Files.readAllLines(DOCUMENT);
        List<String> rows =
                lines.subList(lines.indexOf(HEADING) + 1, lines.size()).stream()
                        .dropWhile(line -> !line.startsWith("|---"))
                        .skip(1)
                        .takeWhile(line -> line.startsWith("|"))
                        .map(line -> line.substring(2, line.indexOf(" |", 2)))
                        .toList();
        assertThat(rows)
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(BlindSpot.values()).map(BlindSpot::row).toList());
    }

    /**
     * Files of which something is hidden, and others that change openly: a round from the logs
     * misses nothing but what is hidden, and nothing of that when it has come to light.
     */
    @Test
    void everyDifferenceThatIsMetIsOnTheList() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("BlindSpotsITCase, seed " + seed);
        Random random = Seeds.random(seed);
        try (FakeLustre lustre = FakeLustre.in(workspace.base())) {
            BlindSpotSite site = new BlindSpotSite(lustre, workspace.base());
            for (int i = 0; i < FILES; i++) {
                site.file("hidden-" + i);
            }
            Path open = Files.createDirectory(site.tree().resolve("open"));
            RandomChanges changes = new RandomChanges(open, random);
            changes.fill(40);
            site.base();
            Map<String, Hidden> hidden = new HashMap<>();
            int met = 0;
            for (int round = 1; round <= ROUNDS; round++) {
                for (int i = 0; i < 40; i++) {
                    changes.any();
                }
                String name = "hidden-" + random.nextInt(FILES);
                for (int i = 0; i < 6; i++) {
                    if (hidden.containsKey(name)) {
                        hidden.remove(name).reveal(site.tree().resolve(name));
                    } else {
                        hidden.put(name, Hidden.some(site, name, random));
                    }
                    name = "hidden-" + random.nextInt(FILES);
                }
                assertThat(site.round().doubt()).isEmpty();
                List<String> differences = site.differences();
                met += differences.size();
                assertThat(differences)
                        .as("hidden: %s", hidden)
                        .allMatch(line -> hidden.containsKey(BlindSpotSite.path(line)));
            }
            assertThat(met).isPositive();
            for (Map.Entry<String, Hidden> each : hidden.entrySet()) {
                each.getValue().reveal(site.tree().resolve(each.getKey()));
            }
            site.expectFound();
        }
    }

    /** Something of a file that no record has told yet. */
    private record Hidden(BlindSpot spot, AutoCloseable end) {
        private static final List<BlindSpot> KINDS =
                List.of(
                        BlindSpot.OPEN_FOR_WRITING,
                        BlindSpot.MAPPED_FOR_WRITING,
                        BlindSpot.SILENT_CLIENT,
                        BlindSpot.NARROW_MASK);

        static Hidden some(BlindSpotSite site, String name, Random random) throws Exception {
            Path file = site.tree().resolve(name);
            BlindSpot spot = KINDS.get(random.nextInt(KINDS.size()));
            AutoCloseable end = () -> {};
            switch (spot) {
                case OPEN_FOR_WRITING -> {
                    FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE);
                    open.write(ByteBuffer.wrap(new byte[] {1, (byte) random.nextInt()}));
                    end = open;
                }
                case MAPPED_FOR_WRITING -> {
                    SharedMapping mapping = SharedMapping.of(file);
                    mapping.set(random.nextInt(4096), (byte) (1 + random.nextInt(255)));
                    end = mapping;
                }
                case SILENT_CLIENT -> {
                    site.lustre().ctl("set", "audit", 0);
                    Files.writeString(file, "more", StandardOpenOption.APPEND);
                    site.lustre().ctl("set", "audit", 1);
                }
                default -> {
                    site.mask(BlindSpotSite.WITHOUT_SETATTR);
                    Files.setPosixFilePermissions(
                            file, PosixFilePermissions.fromString("rwx-----x"));
                    site.mask(BlindSpotSite.USUAL_MASK);
                }
            }
            return new Hidden(spot, end);
        }

        /** With a record of anything at all, all of the file is looked at. */
        void reveal(Path file) throws Exception {
            end.close();
            Files.writeString(file, "told", StandardOpenOption.APPEND);
        }
    }
}
