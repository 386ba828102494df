package io.sluice.common.entry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class DirectoryPathTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Provide
    Arbitrary<byte[]> names() {
        return Arbitraries.bytes()
                .filter(b -> b != 0 && b != '/')
                .array(byte[].class)
                .ofMinSize(1)
                .ofMaxSize(20);
    }

    @Property
    void childAndItsPartsBelongTogether(
            @ForAll("names") byte[] first, @ForAll("names") byte[] second) {
        byte[] parent = DirectoryPath.child(DirectoryPath.ROOT, first);
        byte[] child = DirectoryPath.child(parent, second);

        assertThat(DirectoryPath.parent(child)).isEqualTo(parent);
        assertThat(DirectoryPath.name(child)).isEqualTo(second);
        assertThat(DirectoryPath.parent(parent)).isEqualTo(DirectoryPath.ROOT);
        assertThat(DirectoryPath.depth(child)).isEqualTo(2);
        assertThat(DirectoryPath.isAtOrBelow(child, parent)).isTrue();
        assertThat(DirectoryPath.isAtOrBelow(parent, child)).isFalse();
    }

    @Example
    void rootIsTheNamelessChildOfWhatIsAboveIt() {
        assertThat(DirectoryPath.child(DirectoryPath.ABOVE_ROOT, new byte[0]))
                .isEqualTo(DirectoryPath.ROOT);
        assertThat(DirectoryPath.isAboveRoot(DirectoryPath.parent(DirectoryPath.ROOT))).isTrue();
        assertThat(DirectoryPath.name(DirectoryPath.ROOT)).isEmpty();
        assertThat(DirectoryPath.depth(DirectoryPath.ROOT)).isZero();
    }

    @Example
    void siblingWithALongerNameIsNotBelow() {
        assertThat(DirectoryPath.isAtOrBelow(bytes("ab/c"), bytes("a"))).isFalse();
        assertThat(DirectoryPath.isAtOrBelow(bytes("a"), bytes("a"))).isTrue();
        assertThat(DirectoryPath.isAtOrBelow(bytes("a"), DirectoryPath.ROOT)).isTrue();
    }
}
