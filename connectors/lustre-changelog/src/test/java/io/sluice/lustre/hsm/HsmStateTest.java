package io.sluice.lustre.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.lustre.Captures;
import io.sluice.lustre.LustreFormatException;
import io.sluice.lustre.layout.Layout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HsmStateTest {
    /**
     * What {@code lfs hsm_state} printed at each capture. After the write it had DIRTY, 0x0000000b,
     * and the attribute had not: the client gave an older one.
     */
    private static final List<String> PRINTED =
            List.of(
                    "0x00000000 arch=0;rel=0;dir=0;lost=0;aid=0",
                    "0x00000009 arch=1;rel=0;dir=0;lost=0;aid=1",
                    "0x0000000d arch=1;rel=1;dir=0;lost=0;aid=1",
                    "0x00000009 arch=1;rel=0;dir=0;lost=0;aid=1",
                    "0x00000009 arch=1;rel=0;dir=0;lost=0;aid=1",
                    "0x0000000b arch=1;rel=0;dir=1;lost=0;aid=1");

    @Test
    void capturedAttributesAreRead() throws Exception {
        List<String> read = new ArrayList<>();
        int attributes = 0;
        for (JsonNode file : Captures.json("hsm-xattrs.jsonl")) {
            HsmState state = HsmState.NONE;
            if (file.has(HsmState.NAME)) {
                state = HsmState.ofAttribute(Captures.hex(file, HsmState.NAME));
                attributes++;
            }
            read.add(String.format("0x%08x %s", state.flags(), state.text()));
            // A layout says it too, to who may not read the attribute.
            assertThat(Layout.parse(Captures.hex(file, Layout.NAME)).isReleased())
                    .isEqualTo(state.isReleased());
        }
        System.out.println("HsmStateTest: " + attributes + " captured attributes");
        assertThat(read).isEqualTo(PRINTED);
        assertThat(attributes).isEqualTo(5);
    }

    @Test
    void userStateIsRead() throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0x4d).putInt(-1).putInt(1).putInt(11).putLong(0).putLong(-1);
        HsmState state = HsmState.ofUserState(bytes.array());
        assertThat(state).isEqualTo(new HsmState(0x4d, 0xffffffffL));
        assertThat(state.text()).isEqualTo("arch=1;rel=1;dir=0;lost=1;aid=4294967295");
        assertThat(state.isArchived()).isTrue();
        assertThat(state.isReleased()).isTrue();
        assertThat(state.isLost()).isTrue();
        assertThat(state.isDirty()).isFalse();
    }

    @Test
    void anyOtherLengthIsRefused() {
        for (int length = 0; length <= 64; length++) {
            byte[] bytes = new byte[length];
            if (length != HsmState.ATTRIBUTE_BYTES) {
                assertThatExceptionOfType(LustreFormatException.class)
                        .isThrownBy(() -> HsmState.ofAttribute(bytes))
                        .withMessageStartingWith("trusted.hsm, byte " + length);
            }
            if (length != HsmState.USER_STATE_BYTES) {
                assertThatExceptionOfType(LustreFormatException.class)
                        .isThrownBy(() -> HsmState.ofUserState(bytes));
            }
        }
    }
}
