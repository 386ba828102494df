package io.sluice.pipeline.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class SortedEntriesTest {
    private static final SortedEntries SORTED = new SortedEntries();

    /** Few letters, so that names are often equal or prefixes of each other. */
    @Provide
    static Arbitrary<List<byte[]>> names() {
        return Arbitraries.of((byte) 'a', (byte) 'b', (byte) 0x80, (byte) 0xff)
                .array(byte[].class)
                .ofMaxSize(6)
                .list()
                .ofMaxSize(300);
    }

    /** As a plain stable sort: equal names keep their order, which the inode tells. */
    @Property(tries = 300)
    void entriesComeInTheOrderOfTheirNames(@ForAll("names") List<byte[]> names) {
        Children children = new Children();
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            children.present(names.get(i), Children.file(i, 1));
            expected.add(i);
        }
        expected.sort((a, b) -> Arrays.compareUnsigned(names.get(a), names.get(b)));

        SORTED.load(children.packed().toBytes());

        assertThat(SORTED.size()).isEqualTo(names.size());
        for (int i = 0; i < expected.size(); i++) {
            assertThat(SORTED.get(i).inode()).isEqualTo((long) expected.get(i));
            assertThat(HexFormat.of().formatHex(SORTED.get(i).name()))
                    .isEqualTo(HexFormat.of().formatHex(names.get(expected.get(i))));
        }
    }
}
