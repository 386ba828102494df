package io.sluice.bacula.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.Seeds;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.restore.RestoreReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a damaged catalog or volume, or somebody with a hand in the target, could bring. */
class HostileRestoreTest {
    private static final int MUTATIONS = 150;

    private final long seed = Long.getLong("sluice.seed", System.nanoTime());

    @TempDir Path temporary;
    private TestTree outside;
    private TestTree target;
    private String where;
    private RestoreRig rig;

    @BeforeEach
    void makeTarget() throws IOException {
        System.out.println("HostileRestoreTest: seed " + seed + " (-Dsluice.seed=" + seed + ")");
        outside = TestTree.in(temporary.resolve("outside")).file("secret", "secret");
        target = TestTree.in(temporary.resolve("target"));
        where = temporary.resolve("target").toString();
        rig = new RestoreRig(temporary.resolve("work"), where);
    }

    @AfterEach
    void nothingIsOutside() throws IOException {
        assertThat(outside.names(new byte[0])).hasSize(1);
        assertThat(outside.text("secret")).isEqualTo("secret");
        try (Stream<Path> beside = Files.list(temporary)) {
            assertThat(beside.map(path -> path.getFileName().toString()))
                    .isSubsetOf("outside", "target", "work");
        }
        outside.close();
        target.close();
    }

    /** Each bad entry costs itself alone. */
    private void assertRefused(EntryFrames bad, String... words) throws Exception {
        target.clear();
        RestoreReport report = rig.run(bad.file(where + "/good", "good").finish());
        assertThat(target.text("good")).isEqualTo("good");
        assertThat(target.names(new byte[0])).hasSize(1);
        assertThat(report.selected()).isEqualTo(2).isEqualTo(report.accounted());
        assertThat(rig.frames('Q').get(0)).contains(words);
    }

    @Test
    void pathsThatLeadElsewhereAreRefused() throws Exception {
        for (String path :
                List.of(
                        where + "/../outside/a",
                        where + "/@hpc/../../outside/a",
                        where + "/d/..",
                        where + "/./a",
                        where + "/d//a",
                        where + "x/a",
                        "/etc/a",
                        "a",
                        "",
                        where,
                        where + "/a\0b")) {
            assertRefused(new EntryFrames().file(path, "bad"), "refused", "EINVAL");
        }
        assertRefused(new EntryFrames().directory(where + "/../outside/", "0777"), "'..'");
    }

    @Test
    void linksThatLeadElsewhereAreRefused() throws Exception {
        assertRefused(
                new EntryFrames().link(where + "/b", where + "/../outside/secret", 6), "'..'");
        assertRefused(
                new EntryFrames()
                        .link(where + "/b", temporary.resolve("outside/secret").toString(), 6),
                "does not begin with Where");
        assertRefused(new EntryFrames().link(where + "/b", where + "/@hpc/", 6), "directory");
    }

    @Test
    void linkToADirectoryFailsAlone() throws Exception {
        target.directory("d");
        rig.run(
                new EntryFrames()
                        .link(where + "/b", where + "/d", 6)
                        .link(where + "/d", where + "/good", 4)
                        .file(where + "/good", "good", 1_000_000_001L, 2)
                        .finish());
        assertThat(rig.frames('Q')).hasSize(2);
        assertThat(target.text("good")).isEqualTo("good");
    }

    @Test
    void namesOfTheJournalAreRefused() throws Exception {
        assertRefused(new EntryFrames().file(where + "/@hpc/.sluice-restore", "bad"), "EEXIST");
        target.clear();
        rig.run(new EntryFrames().file(where + "/d/.sluice-restore", "bad").finish());
        assertThat(rig.frames('Q').get(0)).contains("belongs to the journal");
    }

    @Test
    void contradictoryHeadsAreRefused() throws Exception {
        for (String stat :
                List.of(
                        "F x 0 0 100644 1",
                        "F -3 0 0 100644 1",
                        "F 3 0 0 100644",
                        "F 3 0 0 040755 2",
                        "D 3 0 0 100644 1",
                        "S 3 0 0 100644 1",
                        "F 3 0 0 000644 1",
                        "",
                        "F 3 0 99999999999 100644 1")) {
            assertRefused(
                    new EntryFrames()
                            .head(where + "/a", stat, 'f')
                            .command("DATA")
                            .data("bad")
                            .end(),
                    "refused",
                    "EINVAL");
        }
        assertRefused(
                new EntryFrames().head(where + "/a", "S 3 0 0 120777 1", 'l').end(), "target");
        assertRefused(
                new EntryFrames().head(where + "/a", "L 3 0 0 100644 2", 'f').end(), "linked to");
        assertRefused(new EntryFrames().head(where + "/a", "E 0 0 0 100644 2", 'p').end(), "type");
    }

