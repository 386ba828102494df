package io.sluice.ptcomm.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttributeBlockTest {
    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    @Test
    void contentIsNameNulValue() {
        AttributeBlock block =
                new AttributeBlock(AttributeBlock.XATTR, bytes("user.\u00ff"), bytes("a\0b"));
        assertThat(block.content()).isEqualTo(bytes("user.\u00ff\0a\0b"));
        AttributeBlock parsed = AttributeBlock.parse(AttributeBlock.XATTR, block.content());
        assertThat(parsed.name()).isEqualTo(block.name());
        assertThat(parsed.value()).isEqualTo(block.value());
    }

    @ParameterizedTest
    @ValueSource(strings = {"user.a", "trusted.a", "security.capability", "security.selinux"})
    void attributesOfTheseNamesAreXattrs(String name) {
        assertThat(AttributeBlock.kind(bytes(name))).isEqualTo(AttributeBlock.XATTR);
        assertThat(AttributeBlock.parse(AttributeBlock.ACL, bytes(name + "\0"))).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"system.posix_acl_access", "system.posix_acl_default", "system.nfs4_acl"})
    void attributesOfTheseNamesAreAcls(String name) {
        assertThat(AttributeBlock.kind(bytes(name))).isEqualTo(AttributeBlock.ACL);
        assertThat(AttributeBlock.parse(AttributeBlock.XATTR, bytes(name + "\0"))).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "user",
                "user.",
                "system.",
                "system.data",
                "system.posix_acl_accessx",
                "lustre.lov",
                "trusted.lov",
                "ceph.dir.layout",
                "btrfs.compression",
                "USER.a"
            })
    void attributesOfOtherNamesAreNotStored(String name) {
        assertThat(AttributeBlock.kind(bytes(name))).isNull();
        assertThat(AttributeBlock.parse(AttributeBlock.XATTR, bytes(name + "\0v"))).isNull();
    }

    @Test
    void limitsAreTheKernels() {
        byte[] longest = bytes("user." + "n".repeat(250));
        assertThat(AttributeBlock.kind(longest)).isEqualTo(AttributeBlock.XATTR);
        assertThat(AttributeBlock.kind(bytes("user." + "n".repeat(251)))).isNull();
        byte[] content =
                new AttributeBlock(AttributeBlock.XATTR, longest, new byte[65_536]).content();
        assertThat(AttributeBlock.parse(AttributeBlock.XATTR, content)).isNotNull();
        assertThat(
                        AttributeBlock.parse(
                                AttributeBlock.XATTR,
                                java.util.Arrays.copyOf(content, content.length + 1)))
                .isNull();
        assertThat(AttributeBlock.parse(AttributeBlock.XATTR, bytes("user.a"))).isNull();
    }
}
