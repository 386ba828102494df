package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.serial.FrozenSample;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

/** What stands in a savepoint beside the pages: directories and keys. */
class StateBytesTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final StoredDirectory SMALL =
            new StoredDirectory(new byte[] {'a', '/', (byte) 0xe9, '\n'}, 0, new byte[] {1, 2, 3});
    private static final StoredDirectory LARGE =
            new StoredDirectory(new byte[0], StoredDirectory.MAX_DEPTH, new byte[0]);

    @Property
    void whatIsStoredIsRead(@ForAll byte[] path, @ForAll byte[] page) {
        StoredDirectory read = StoredDirectory.of(new StoredDirectory(path, 3, page).toBytes());
        assertThat(read).usingRecursiveComparison().isEqualTo(new StoredDirectory(path, 3, page));
    }

    @Test
    void directoriesAndKeysAreReadAndWrittenAsEver() throws IOException {
        Map<String, byte[]> frozen = FrozenSample.load(StateBytesTest.class, "index-v1.hex");
        assertThat(frozen.keySet())
                .containsExactlyInAnyOrder(
                        "page", "directory", "directory-in-pages", "directory-key", "part-key");
        assertThat(StoredDirectory.of(frozen.get("directory")))
                .usingRecursiveComparison()
                .isEqualTo(SMALL);
        assertThat(StoredDirectory.of(frozen.get("directory-in-pages")))
                .usingRecursiveComparison()
                .isEqualTo(LARGE);
        assertThat(HEX.formatHex(SMALL.toBytes()))
                .isEqualTo(HEX.formatHex(frozen.get("directory")));
        assertThat(HEX.formatHex(LARGE.toBytes()))
                .isEqualTo(HEX.formatHex(frozen.get("directory-in-pages")));
        checkKey(
                DirectoryKey.KeySerializer.INSTANCE,
                DirectoryKey.of(bytes("a/b")),
                frozen.get("directory-key"));
        checkKey(
                PartKey.KeySerializer.INSTANCE,
                new PartKey(-2, 255, 70_000),
                frozen.get("part-key"));
    }

    private static <T> void checkKey(TypeSerializer<T> serializer, T key, byte[] frozen)
            throws IOException {
        assertThat(HEX.formatHex(write(serializer, key))).isEqualTo(HEX.formatHex(frozen));
        assertThat(serializer.deserialize(new DataInputDeserializer(frozen))).isEqualTo(key);
        DataOutputSerializer copy = new DataOutputSerializer(16);
        serializer.copy(new DataInputDeserializer(frozen), copy);
        assertThat(copy.getCopyOfBuffer()).isEqualTo(frozen);
        assertThat(serializer.getLength()).isEqualTo(frozen.length);
        assertThat(serializer.snapshotConfiguration().restoreSerializer()).isEqualTo(serializer);
    }

    private static <T> byte[] write(TypeSerializer<T> serializer, T key) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(16);
        serializer.serialize(key, out);
        return out.getCopyOfBuffer();
    }

    /** RocksDB goes through the parts in the order of their bytes. */
    @Property
    void theBytesOfPartKeysHaveTheOrderOfTheirFields(
            @ForAll long listingA,
            @ForAll long listingB,
            @ForAll boolean same,
            @ForAll int bucketA,
            @ForAll int bucketB,
            @ForAll int part)
            throws IOException {
        PartKey a = new PartKey(listingA, bucketA & 0xff, part & 0x7fffffff);
        PartKey b = new PartKey(same ? listingA : listingB, bucketB & 0xff, bucketB & 0x7fffffff);
        int byFields = Long.compareUnsigned(a.listing(), b.listing());
        byFields = byFields != 0 ? byFields : Integer.compare(a.bucket(), b.bucket());
        byFields = byFields != 0 ? byFields : Integer.compare(a.part(), b.part());
        int byBytes =
                Arrays.compareUnsigned(
                        write(PartKey.KeySerializer.INSTANCE, a),
                        write(PartKey.KeySerializer.INSTANCE, b));
        assertThat(Integer.signum(byBytes)).isEqualTo(Integer.signum(byFields));
    }

    @Test
    void damagedDirectoriesAreIllegalArguments() {
        long seed = System.nanoTime();
        System.out.println("StateBytesTest damage, seed " + seed);
        Random random = new Random(seed);
        byte[] whole = SMALL.toBytes();
        for (int length = 0; length < 10; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> StoredDirectory.of(cut))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (byte[] head : List.of(new byte[] {2, 0}, new byte[] {1, 21}, new byte[] {1, -1})) {
            byte[] damaged = whole.clone();
            System.arraycopy(head, 0, damaged, 0, head.length);
            assertThatThrownBy(() -> StoredDirectory.of(damaged))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = new byte[random.nextInt(20)];
            random.nextBytes(damaged);
            try {
                StoredDirectory read = StoredDirectory.of(damaged);
                assertThat(read.path().length + read.page().length).isLessThan(20);
            } catch (IllegalArgumentException expected) {
                assertThat(expected).hasMessageContaining("damaged directory");
            }
        }
    }
}
