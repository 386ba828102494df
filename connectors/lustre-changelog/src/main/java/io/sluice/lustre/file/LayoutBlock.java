package io.sluice.lustre.file;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sluice.lustre.layout.Layout;
import java.util.Arrays;

/**
 * The content of a LAYOUT block of a Lustre file (docs/formats.md): the attribute's name, a NUL,
 * and its bytes as they were. The neutral form is what {@link Layout} reads from these.
 */
final class LayoutBlock {
    static final byte[] ATTRIBUTE = Layout.NAME.getBytes(US_ASCII);

    private LayoutBlock() {}

    static byte[] of(byte[] value) {
        byte[] content = Arrays.copyOf(ATTRIBUTE, ATTRIBUTE.length + 1 + value.length);
        System.arraycopy(value, 0, content, ATTRIBUTE.length + 1, value.length);
        return content;
    }

    /** The attribute's bytes, or null of a block that is not Lustre's. */
    static byte[] value(byte[] content) {
        int length = ATTRIBUTE.length;
        if (content.length <= length
                || content[length] != 0
                || !Arrays.equals(content, 0, length, ATTRIBUTE, 0, length)) {
            return null;
        }
        return Arrays.copyOfRange(content, length + 1, content.length);
    }
}
