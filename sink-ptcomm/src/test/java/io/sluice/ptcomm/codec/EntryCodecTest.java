package io.sluice.ptcomm.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.ptcomm.codec.EntryHandler.DataState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class EntryCodecTest {
    @Provide
    Arbitrary<List<SampleEntry>> entries() {
        return Samples.entries();
    }

    @Property(tries = 500)
    void whatIsEncodedIsDecoded(
            @ForAll("entries") List<SampleEntry> entries,
            @ForAll @IntRange(min = 1, max = 400) int frameBytes)
            throws IOException {
        byte[] stream = SampleEntry.stream(new byte[0], entries, frameBytes, true);
        assertThat(Decoding.stream(stream, "")).isEqualTo(entries);
    }

    @Property(tries = 100)
    void prefixStandsInTheStreamAndNotInThePaths(@ForAll("entries") List<SampleEntry> entries)
            throws IOException {
        String prefix = "/@hpc/some where";
        byte[] stream = SampleEntry.stream(SampleEntry.bytes(prefix), entries, 100, true);
        assertThat(Decoding.stream(stream, prefix)).isEqualTo(entries);
        if (!entries.isEmpty()) {
            assertThatThrownBy(() -> Decoding.stream(stream, "/@hpc/some"))
                    .isInstanceOf(ProtocolException.class);
        }
    }

    @Property(tries = 100)
    void aPartHasNoFinalF(@ForAll("entries") List<SampleEntry> entries) throws IOException {
        RecordingHandler handler = new RecordingHandler();
        Decoding.part(SampleEntry.stream(new byte[0], entries, 100, false), handler);
        assertThat(handler.entries()).isEqualTo(entries);
        assertThatThrownBy(
                        () ->
                                Decoding.part(
                                        SampleEntry.stream(new byte[0], entries, 100, true),
                                        new RecordingHandler()))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("expected FNAME or DELETED");
    }

    @Property(tries = 100)
    void handlerThatWantsNothingHearsHeadsOnly(@ForAll("entries") List<SampleEntry> entries)
            throws IOException {
        RecordingHandler handler = new RecordingHandler(false);
        Decoding.stream(SampleEntry.stream(new byte[0], entries, 100, true), "", handler);
        assertThat(handler.entries()).hasSameSizeAs(entries);
        for (int i = 0; i < entries.size(); i++) {
            SampleEntry told = handler.entries().get(i);
            assertThat(told.path()).isEqualTo(entries.get(i).path());
            assertThat(told.data()).isEmpty();
            assertThat(told.blocks()).isEmpty();
            if (!told.deleted()) {
                assertThat(told.state()).isEqualTo(DataState.NOT_READ);
            }
        }
    }

    @Test
    void dataOfManyChunksIsToldAndChecked() throws IOException {
        // Three chunks and a bit; zero data compresses the test's memory, not the stream.
        int size = 3 * DataSum.CHUNK_BYTES + 5;
        SampleEntry entry = SampleEntry.file("large", "").withSize(size);
        EntryEncoder encoder = new EntryEncoder(new byte[0]);
        ByteBuffer out = ByteBuffer.allocate(size + 100_000);
        DataSum sum = new DataSum();
        encoder.head(out, SampleEntry.bytes(entry.path()), entry.stat(), null, null);
        encoder.beginData(out);
        int first = out.position() + Frame.HEADER_BYTES;
        byte[] frame = new byte[Frame.MAX_PAYLOAD_BYTES];
        for (int rest = size; rest > 0; ) {
            int n = Math.min(rest, frame.length);
            encoder.dataHeader(out, n);
            out.put(frame, 0, n);
            sum.update(frame, 0, n);
            rest -= n;
        }
        encoder.endData(out);
        int tail = out.position();
        encoder.sum(out, sum);
        assertThat(out.position() - tail).isLessThanOrEqualTo(encoder.maxSumBytes(sum));
        assertThat(sum.chunks()).isEqualTo(4);
        encoder.endOfStream(out);
        byte[] stream = new byte[out.position()];
        out.get(0, stream);

        CountingHandler handler = new CountingHandler();
        Decoding.stream(stream, "", handler);
        assertThat(handler.bytes).isEqualTo(size);
        assertThat(handler.state).isEqualTo(DataState.INTACT);

        stream[first] ^= 1;
        Decoding.stream(stream, "", handler);
        assertThat(handler.state).isEqualTo(DataState.DAMAGED);
    }

    @Test
    void chunksMayBeToldInPieces() {
        DataSum sum = new DataSum();
        byte[] zeros = new byte[DataSum.CHUNK_BYTES];
        for (int i = 0; i < 3; i++) {
            sum.update(zeros, 0, zeros.length);
        }
        EntryEncoder encoder = new EntryEncoder(new byte[0]);
        ByteBuffer small = ByteBuffer.allocate(8 + 7 + 2 * 17 - 1);
        assertThat(encoder.chunks(small, sum, 0)).isEqualTo(2);
        assertThat(small.remaining()).isZero();
        assertThat(encoder.chunks(small, sum, 2)).isEqualTo(2);
        small.clear();
        assertThat(encoder.chunks(small, sum, 2)).isEqualTo(3);
    }

    @Test
    void messagesAndControlBetweenFramesArePassedOver() throws IOException {
        List<SampleEntry> entries = List.of(SampleEntry.file("a", "hello"));
        byte[] stream = SampleEntry.stream(new byte[0], entries, 2, true);
        ByteBuffer noisy = ByteBuffer.allocate(10 * stream.length);
        ByteBuffer plain = ByteBuffer.wrap(stream);
        int n = 0;
        while (plain.hasRemaining()) {
            byte letter = (byte) "NQWIZ".charAt(n++ % 5);
            FrameWriter.header(noisy, letter, 3);
            noisy.put(new byte[] {'F', 0, '\n'});
            int length = 8;
            for (int i = 1, digits = 0; i <= 6; i++) {
                digits = 10 * digits + plain.get(plain.position() + i) - '0';
                length = 8 + digits;
            }
            byte[] frame = new byte[length];
            plain.get(frame);
            noisy.put(frame);
        }
        byte[] bytes = new byte[noisy.position()];
        noisy.get(0, bytes);
        assertThat(Decoding.stream(bytes, "")).isEqualTo(entries);
    }

    @Test
    void damagedDataIsToldAndReadingGoesOn() throws IOException {
        List<SampleEntry> entries =
                List.of(SampleEntry.file("a", "hello"), SampleEntry.file("b", "x"));
        byte[] stream = SampleEntry.stream(new byte[0], entries, 100, true);
        int at = SampleEntry.text(stream).indexOf("hello");
        stream[at] ^= 0x20;
        List<SampleEntry> told = Decoding.stream(stream, "");
        assertThat(told)
                .extracting(SampleEntry::state)
                .containsExactly(DataState.DAMAGED, DataState.INTACT);
    }

    @Test
    void encoderRefusesWhatNoStreamCarries() {
        EntryEncoder encoder = new EntryEncoder(new byte[0]);
        ByteBuffer out = ByteBuffer.allocate(3_000_000);
        byte[] path = {'a'};
        assertThatThrownBy(() -> encoder.head(out, path, SampleEntry.stat(0170000, 1), null, null))
                .hasMessageContaining("mode 170000");
        assertThatThrownBy(() -> encoder.head(out, path, SampleEntry.stat(0040755, 1), null, path))
                .hasMessageContaining("with a link");
        assertThatThrownBy(
                        () ->
                                encoder.head(
                                        out, new byte[0], SampleEntry.stat(0100644, 1), null, null))
                .hasMessageContaining("the root is no directory");
        assertThatThrownBy(() -> encoder.head(out, path, SampleEntry.stat(0100644, -1), null, null))
                .hasMessageContaining("size");
        byte[] endless = new byte[1_000_000];
        assertThatThrownBy(
                        () -> encoder.head(out, endless, SampleEntry.stat(0100644, 1), null, null))
                .hasMessageContaining("a frame cannot hold");
        assertThatThrownBy(() -> encoder.block(out, "FOO", path)).hasMessageContaining("FOO");
        assertThatThrownBy(() -> new EntryEncoder(SampleEntry.bytes("/a/")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void digestsInTheStreamAreLowerCaseHex() {
        DataSum sum = new DataSum();
        ByteBuffer out = ByteBuffer.allocate(100);
        new EntryEncoder(new byte[0]).sumEnd(out, sum);
        String text = SampleEntry.text(java.util.Arrays.copyOf(out.array(), out.position()));
        // The well-known xxh3_64 of nothing.
        assertThat(text).isEqualTo("C000022\nSUM:0 2d06800538d394c2");
        assertThat(HexFormat.of().toHexDigits(sum.root())).isEqualTo("2d06800538d394c2");
    }

    /** Keeps no data. */
    private static final class CountingHandler implements EntryHandler {
        long bytes;
        DataState state;

        @Override
        public boolean entry(StreamEntry entry) {
            bytes = 0;
            return true;
        }

        @Override
        public void extent(long offset, long length) {}

        @Override
        public void data(ByteBuffer data) {
            bytes += data.remaining();
        }

        @Override
        public void torn(int errno, String text) {}

        @Override
        public void block(String kind, byte[] content) {}

        @Override
        public void end(DataState data) {
            state = data;
        }

        @Override
        public void deleted(byte[] path, boolean directory) {}
    }
}
