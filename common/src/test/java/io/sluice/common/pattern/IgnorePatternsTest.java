package io.sluice.common.pattern;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class IgnorePatternsTest {
    /** Exponential matching would take years; this is for a machine that is busy otherwise. */
    private static final Duration SOON = Duration.ofSeconds(20);

    static List<PatternRow> rows() throws IOException {
        return PatternRow.all();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void rowOfTheTable(PatternRow row) {
        if (row.isRefused()) {
            assertThatThrownBy(() -> IgnorePatterns.of(row.lines()))
                    .isInstanceOf(BadPatternException.class);
        } else {
            assertThat(IgnorePatterns.of(row.lines()).excludes(row.path(), row.directory()))
                    .isEqualTo(row.isOut());
        }
    }

    @Test
    void rootIsNeverLeftOut() {
        assertThat(of("*", "/**", "**").excludes(new byte[0], true)).isFalse();
    }

    @Test
    void fileHasLinesOfAnyEnding() {
        IgnorePatterns patterns =
                IgnorePatterns.ofFile(bytes("\ufeff*.o\r\n# comment\r\n\n!keep.o\n a\r\r\nlast"));

        assertThat(patterns.lines())
                .containsExactly(bytes("*.o"), bytes("!keep.o"), bytes(" a\r"), bytes("last"));
        assertThat(IgnorePatterns.ofFile(new byte[0]).isEmpty()).isTrue();
    }

    @Test
    void badLineOfAFileIsNamed() {
        assertThatThrownBy(() -> IgnorePatterns.ofFile(bytes("a\n\n[b\n")))
                .hasMessage(
                        "line 3: the pattern '[b' has no ']' for its '['; put a backslash before '[' to mean the character")
                .isInstanceOfSatisfying(
                        BadPatternException.class, e -> assertThat(e.line()).isEqualTo(3));
    }

    @Test
    void laterPatternsDecide() {
        IgnorePatterns both = of("*.o").then(of("!keep.o"));

        assertThat(both.excludes(bytes("keep.o"), false)).isFalse();
        assertThat(both.excludes(bytes("x.o"), false)).isTrue();
        assertThat(both.lines()).containsExactly(bytes("*.o"), bytes("!keep.o"));
    }

    @Test
    void onlyWhatCanMatchIsLiveInADirectory() {
        IgnorePatterns patterns = of("/top", "d/e/*.c", "d/**/x");

        assertThat(patterns.in(bytes("")).isEmpty()).isFalse();
        assertThat(patterns.in(bytes("other")).isEmpty()).isTrue();
        assertThat(patterns.in(bytes("d/e")).exclude(bytes("-a.c-"), 1, 4, false)).isTrue();
    }

    @Test
    void serializedPatternsAreTheSame() throws Exception {
        Excludes excludes = new Excludes(of("[a-c]*", "!b", "d/**/e/"), List.of(bytes(".no")));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new ObjectOutputStream(out).writeObject(excludes);
        Excludes copy =
                (Excludes)
                        new ObjectInputStream(new ByteArrayInputStream(out.toByteArray()))
                                .readObject();

        assertThat(copy.markers()).containsExactly(bytes(".no"));
        assertThat(copy.patterns().lines())
                .containsExactly(bytes("[a-c]*"), bytes("!b"), bytes("d/**/e/"));
        assertThat(copy.patterns().excludes(bytes("cx"), false)).isTrue();
        assertThat(copy.patterns().excludes(bytes("b"), false)).isFalse();
        assertThat(copy.patterns().excludes(bytes("d/x/e"), true)).isTrue();
    }

    @Test
    void markerIsAName() {
        for (String bad : List.of("", ".", "..", "a/b", "/", "a\0")) {
            assertThatThrownBy(() -> new Excludes(IgnorePatterns.NONE, List.of(bytes(bad))))
                    .as(bad)
                    .isInstanceOf(BadPatternException.class);
        }
        assertThat(new Excludes(IgnorePatterns.NONE, List.of(bytes("..a"))).markers()).hasSize(1);
    }

    @Test
    void hostileNameTakesNoLongerThanPatternTimesName() {
        byte[] name = bytes("a".repeat(100_000));
        IgnorePatterns patterns =
                of("a*".repeat(200) + "b", "*a".repeat(200) + "b", "[a]*?*".repeat(100) + "[!a]");

        Assertions.assertTimeoutPreemptively(
                SOON,
                () -> {
                    assertThat(patterns.excludes(name, false)).isFalse();
                    assertThat(of("a*".repeat(200) + "a").excludes(name, false)).isTrue();
                });
    }

    @Test
    void hostilePathTakesNoLongerThanPatternTimesPath() {
        byte[] path = bytes("a/".repeat(2_000) + "a");
        IgnorePatterns patterns = of("**/a/".repeat(50) + "b/c", "a/**/".repeat(50) + "*b");

        Assertions.assertTimeoutPreemptively(
                SOON,
                () -> {
                    assertThat(patterns.in(path).exclude(bytes("a"), 0, 1, true)).isFalse();
                    assertThat(of("a/**/".repeat(50) + "b").in(path).isEmpty()).isFalse();
                });
    }

    private static IgnorePatterns of(String... lines) {
        return IgnorePatterns.of(List.of(lines).stream().map(line -> bytes(line)).toList());
    }
}
