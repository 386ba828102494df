package io.sluice.common.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class TextTest {
    private static String escape(String text) {
        return Text.escape(text.getBytes(StandardCharsets.UTF_8));
    }

    @Property
    void everyByteStringComesBack(@ForAll byte[] name) {
        assertThat(Text.unescape(Text.escape(name))).isEqualTo(name);
    }

    @Property
    void everyTextComesBack(@ForAll String text) {
        byte[] name = text.getBytes(StandardCharsets.UTF_8);
        assertThat(Text.unescape(Text.escape(name))).isEqualTo(name);
    }

    @Property
    void nothingBreaksALineOrColoursATerminal(@ForAll byte[] name) {
        assertThat(Text.escape(name).codePoints())
                .noneMatch(
                        point ->
                                Character.isISOControl(point)
                                        || Character.getType(point) == Character.FORMAT
                                        || point == 0x2028
                                        || point == 0x2029);
    }

    @Example
    void printableTextStandsForItself() {
        assertThat(escape("Zürich \u65e5\u672c \ud83d\ude00 a'b"))
                .isEqualTo("Zürich \u65e5\u672c \ud83d\ude00 a'b");
        assertThat(escape("a\\b\n\u001b[31m")).isEqualTo("a\\\\b\\x0a\\x1b[31m");
        assertThat(escape("a\u202eb")).isEqualTo("a\\xe2\\x80\\xaeb");
        assertThat(Text.escape(new byte[] {'a', (byte) 0xe9, 'b', (byte) 0xc3}))
                .isEqualTo("a\\xe9b\\xc3");
        assertThat(Text.quote(new byte[0])).isEqualTo("''");
    }

    @Example
    void overlongAndSurrogateEncodingsAreBytes() {
        assertThat(Text.escape(new byte[] {(byte) 0xc0, (byte) 0xaf})).isEqualTo("\\xc0\\xaf");
        assertThat(Text.escape(new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}))
                .isEqualTo("\\xed\\xa0\\x80");
    }

    @Example
    void whatNoEscapeWroteIsRefused() {
        for (String text :
                new String[] {"\\", "a\\b", "\\x", "\\x1", "\\xg0", "\\x+f", "\\x-1", "a\ud800"}) {
            assertThatThrownBy(() -> Text.unescape(text))
                    .as(text)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
