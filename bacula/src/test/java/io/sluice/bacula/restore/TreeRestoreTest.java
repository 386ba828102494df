package io.sluice.bacula.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.round.Content;
import io.sluice.common.testing.Seeds;
import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeGenerator;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.writer.TreeRound;
import io.sluice.restore.ArchiveStreams;
import io.sluice.restore.Difference;
import io.sluice.restore.LiveComparison;
import io.sluice.restore.RestoreLine;
import io.sluice.restore.RestoreReport;
import io.sluice.restore.Verifier;
import io.sluice.restore.VerifyListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole trees: through the writer, through what Bacula makes of it, and back. */
class TreeRestoreTest {
    private static final int SLICE = 64 << 10;
    private static final int ROUNDS = 6;

    private final long seed = Long.getLong("sluice.seed", System.nanoTime());

    @TempDir Path temporary;
    private TestTree source;
    private TestTree target;

    @BeforeEach
    void makeSource() throws IOException {
        System.out.println("TreeRestoreTest: seed " + seed + " (-Dsluice.seed=" + seed + ")");
        source = TestTree.in(temporary.resolve("source"));
        target = TestTree.in(temporary.resolve("target"));
    }

    @AfterEach
    void removeSource() throws IOException {
        source.close();
        target.close();
    }

    private byte[] archive(String name) throws Exception {
        byte[] archive = bytes(temporary.resolve(name).toString());
        assertThat(TreeRound.write(source, archive, Content.FULL, SLICE)).isEmpty();
        return archive;
    }

    private List<byte[]> entries(byte[] archive, String prefix, Random random) throws IOException {
        VolumeStream volume = new VolumeStream(prefix, random);
        try (Archive opened = Archive.openForReading(archive)) {
            new ArchiveStreams(opened.latest())
                    .read(0, volume, damage -> assertThat(damage).isNull());
        }
        return volume.entries();
    }

    private void verify(byte[] archive, Path live) throws Exception {
        List<String> found = new ArrayList<>();
        VerifyListener listener =
                new VerifyListener() {
                    @Override
                    public void damaged(RestoreLine line) {
                        found.add(line.text());
                    }

                    @Override
                    public void difference(Difference difference) {
                        found.add(difference.text());
                    }
                };
        try (Archive opened = Archive.openForReading(archive)) {
            new Verifier(listener)
                    .run(
                            new ArchiveStreams(opened.latest()),
                            new LiveComparison(bytes(live.toString()), true, temporary));
        }
        assertThat(found).isEmpty();
    }

    private void restoreInAnyOrder(long round) throws Exception {
        Random random = Seeds.random(seed + round);
        byte[] archive = archive("archive-" + round);
        Path where = temporary.resolve("target/r" + round);
        List<byte[]> entries = entries(archive, where + "/@hpc/data/tree", random);
        Collections.shuffle(entries, random);
        RestoreRig rig = new RestoreRig(temporary.resolve("work"), where.toString());
        RestoreReport report = rig.run(VolumeStream.stream(entries));
        assertThat(rig.frames('Q')).isEmpty();
        assertThat(rig.frames('N')).isEmpty();
        assertThat(rig.frames('W')).hasSize(1).first().asString().contains("2 directories");
        assertThat(rig.frames().get(rig.frames().size() - 1)).isEqualTo("F ");
        assertThat(report.selected()).isEqualTo(entries.size()).isEqualTo(report.accounted());
        assertThat(rig.work).isEmptyDirectory();
        Path restored = where.resolve("data/tree");
        EnumSet<TreeComparison.Aspect> aspects = EnumSet.copyOf(TreeComparison.usual());
        aspects.add(TreeComparison.Aspect.HOLES);
        assertThat(TreeComparison.compare(source.path(), bytes(restored.toString()), aspects))
                .isEmpty();
        verify(archive, restored);
    }

    @Test
    void randomTreesComeBackWhateverTheOrder() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            source.clear();
            new TreeGenerator(source, seed + round).random(150).finish();
            restoreInAnyOrder(round);
        }
    }

    @Test
    void extremesComeBack() throws Exception {
        new TreeGenerator(source, seed).extremes().names(300).finish();
        restoreInAnyOrder(0);
    }

    @Test
    void holesComeBackWhereverTheyAre() throws Exception {
        int block = 64 << 10;
        source.sparse(bytes("all"), 10L * block, 0, new byte[0])
                .sparse(bytes("one byte of hole"), block + 1, 0, bytes("x".repeat(block)))
                .sparse(bytes("end"), 10L * block + 5, 0, bytes("y".repeat(block)))
                .sparse(bytes("begin"), 10L * block, 9L * block, bytes("z".repeat(block)))
                .sparse(bytes("zero at the end"), 3L * block, 2L * block, new byte[block])
                .sparse(bytes("small"), 1, 0, new byte[0])
                .sparse(bytes("middle"), 20L * block, 8L * block, bytes("m".repeat(block)));
        source.write(bytes("middle"), 0, bytes("begin"));
        source.write(bytes("middle"), 20L * block - 1, new byte[1]);
        for (int round = 0; round < ROUNDS; round++) {
            restoreInAnyOrder(round);
        }
    }
}
