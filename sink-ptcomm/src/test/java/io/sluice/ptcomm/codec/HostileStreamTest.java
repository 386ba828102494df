package io.sluice.ptcomm.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

/** Whatever the bytes: a decoding that ends, or a {@link ProtocolException}; nothing else. */
class HostileStreamTest {
    @Provide
    Arbitrary<List<SampleEntry>> entries() {
        return Samples.entries();
    }

    @Property(tries = 300)
    void truncatedStreamsAreRefusedWhereverTheyEnd(
            @ForAll("entries") List<SampleEntry> entries, @ForAll Random random)
            throws IOException {
        byte[] stream = SampleEntry.stream(new byte[0], entries, 50, true);
        for (int i = 0; i < 20; i++) {
            byte[] cut = Arrays.copyOf(stream, random.nextInt(stream.length));
            assertThat(refused(cut)).isTrue();
        }
    }

    @Property(tries = 1000)
    void mutatedStreamsAreReadOrRefused(
            @ForAll("entries") List<SampleEntry> entries, @ForAll Random random) {
        byte[] stream = SampleEntry.stream(new byte[0], entries, 50, true);
        for (int i = 0; i < 20; i++) {
            byte[] mutated = stream.clone();
            int changes = 1 + random.nextInt(3);
            for (int c = 0; c < changes; c++) {
                int at = random.nextInt(mutated.length);
                switch (random.nextInt(4)) {
                    case 0 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
                    case 1 ->
                            mutated[at] = (byte) "CDFNZ0123456789\n /.".charAt(random.nextInt(19));
                    case 2 -> {
                        int from = random.nextInt(mutated.length);
                        int length = mutated.length - Math.max(at, from);
                        System.arraycopy(mutated, from, mutated, at, random.nextInt(length + 1));
                    }
                    default -> mutated[at] = (byte) random.nextInt();
                }
            }
            refused(mutated);
        }
    }

    @Property(tries = 1000)
    void randomBytesAreRefused(@ForAll @Size(max = 200) byte[] bytes) {
        boolean empty = Arrays.equals(bytes, SampleEntry.bytes("F000000\n"));
        assertThat(refused(bytes)).isNotEqualTo(empty);
    }

    @Property(tries = 500)
    void framesInRandomOrderAreReadOrRefused(@ForAll Random random) {
        List<SampleEntry> entries =
                List.of(
                        SampleEntry.file("a", "hello").withBlock("ACL", new byte[] {1}),
                        SampleEntry.file("s", "hello").withExtents(9, 1L, 2L, 4L, 3L),
                        SampleEntry.of("l", 0120777, "x", null),
                        SampleEntry.of("h", 0100644, null, "a"),
                        SampleEntry.tombstone("t", false));
        String[] frames =
                SampleEntry.text(SampleEntry.stream(new byte[0], entries, 2, true))
                        .split("(?=[CDF]0000)", -1);
        StringBuilder stream = new StringBuilder();
        int at = 0;
        for (int i = 0; i < 60; i++) {
            at = random.nextInt(4) == 0 ? random.nextInt(frames.length) : at + 1;
            stream.append(frames[at % frames.length]);
        }
        refused(SampleEntry.bytes(stream.toString()));
    }

    private static boolean refused(byte[] stream) {
        RecordingHandler handler = new RecordingHandler();
        try {
            Decoding.stream(stream, "", handler);
            return false;
        } catch (ProtocolException e) {
            assertThat(e.offset()).isBetween(0L, (long) stream.length);
            return true;
        } catch (IOException e) {
            throw new AssertionError("not a protocol error", e);
        }
    }
}
