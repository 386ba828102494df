package io.sluice.bacula.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.Posix;
import io.sluice.common.testing.TestTree;
import io.sluice.restore.RestoreReport;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dialogue of Bacula's own metaplugin, byte for byte as it was logged. */
class StockRestoreTest {
    @TempDir Path temporary;
    private TestTree target;
    private String where;
    private RestoreRig rig;

    @BeforeEach
    void makeTarget() throws IOException {
        target = TestTree.in(temporary.resolve("target"));
        where = temporary.resolve("target").toString();
        rig = new RestoreRig(temporary.resolve("work"), where).stock();
    }

    @AfterEach
    void removeTarget() throws IOException {
        target.close();
    }

    private static EntryFrames head(EntryFrames frames, String path, String stat) {
        return frames.command("FNAME:" + path + "\n")
                .command("STAT:" + stat + "\n")
                .command("TSTAMP:1700000000 1700000001 1700000002\n");
    }

    @Test
    void transcriptOfOneFileIsAnsweredPartByPart() throws Exception {
        EntryFrames frames =
                head(new EntryFrames(), where + "/@hpc/a/f1", "F 6 1000 1000 100644 1 0");
        frames.end()
                .command("DATA\n")
                .data("hel")
                .data("lo\n")
                .end()
                .command("XATTR\n")
                .data("user.k\0v")
                .end();
        RestoreReport report = rig.run(frames.finish());
        assertThat(rig.frames('C')).containsExactly("C OK\n", "C OK\n", "C OK\n");
        assertThat(rig.frames().get(rig.frames().size() - 1)).isEqualTo("F ");
        assertThat(target.text("a/f1")).isEqualTo("hello\n");
        Stat stat = Stat.of(target.stat("a/f1"));
        assertThat(stat.modified()).isEqualTo(new Timestamp(1_700_000_001L, 0));
        assertThat(report.files()).isEqualTo(1);
        // No checksum comes this way, and nobody misses it.
        assertThat(rig.frames('W')).noneMatch(line -> line.contains("checksum"));
    }

    @Test
    void checksumThatComesTooLateVerifiesNothing() throws Exception {
        target.file("f", "now");
        EntryFrames frames = head(new EntryFrames(), where + "/@hpc/f", "F 4 0 0 100644 1 0").end();
        frames.command("DATA\n")
                .data("then")
                .end()
                .command("XATTR\n")
                .data("user.k\0v")
                .end()
                .sum("then");
        RestoreReport report = rig.run(frames.finish());
        assertThat(target.text("f")).isEqualTo("now");
        assertThat(report.damaged()).isEqualTo(1);
    }

    @Test
    void everyTypeOfStockComesBack() throws Exception {
        EntryFrames frames = new EntryFrames();
        frames.command("RESTOREOBJ:object\n").command("RESTOREOBJ_LEN:3\n").data("abc").end();
        head(frames, where + "/@hpc/d/", "D 4096 0 0 040750 2 0").end();
        head(frames, where + "/@hpc/d/empty", "E 0 0 0 100600 1 0").end();
        head(frames, where + "/@hpc/d/blank ", "E 0 0 0 100600 1 0").end();
        head(frames, where + "/@hpc/d/l", "S 4 0 0 120777 1 0").command("LSTAT:to x\n").end();
        rig.run(frames.finish());
        assertThat(rig.frames('C')).hasSize(5).containsOnly("C OK\n");
        assertThat(target.stat("d").mode()).isEqualTo(040750);
        assertThat(target.stat("d/empty").size()).isZero();
        assertThat(target.stat("d/blank ").size()).isZero();
        assertThat(target.target("d/l")).isEqualTo(bytes("to x"));
    }

    @Test
    void keptFileIsAnsweredWithSkip() throws Exception {
        target.file("f", "now");
        EntryFrames frames = head(new EntryFrames(), where + "/@hpc/f", "F 6 0 0 100644 1 0").end();
        rig.replace("n").run(frames.finish());
        assertThat(rig.frames('C')).containsExactly("C SKIP\n");
        assertThat(target.text("f")).isEqualTo("now");
    }

    @Test
    void laterNameIsLeftToTheCoreOrRefused() throws Exception {
        EntryFrames frames = head(new EntryFrames(), where + "/f", "E 0 0 0 100644 2 0").end();
        head(frames, where + "/g", "L 0 0 0 100644 2 3").end();
        head(frames, where + "/@hpc/h", "L 0 0 0 100644 2 3").end();
        rig.run(frames.finish());
        assertThat(rig.frames('C')).containsExactly("C OK\n", "C CORE\n", "C SKIP\n");
        assertThat(rig.frames('Q').get(0)).contains("/@hpc/h", "does not tell");
    }

    @Test
    void oneRecordHoldsSeveralAttributes() throws Exception {
        EntryFrames frames = head(new EntryFrames(), where + "/f", "E 0 0 0 100644 1 0").end();
        frames.command("XATTR\n").data("D000008\nuser.a\0bD000009\nuser.c\0de").end();
        rig.run(frames.finish());
        if (target.xattr(bytes("f"), "user.probe", bytes("1"))) {
            assertThat(rig.frames('Q')).isEmpty();
            assertThat(Posix.getXattr(target.descriptor(), bytes("f"), bytes("user.c")))
                    .isEqualTo(bytes("de"));
        }
    }
}
