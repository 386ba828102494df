package io.sluice.ptcomm.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.archive.TestArchive.Reading;
import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.EntryEncoder;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SegmentTest {
    private static final int SEGMENT = 50_000;

    @TempDir Path temporary;
    private byte[] archive;

    @BeforeEach
    void path() {
        archive = TestArchive.bytes(temporary.resolve("archive"));
    }

    private Path segment(Manifest manifest, int n) {
        return temporary
                .resolve("archive/rounds")
                .resolve(Integer.toString(manifest.round()))
                .resolve(manifest.receipts().get(0).segments().get(n).name());
    }

    @ParameterizedTest
    @EnumSource
    void segmentsAreCutAtWholeEntriesAndReadAsOneStream(Compression compression) throws Exception {
        List<SampleEntry> entries = TestArchive.files(40, 10_000);
        Manifest manifest = TestArchive.round(archive, compression, entries, SEGMENT);
        List<Receipt.Segment> segments = manifest.receipts().get(0).segments();
        // zstd itself holds back about 128 KiB, which counts when it comes out.
        int slack = compression == Compression.ZSTD ? 140_000 : 10_500;
        assertThat(segments).hasSizeGreaterThan(3);
        assertThat(segments).allMatch(s -> s.length() < SEGMENT + slack);
        assertThat(segments.stream().mapToLong(Receipt.Segment::entries).sum()).isEqualTo(40);
        assertThat(segments.get(1).name())
                .isEqualTo(
                        "shard-0.0d9c.0.1.ptcomm"
                                + (compression == Compression.ZSTD ? ".zst" : ""));
        Reading reading = TestArchive.read(archive);
        assertThat(reading.damages()).isEmpty();
        assertThat(reading.entries()).isEqualTo(entries);
        long stream = SampleEntry.stream(new byte[0], entries, 5000, true).length;
        assertThat(manifest.receipts().get(0).bytes()).isEqualTo(stream);
    }

    @ParameterizedTest
    @EnumSource
    void emptyStreamIsOneSegment(Compression compression) throws Exception {
        Manifest manifest = TestArchive.round(archive, compression, List.of(), SEGMENT);
        assertThat(manifest.receipts().get(0).bytes()).isEqualTo(8);
        Reading reading = TestArchive.read(archive);
        assertThat(reading.entries()).isEmpty();
        assertThat(reading.damages()).isEmpty();
    }

    @Test
    void segmentsOfAShardAreAStreamForTheZstdTool() throws Exception {
        List<SampleEntry> entries = TestArchive.files(40, 10_000);
        Manifest manifest = TestArchive.round(archive, Compression.ZSTD, entries, SEGMENT);
        List<String> command = new ArrayList<>(List.of("zstd", "-dcq"));
        for (int i = 0; i < manifest.receipts().get(0).segments().size(); i++) {
            command.add(segment(manifest, i).toString());
        }
        Process zstd;
        try {
            zstd = new ProcessBuilder(command).start();
        } catch (IOException e) {
            org.junit.jupiter.api.Assumptions.abort("no zstd here: " + e.getMessage());
            return;
        }
        byte[] stream = zstd.getInputStream().readAllBytes();
        assertThat(zstd.waitFor()).isZero();
        assertThat(stream).isEqualTo(SampleEntry.stream(new byte[0], entries, 5000, true));
    }

    @ParameterizedTest
    @EnumSource
    void entryBeyond64MiBComesInPartsAndIsRead(Compression compression) throws Exception {
        long size = 150L * 1024 * 1024;
        Receipt receipt;
        try (Archive open = Archive.openForBackup(archive, TestArchive.SOURCE, 1)) {
            open.beginRound(1);
            SegmentConfig config = new SegmentConfig(archive, 1, TestArchive.RUN, compression);
            try (SegmentWriter writer = config.open(0, 3)) {
                writer.entries(stream(SampleEntry.file("before", "x")), 1);
                large(writer, size);
                writer.entries(stream(SampleEntry.file("after", "x")), 1);
                receipt = writer.finish();
            }
            open.commit(TestArchive.manifest(1, compression, List.of(receipt)));
        }
        assertThat(receipt.entries()).isEqualTo(3);
        if (compression == Compression.ZSTD) {
            // before; 64 MiB and 64 MiB and the rest of the entry; after.
            assertThat(zstdFrames(segmentBytes(receipt))).isEqualTo(5);
        }
        CountingHandler handler = new CountingHandler();
        List<Damage> damages = new ArrayList<>();
        try (Archive open = Archive.openForReading(archive)) {
            open.round(1).read(handler, damages::add);
        }
        assertThat(damages).isEmpty();
        assertThat(handler.entries).isEqualTo(3);
        assertThat(handler.bytes).isEqualTo(size + 2);
        assertThat(handler.states).containsOnly(DataState.INTACT);
    }

    private byte[] segmentBytes(Receipt receipt) throws IOException {
        return Files.readAllBytes(
                temporary.resolve("archive/rounds/1").resolve(receipt.segments().get(0).name()));
    }

    private static int zstdFrames(byte[] stored) {
        int frames = 0;
        for (int at = 0; at < stored.length; ) {
            long length =
                    com.github.luben.zstd.Zstd.findFrameCompressedSize(
                            java.util.Arrays.copyOfRange(stored, at, stored.length));
            at += Math.toIntExact(length);
            frames++;
        }
        return frames;
    }

    private static ByteBuffer stream(SampleEntry entry) {
        // Not direct: the writer takes those too.
        return ByteBuffer.wrap(SampleEntry.stream(new byte[0], List.of(entry), 5000, false));
    }

    private static void large(SegmentWriter writer, long size) throws IOException {
        EntryEncoder encoder = new EntryEncoder(new byte[0]);
        ByteBuffer out = ByteBuffer.allocateDirect(2 * 1024 * 1024);
        DataSum sum = new DataSum();
        writer.beginEntry(size);
        encoder.head(out, new byte[] {'l'}, SampleEntry.stat(0100644, size), null, null);
        encoder.beginData(out);
        byte[] data = new byte[Frame.MAX_PAYLOAD_BYTES];
        for (long rest = size; rest > 0; ) {
            int n = (int) Math.min(rest, data.length);
            encoder.dataHeader(out, n);
            out.put(data, 0, n);
            sum.update(data, 0, n);
            rest -= n;
            writer.entryPart(out.flip());
            out.clear();
        }
        encoder.endData(out);
        encoder.sum(out, sum);
        writer.entryPart(out.flip());
        writer.endEntry();
    }

    @ParameterizedTest
    @EnumSource
    void flippedBitAnywhereIsToldOnceAndCostsOnlyItsSegment(Compression compression)
            throws Exception {
        List<SampleEntry> entries = TestArchive.files(20, 10_000);
        Manifest manifest = TestArchive.round(archive, compression, entries, SEGMENT);
        int damaged = 1;
        Path file = segment(manifest, damaged);
        Receipt.Segment segment = manifest.receipts().get(0).segments().get(damaged);
        byte[] good = Files.readAllBytes(file);
        Random random = new Random(7);
        List<Integer> places = new ArrayList<>(List.of(0, 1, 5, 7, 8, 20, 60, good.length - 1));
        for (int i = 0; i < 60; i++) {
            places.add(random.nextInt(good.length));
        }
        for (int place : places) {
            byte[] bad = good.clone();
            bad[place] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bad);
            Reading reading = TestArchive.read(archive);
            assertThat(reading.damages()).as("byte %s", place).hasSize(1);
            assertThat(reading.suspects()).containsExactly(segment.name());
            Damage damage = reading.damages().get(0);
            assertThat(damage.segment()).isEqualTo(segment.name());
            assertThat(damage.shard()).isZero();
            assertThat(damage.detail()).startsWith("its checksum is ");
            assertThat(reading.entries().size() + damage.unseenEntries()).isEqualTo(20);
            // All other segments' entries are there.
            assertThat(entries.stream().filter(e -> !reading.entries().contains(e)).count())
                    .isLessThanOrEqualTo(segment.entries());
        }
    }

    @ParameterizedTest
    @EnumSource
    void truncatedSegmentYieldsWhatIsBeforeTheCut(Compression compression) throws Exception {
        List<SampleEntry> entries = TestArchive.files(20, 10_000);
        Manifest manifest = TestArchive.round(archive, compression, entries, SEGMENT);
        Path file = segment(manifest, 0);
        long entriesOfFirst = manifest.receipts().get(0).segments().get(0).entries();
        long length = Files.size(file);
        for (long cut : new long[] {length - 1, length - 5000, length / 2, 9, 4, 1, 0}) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(cut);
            }
            Reading reading = TestArchive.read(archive);
            assertThat(reading.damages()).as("cut at %s", cut).hasSize(1);
            Damage damage = reading.damages().get(0);
            assertThat(damage.detail()).contains(cut + " bytes instead of " + length);
            int before = Math.toIntExact(entriesOfFirst - damage.unseenEntries());
            assertThat(reading.entries().subList(0, before)).isEqualTo(entries.subList(0, before));
            if (compression == Compression.NONE && cut == length / 2) {
                assertThat(before).isPositive();
            }
            assertThat(reading.entries()).hasSize(20 - Math.toIntExact(damage.unseenEntries()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void missingSegmentIsTold(Compression compression) throws Exception {
        List<SampleEntry> entries = TestArchive.files(20, 10_000);
        Manifest manifest = TestArchive.round(archive, compression, entries, SEGMENT);
        int last = manifest.receipts().get(0).segments().size() - 1;
        Receipt.Segment segment = manifest.receipts().get(0).segments().get(last);
        Files.delete(segment(manifest, last));
        Reading reading = TestArchive.read(archive);
        assertThat(reading.damages())
                .containsExactly(
                        new Damage(1, 0, segment.name(), "it is missing", segment.entries()));
        assertThat(reading.suspects()).isEmpty();
        assertThat(reading.entries()).hasSize(20 - Math.toIntExact(segment.entries()));
        List<Damage> damages = new ArrayList<>();
        try (Archive open = Archive.openForReading(archive)) {
            open.latest().checkStored(damages::add);
        }
        assertThat(damages).isEqualTo(reading.damages());
    }

    @Test
    void appendedBytesAreDamage() throws Exception {
        Manifest manifest =
                TestArchive.round(archive, Compression.NONE, TestArchive.files(3, 10), SEGMENT);
        Files.write(segment(manifest, 0), new byte[] {1}, StandardOpenOption.APPEND);
        Reading reading = TestArchive.read(archive);
        assertThat(reading.entries()).hasSize(3);
        assertThat(reading.damages()).hasSize(1);
    }

    @Test
    void segmentThatIsALinkIsNotFollowed() throws Exception {
        Manifest manifest =
                TestArchive.round(archive, Compression.NONE, TestArchive.files(3, 10), SEGMENT);
        Path file = segment(manifest, 0);
        Path moved = temporary.resolve("moved");
        Files.move(file, moved);
        Files.createSymbolicLink(file, moved);
        assertThat(TestArchive.read(archive).damages())
                .singleElement()
                .matches(d -> d.detail().startsWith("it cannot be opened"));
    }

    @Test
    void failureOfTheHandlerIsNoDamage() throws Exception {
        TestArchive.round(archive, Compression.ZSTD, TestArchive.files(3, 10), SEGMENT);
        try (Archive open = Archive.openForReading(archive)) {
            ArchiveRound round = open.latest();
            CountingHandler handler = new CountingHandler();
            handler.failure = new IOException("target is full");
            assertThatThrownBy(() -> round.read(handler, d -> {})).isSameAs(handler.failure);
        }
    }

    @Test
    void writerRefusesCallsOutOfOrder() throws Exception {
        try (Archive open = Archive.openForBackup(archive, TestArchive.SOURCE, 1)) {
            open.beginRound(1);
            SegmentConfig config = new SegmentConfig(archive, 1, "r", Compression.NONE);
            try (SegmentWriter writer = config.open(0, 0)) {
                assertThatThrownBy(writer::endEntry).isInstanceOf(IllegalStateException.class);
                writer.beginEntry(5);
                assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
            }
            assertThatThrownBy(
                            () ->
                                    new SegmentConfig(archive, 1, "../x", Compression.NONE)
                                            .open(0, 0)
                                            .beginEntry(1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
