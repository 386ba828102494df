package io.sluice.ptcomm.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.ptcomm.codec.RecordingHandler;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * An archive of format 1 as it was first written, in {@code archive-1}: round 1 with zstd, round 2
 * without and in several segments, two shards each. It must stay readable; never write it anew.
 */
class FrozenArchiveTest {
    static List<SampleEntry> shard(int shard) {
        List<SampleEntry> entries = new ArrayList<>();
        if (shard == 0) {
            entries.add(SampleEntry.of("", 0040755, null, null));
            entries.add(SampleEntry.of("dir", 0040700, null, null));
        }
        for (int i = 0; i < 5; i++) {
            entries.add(SampleEntry.file("dir/" + shard + "-" + i, ("line " + i + "\n").repeat(9)));
        }
        entries.add(SampleEntry.file("sparse\n" + shard, "abc").withExtents(4096, 10L, 3L));
        entries.add(SampleEntry.of("link " + shard, 0120777, "dir/\u00ff", null));
        entries.add(SampleEntry.of("second " + shard, 0100644, null, "dir/" + shard + "-0"));
        entries.add(SampleEntry.tombstone("gone " + shard, shard == 1));
        return entries;
    }

    private static byte[] archive() throws URISyntaxException {
        return TestArchive.bytes(
                Path.of(FrozenArchiveTest.class.getResource("archive-1/archive.json").toURI())
                        .getParent());
    }

    @Test
    void everyRoundIsReadWhole() throws IOException, URISyntaxException {
        try (Archive archive = Archive.openForReading(archive())) {
            assertThat(archive.description())
                    .isEqualTo(new ArchiveDescription(1, "/usr", 2, "here"));
            assertThat(archive.rounds())
                    .extracting(Manifest::compression)
                    .containsExactly(Compression.ZSTD, Compression.NONE);
            for (Manifest manifest : archive.rounds()) {
                assertThat(manifest.started()).isEqualTo("2026-11-21T02:33:00Z");
                for (int shard = 0; shard < 2; shard++) {
                    assertThat(manifest.receipts().get(shard).segments())
                            .hasSize(manifest.compression() == Compression.ZSTD ? 1 : 3);
                    RecordingHandler handler = new RecordingHandler();
                    List<Damage> damages = new ArrayList<>();
                    archive.round(manifest.round()).read(shard, handler, damages::add);
                    assertThat(damages).isEmpty();
                    assertThat(handler.entries()).isEqualTo(shard(shard));
                }
            }
        }
    }
}
