package io.sluice.ptcomm.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.codec.RecordingHandler;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoundChainTest {
    private static final SampleEntry FILE = SampleEntry.file("f", "x");

    @TempDir Path temporary;
    private Path directory;
    private HandmadeRounds rounds;

    @BeforeEach
    void begin() {
        directory = temporary.resolve("archive");
        rounds = new HandmadeRounds(directory, 2);
    }

    private List<Integer> chain(int round) {
        try (Archive open = Archive.openForReading(TestArchive.bytes(directory))) {
            return open.chain(round).stream().map(each -> each.manifest().round()).toList();
        }
    }

    private void remove(int round) throws IOException {
        Files.delete(directory.resolve("rounds/" + round + "/manifest.json"));
    }

    @Test
    void chainEndsWithTheRoundAndBeginsWithItsFullOne() throws Exception {
        rounds.full(Instant.EPOCH, FILE);
        rounds.changes(1, Instant.EPOCH, FILE);
        rounds.changes(1, Instant.EPOCH, FILE);
        rounds.full(Instant.EPOCH, FILE);
        rounds.changes(3, Instant.EPOCH, FILE);
        rounds.changes(4, Instant.EPOCH, FILE);
        assertThat(chain(1)).containsExactly(1);
        assertThat(chain(2)).containsExactly(1, 2);
        assertThat(chain(4)).containsExactly(4);
        assertThat(chain(5)).containsExactly(1, 3, 5);
        assertThat(chain(6)).containsExactly(4, 6);
    }

    @Test
    void missingBaseIsNamedWithTheRoundThatNeedsIt() throws Exception {
        rounds.full(Instant.EPOCH, FILE);
        rounds.changes(1, Instant.EPOCH, FILE);
        rounds.changes(2, Instant.EPOCH, FILE);
        remove(1);
        assertThatThrownBy(() -> chain(2))
                .isInstanceOf(SluiceException.class)
                .hasMessage(
                        "archive '"
                                + directory
                                + "': round 2 holds the changes since round 1, which is missing:"
                                + " put rounds/1 back from a copy of the archive, or take a round"
                                + " of another chain (sluice list)");
        assertThatThrownBy(() -> chain(3))
                .hasMessageContaining(
                        "round 2, which round 3 needs, holds the changes since round 1, which is"
                                + " missing");
        assertThatThrownBy(() -> chain(7)).hasMessageContaining("has no round 7");
    }

    @Test
    void baseOfOtherContentIsRefused() throws Exception {
        rounds.round(null, "metadata", Instant.EPOCH, List.of(List.of(FILE)));
        rounds.changes(1, Instant.EPOCH, FILE);
        assertThatThrownBy(() -> chain(2))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining(
                        "round 2 holds the changes since round 1, whose content is 'metadata'"
                                + " instead of 'full'");
    }

    @Test
    void everySegmentIsToldBeforeItsEntries() throws Exception {
        byte[] archive = TestArchive.bytes(directory);
        Manifest manifest =
                TestArchive.round(archive, Compression.NONE, TestArchive.files(10, 3000), 8000);
        List<Integer> told = new ArrayList<>();
        List<Integer> expected = new ArrayList<>();
        int before = 0;
        for (Receipt.Segment segment : manifest.receipts().get(0).segments()) {
            expected.add(before);
            before += (int) segment.entries();
        }
        RecordingHandler handler = new RecordingHandler();
        try (Archive open = Archive.openForReading(archive)) {
            open.latest()
                    .read(
                            handler,
                            new DamageListener() {
                                @Override
                                public void segment(int index) {
                                    assertThat(index).isEqualTo(told.size());
                                    told.add(handler.entries().size());
                                }

                                @Override
                                public void damaged(Damage damage) {
                                    throw new AssertionError(damage);
                                }
                            });
        }
        assertThat(told).hasSizeGreaterThan(2).isEqualTo(expected);
    }
}