    @Test
    void symbolicLinkInTheWayIsNeverFollowedNorRemoved() throws Exception {
        for (String letter : List.of("a", "n")) {
            target.clear().symlink("d", temporary.resolve("outside").toString());
            EntryFrames frames =
                    new EntryFrames()
                            .file(where + "/d/a", "bad")
                            .file(where + "/d/secret", "bad")
                            .directory(where + "/d/", "0777")
                            .directory(where + "/d/e/", "0777")
                            .file(where + "/good", "good");
            rig.replace(letter).run(frames.finish());
            assertThat(target.text("good")).isEqualTo("good");
            assertThat(target.target("d"))
                    .isEqualTo(bytes(temporary.resolve("outside").toString()));
            assertThat(rig.frames('Q'))
                    .filteredOn(line -> line.contains("symbolic link stands"))
                    .hasSize(4);
        }
    }

    /** A link of the stream itself, and then what would go through it. */
    @Test
    void linkOfTheStreamIsNotFollowed() throws Exception {
        EntryFrames frames =
                new EntryFrames()
                        .head(
                                where + "/@hpc/d",
                                "S 9 0 0 120777 1",
                                'l',
                                "LSTAT:" + temporary.resolve("outside"))
                        .end()
                        .file(where + "/@hpc/d/a", "bad");
        rig.run(frames.finish());
        assertThat(rig.frames('Q').get(0)).contains("ELOOP");
    }

    @Test
    void fileGivesWayToADirectoryOnlyWhereAllIsReplaced() throws Exception {
        target.file("d", "file");
        EntryFrames frames = new EntryFrames().directory(where + "/d/", "0755");
        rig.replace("n").run(frames.finish());
        assertThat(target.text("d")).isEqualTo("file");
        assertThat(rig.frames('Q').get(0)).contains("ENOTDIR", "Replace=always");
        rig.replace("a").run(new EntryFrames().directory(where + "/d/", "0755").finish());
        assertThat(target.stat("d").mode()).isEqualTo(040755);
    }

    @Test
    void dataBeyondTheSizeIsDamage() throws Exception {
        target.file("there", "now");
        EntryFrames frames = new EntryFrames();
        for (String data : List.of("much too long", "x")) {
            frames.head(where + "/there", "F 4 0 0 100644 1", 'f')
                    .command("DATA")
                    .data(data)
                    .end()
                    .sum(data);
        }
        frames.head(where + "/there", "F 4 0 0 100644 1", 'f')
                .command("DATA")
                .command("EXTENT:2 2")
                .data("xy")
                .command("EXTENT:0 2")
                .data("xy")
                .end()
                .sum("xyxy");
        frames.head(where + "/there", "F 4 0 0 100644 1", 'f')
                .command("DATA")
                .command("EXTENT:9223372036854775807 2")
                .data("xy")
                .end();
        frames.head(where + "/there", "F 4 0 0 100644 1", 'f')
                .command("DATA")
                .command("EXTENT:nonsense")
                .data("then")
                .end();
        RestoreReport report = rig.run(frames.finish());
        assertThat(target.text("there")).isEqualTo("now");
        assertThat(report.damaged()).isEqualTo(5);
    }

    @Test
    void unknownBlocksAndAttributesAreReportedOrPassedOver() throws Exception {
        EntryFrames frames =
                new EntryFrames()
                        .file(where + "/a", "a")
                        .block("XATTR", "system.evil\0x")
                        .block("XATTR", "no value")
                        .block("ACL", "user.a\0x")
                        .command("NEWER:1 2 3")
                        .file(where + "/b", "b");
        rig.run(frames.finish());
        assertThat(target.text("a") + target.text("b")).isEqualTo("ab");
        assertThat(rig.frames('Q')).filteredOn(line -> line.contains("EINVAL")).hasSize(3);
    }

    @Test
    void mutatedStreamsRestoreOrFailAndNeverEscape() throws Exception {
        Random random = Seeds.random(seed);
        EntryFrames whole =
                new EntryFrames()
                        .directory(where + "/@hpc/d/", "0755")
                        .file(where + "/@hpc/d/a", "content", 1_000_000_001L, 2)
                        .block("XATTR", "user.a\0b")
                        .link(where + "/@hpc/b", where + "/@hpc/d/a", 7)
                        .head(where + "/@hpc/l", "S 3 0 0 120777 1", 'l', "LSTAT:../outside")
                        .end()
                        .head(where + "/@hpc/p", "E 0 0 0 010644 1", 'p')
                        .end();
        byte[] stream = whole.finish();
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutated = Arrays.copyOf(stream, stream.length);
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                int at = random.nextInt(mutated.length);
                mutated[at] =
                        random.nextBoolean()
                                ? stream[random.nextInt(stream.length)]
                                : (byte) random.nextInt(256);
            }
            target.clear();
            try {
                RestoreReport report = rig.run(mutated);
                assertThat(report.accounted()).isLessThanOrEqualTo(report.selected());
            } catch (ProtocolException e) {
                assertThat(e.getMessage()).contains("byte");
            }
        }
    }
}
