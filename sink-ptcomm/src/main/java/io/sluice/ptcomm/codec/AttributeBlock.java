package io.sluice.ptcomm.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.Set;

/**
 * An extended attribute as it rides with an entry (docs/formats.md): in an ACL or XATTR block,
 * whose content is the name, a NUL, and the value.
 *
 * @param kind {@link #ACL} or {@link #XATTR}
 * @param name without NUL
 * @param value any bytes, perhaps none
 */
public record AttributeBlock(String kind, byte[] name, byte[] value) {
    public static final String ACL = "ACL";
    public static final String XATTR = "XATTR";

    /** Longest name and value, in bytes (linux/limits.h). */
    public static final int MAX_NAME_BYTES = 255;

    public static final int MAX_VALUE_BYTES = 65_536;

    private static final byte[][] NAMESPACES = {
        ascii("user."), ascii("trusted."), ascii("security.")
    };

    private static final Set<String> ACLS =
            Set.of("system.posix_acl_access", "system.posix_acl_default", "system.nfs4_acl");

    /** What Lustre keeps for itself of each file; layout and HSM state have blocks of their own. */
    private static final Set<String> LUSTRE =
            Set.of(
                    "trusted.dmv",
                    "trusted.fid",
                    "trusted.hsm",
                    "trusted.link",
                    "trusted.lma",
                    "trusted.lmv",
                    "trusted.lov",
                    "trusted.som",
                    "trusted.version");

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    /** The kind of block that carries the attribute, or null for one that is not stored. */
    public static String kind(byte[] name) {
        if (name.length > MAX_NAME_BYTES) {
            return null;
        }
        for (byte[] namespace : NAMESPACES) {
            int length = namespace.length;
            if (name.length > length && Arrays.equals(name, 0, length, namespace, 0, length)) {
                return LUSTRE.contains(text(name)) ? null : XATTR;
            }
        }
        return ACLS.contains(text(name)) ? ACL : null;
    }

    /** Injective, for comparison with ASCII names. */
    private static String text(byte[] name) {
        return new String(name, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    /** The block's content. */
    public byte[] content() {
        byte[] content = Arrays.copyOf(name, name.length + 1 + value.length);
        System.arraycopy(value, 0, content, name.length + 1, value.length);
        return content;
    }

    /** The attribute in an ACL or XATTR block, or null when the content is not of that form. */
    public static AttributeBlock parse(String kind, byte[] content) {
        int end = 0;
        while (end < content.length && content[end] != 0) {
            end++;
        }
        if (end == content.length || content.length - end - 1 > MAX_VALUE_BYTES) {
            return null;
        }
        byte[] name = Arrays.copyOf(content, end);
        if (!kind.equals(kind(name))) {
            return null;
        }
        return new AttributeBlock(kind, name, Arrays.copyOfRange(content, end + 1, content.length));
    }

    /** Whether blocks of that kind carry attributes; layouts and HSM state are other matters. */
    public static boolean isKind(String kind) {
        return kind.equals(ACL) || kind.equals(XATTR);
    }
}
