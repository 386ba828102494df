package io.sluice.ptcomm.fd;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.ptcomm.writer.BridgeLink.Unit;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnitHeadTest {
    private final UnitHead head = new UnitHead();

    private boolean read(String text) throws ProtocolException {
        ByteBuffer payload = ByteBuffer.wrap(("##" + text).getBytes(ISO_8859_1)).position(2);
        return head.read(payload, 77);
    }

    @Test
    void fieldsAndNotesAreTold() throws Exception {
        assertThat(read("Unit kind=OPEN first=12 count=1 added=3 length=262152\nab\ncd")).isTrue();
        assertThat(head.unit()).isEqualTo(Unit.OPEN);
        assertThat(head.first()).isEqualTo(12);
        assertThat(head.count()).isOne();
        assertThat(head.added()).isEqualTo(3);
        assertThat(head.length()).isEqualTo(262_152);
        assertThat(head.notesLength()).isEqualTo(5);
        assertThat(Arrays.copyOf(head.notes(), 5)).containsExactly('a', 'b', '\n', 'c', 'd');
        assertThat(head.endsEntries()).isFalse();
    }

    @Test
    void notesOfEveryLengthAreTaken() throws Exception {
        for (int length : new int[] {0, 1, 4096, 4097, 200_000, 7}) {
            String notes = "n".repeat(length);
            read("Unit kind=WHOLE first=9223372036854775807 count=9 added=0 length=0\n" + notes);
            assertThat(head.first()).isEqualTo(Long.MAX_VALUE);
            assertThat(new String(head.notes(), 0, head.notesLength(), ISO_8859_1))
                    .isEqualTo(notes);
            assertThat(head.endsEntries()).isTrue();
        }
        read("Unit kind=CLOSE first=1 count=1 added=0 length=0");
        assertThat(head.notesLength()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Uni", "Units kind=OPEN", "Alive", "Completed number=7"})
    void otherControlsAreLeft(String text) throws Exception {
        assertThat(read(text)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Unit ",
                "Unit kind=",
                "Unit kind=OPE first=1 count=1 added=0 length=0",
                "Unit kind=OPENED first=1 count=1 added=0 length=0",
                "Unit kind=OPENPART first=1 count=1 added=0 length=0",
                "Unit first=1 kind=OPEN count=1 added=0 length=0",
                "Unit kind=OPEN first= count=1 added=0 length=0",
                "Unit kind=OPEN first=-1 count=1 added=0 length=0",
                "Unit kind=OPEN first=1x count=1 added=0 length=0",
                "Unit kind=OPEN first=9223372036854775808 count=1 added=0 length=0",
                "Unit kind=OPEN first=1 count=1000000 added=0 length=0",
                "Unit kind=OPEN first=1 count=1 added=4 length=0\nabc",
                "Unit kind=OPEN first=1 count=1 added=0 length=3145729",
                "Unit kind=OPEN first=1 count=1 added=0 length=0 more=1",
                "Unit kind=OPEN first=1 count=1 added=0",
            })
    void whatIsNoUnitIsAnErrorAtItsPlace(String text) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("77");
    }
}
