package io.sluice.ptcomm.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.hash.Xxh3;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataSumTest {
    private static final int CHUNK = DataSum.CHUNK_BYTES;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 255, 4096, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 77})
    void rootIsTheHashOverTheChunksHashes(int length) {
        byte[] data = new byte[length];
        new Random(length).nextBytes(data);
        int chunks = (length + CHUNK - 1) / CHUNK;
        ByteBuffer hashes = ByteBuffer.allocate(8 * chunks).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < chunks; i++) {
            hashes.putLong(Xxh3.hash64(data, i * CHUNK, Math.min(CHUNK, length - i * CHUNK)));
        }
        long expected = Xxh3.hash64(hashes.array());

        DataSum sum = new DataSum();
        sum.update(data, 0, length);
        assertThat(sum.root()).isEqualTo(expected);
        assertThat(sum.chunks()).isEqualTo(chunks);
        assertThat(sum.bytes()).isEqualTo(length);

        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            sum.reset();
            ByteBuffer direct = ByteBuffer.allocateDirect(length + 3).order(order);
            direct.position(3).put(data);
            Random random = new Random(1);
            for (int at = 3; at < direct.capacity(); ) {
                int n = Math.min(1 + random.nextInt(1_500_000), direct.capacity() - at);
                direct.limit(at + n).position(at);
                sum.update(direct);
                assertThat(direct.position()).isEqualTo(at);
                at += n;
            }
            assertThat(sum.root()).as(order.toString()).isEqualTo(expected);
        }
    }

    @Test
    void extentsChangeTheRoot() {
        DataSum sum = new DataSum();
        sum.extent(4096, 2);
        sum.update(new byte[] {1, 2}, 0, 2);
        sum.extent(Long.MAX_VALUE - 1, 1);
        sum.update(new byte[] {3}, 0, 1);
        ByteBuffer pairs = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
        pairs.putLong(4096).putLong(2).putLong(Long.MAX_VALUE - 1).putLong(1);
        ByteBuffer parts = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        parts.putLong(Xxh3.hash64(new byte[] {1, 2, 3})).putLong(Xxh3.hash64(pairs.array()));
        assertThat(sum.root()).isEqualTo(Xxh3.hash64(parts.array()));
        long before = sum.root();
        sum.reset();
        sum.update(new byte[] {1, 2, 3}, 0, 3);
        assertThat(sum.root()).isNotEqualTo(before);
    }

    /** At any byte, with and without extents; what is whole is told apart from the rest. */
    @Test
    void anotherSumGoesOnFromWhatOneSaved() throws IOException {
        Random random = new Random(3);
        byte[] data = new byte[2 * DataSum.CHUNK_BYTES + 12_345];
        random.nextBytes(data);
        int[] cuts = {
            0,
            1,
            255,
            256,
            1024,
            999_424,
            DataSum.CHUNK_BYTES - 1,
            DataSum.CHUNK_BYTES,
            DataSum.CHUNK_BYTES + 1,
            2 * DataSum.CHUNK_BYTES,
            data.length
        };
        for (int cut : cuts) {
            for (boolean sparse : new boolean[] {false, true}) {
                DataSum whole = new DataSum();
                DataSum first = new DataSum();
                if (sparse) {
                    whole.extent(7, data.length);
                    first.extent(7, data.length);
                }
                whole.update(data, 0, data.length);
                first.update(data, 0, cut);
                ByteArrayOutputStream saved = new ByteArrayOutputStream();
                first.save(new DataOutputStream(saved));
                long[] chunks = Arrays.copyOf(first.chunkHashes(), first.wholeChunks());
                DataSum second = new DataSum();
                second.update(data, 5, 500);
                second.resume(
                        new DataInputStream(new ByteArrayInputStream(saved.toByteArray())), chunks);
                second.update(data, cut, data.length - cut);
                assertThat(second.root()).as("cut at %s", cut).isEqualTo(whole.root());
                assertThat(second.chunkHashes()).isEqualTo(whole.chunkHashes());
                assertThat(second.bytes()).isEqualTo(data.length);
            }
        }
    }
}
