package io.sluice.lustre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FidTest {
    private static final Fid LARGE = new Fid(-2, -3, -4);

    @Test
    void textIsThatOfLfs() {
        assertThat(new Fid(0x200000402L, 0x1f, 0)).hasToString("[0x200000402:0x1f:0x0]");
        assertThat(LARGE).hasToString("[0xfffffffffffffffe:0xfffffffd:0xfffffffc]");
        for (Fid fid : List.of(Fid.ZERO, LARGE, new Fid(7, 1, 0))) {
            assertThat(Fid.parse(fid.toString())).isEqualTo(fid);
        }
        assertThat(Fid.parse("[0:0x0:0x0]")).isEqualTo(Fid.ZERO);
        assertThat(Fid.parse("0x300000400:0x7:0x0")).isEqualTo(new Fid(0x300000400L, 7, 0));
    }

    @Test
    void otherTextIsRefused() {
        for (String text :
                List.of(
                        "",
                        "[]",
                        "0x1:0x2",
                        "[0x1:0x2:0x3",
                        "0x1:0x2:0x3]",
                        "0x1:0x123456789:0x0")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Fid.parse(text))
                    .withMessageContaining("is no FID");
        }
    }

    @Test
    void bytesAreReadInBothOrders() {
        ByteBuffer bytes = ByteBuffer.allocate(2 * Fid.BYTES + 1);
        bytes.put((byte) 1);
        LARGE.write(bytes.order(ByteOrder.LITTLE_ENDIAN));
        LARGE.write(bytes.order(ByteOrder.BIG_ENDIAN));
        assertThat(Fid.littleEndian(bytes.array(), 1)).isEqualTo(LARGE);
        assertThat(Fid.bigEndian(bytes.array(), 1 + Fid.BYTES)).isEqualTo(LARGE);
    }
}
