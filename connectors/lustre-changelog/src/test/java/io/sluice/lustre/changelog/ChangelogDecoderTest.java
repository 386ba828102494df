package io.sluice.lustre.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.lustre.Captures;
import io.sluice.lustre.Fid;
import io.sluice.lustre.Mutation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ChangelogDecoderTest {
    private static final Fid TARGET = new Fid(0x200000402L, 5, 0);
    private static final Fid PARENT = new Fid(0x200000402L, 1, 0);
    private static final int VERSION = 0x1000;
    private static final int RENAME = 0x2000;
    private static final int EXTRA = 0x8000;

    @Test
    void numbersAreUnsignedAndTimeIsSplit() {
        byte[] bytes = record(RecordType.UNLINK.number(), VERSION | 3, "x", 0);
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(24, (0x2_ffff_ffffL << 30) + 999_999_999);
        ChangelogRecord record = ChangelogDecoder.decode(bytes);
        assertThat(record.timeSeconds()).isEqualTo(0x2_ffff_ffffL);
        assertThat(record.timeNanos()).isEqualTo(999_999_999);
        assertThat(record.type()).isEqualTo(RecordType.UNLINK);
        assertThat(record.typeFlags()).isEqualTo(3);
        assertThat(record.isNamespaceOperation()).isTrue();
        assertThat(record.isLastLink()).isTrue();
        assertThat(record.isLastLinkInArchive()).isTrue();
        assertThat(record.source()).isNull();
        assertThat(record.extraFlags()).isNull();
    }

    @Test
    void lastLinkIsOnlyWhatRemovesSays() {
        byte[] close = record(RecordType.CLOSE.number(), VERSION | 3, "", 0);
        assertThat(ChangelogDecoder.decode(close).isLastLink()).isFalse();
        assertThat(ChangelogDecoder.decode(close).isNamespaceOperation()).isFalse();
        assertThat(ChangelogDecoder.decode(close).hsmEvent()).isEqualTo(-1);
    }

    @Test
    void hsmEventsAndErrorsAreRead() {
        byte[] restore = record(RecordType.HSM.number(), VERSION | 0x80 | 5, "", 0);
        assertThat(ChangelogDecoder.decode(restore).hsmEvent()).isEqualTo(1);
        assertThat(ChangelogDecoder.decode(restore).hsmError()).isEqualTo(5);
    }

    @Test
    void unknownTypeIsKeptAsNumber() {
        ChangelogRecord record = ChangelogDecoder.decode(record(-7, VERSION, "x", 0));
        assertThat(record.type()).isNull();
        assertThat(record.typeNumber()).isEqualTo(-7);
        assertThat(record.isNamespaceOperation()).isFalse();
        assertThat(record).hasToString("7 type 4294967289 0x1000 t=" + TARGET);
    }

    @Test
    void whatUnknownExtensionsBringIsPassedOver() {
        byte[] bytes = record(RecordType.CREATE.number(), VERSION | EXTRA, "name", 8 + 12);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(64, 1L << 40);
        ChangelogRecord record = ChangelogDecoder.decode(bytes);
        assertThat(record.hasUnknownFlags()).isTrue();
        assertThat(record.extraFlags()).isEqualTo(1L << 40);
        assertThat(record.name()).isEqualTo("name".getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void bytesThatNoFlagExplainsAreRefused() {
        byte[] bytes = record(RecordType.CREATE.number(), VERSION | EXTRA, "name", 8 + 12);
        refuses(bytes, "changelog record, byte 76: 12 bytes behind the name");
    }

    @Test
    void renameWithoutTheOldNameHasNone() {
        ChangelogRecord record =
                ChangelogDecoder.decode(
                        record(RecordType.RENAME.number(), VERSION | RENAME, "new", 32));
        assertThat(record.name()).isEqualTo("new".getBytes(StandardCharsets.US_ASCII));
        assertThat(record.sourceName()).isNull();
        assertThat(record.source()).isEqualTo(Fid.ZERO);
    }

    @Test
    void nulInNamesIsRefused() {
        refuses(record(RecordType.CREATE.number(), VERSION, "a\0b", 0), "byte 65: a NUL in a name");
        refuses(
                record(RecordType.RENAME.number(), VERSION | RENAME, "a\0b\0c", 32),
                "byte 99: a NUL in a name");
    }

    @Test
    void lengthBeyondAnyRecordIsRefused() {
        byte[] bytes = record(RecordType.CREATE.number(), VERSION, "n".repeat(889), 0);
        assertThatExceptionOfType(ChangelogException.class)
                .isThrownBy(() -> ChangelogDecoder.length(bytes, 0, bytes.length))
                .withMessageContaining("it would have 953 bytes");
    }

    private static void refuses(byte[] bytes, String message) {
        assertThatExceptionOfType(ChangelogException.class)
                .isThrownBy(() -> ChangelogDecoder.decode(bytes))
                .withMessageContaining(message)
                .withMessageContaining("take the next round as a Full")
                .satisfies(e -> assertThat(e.offset()).isBetween(0, bytes.length));
    }

    @Test
    void cutOffAnywhereItIsRefused() throws Exception {
        int cuts = 0;
        for (byte[] bytes : samples()) {
            for (int length = 0; length < bytes.length; length++) {
                refuses(Arrays.copyOf(bytes, length), "changelog record, byte ");
                lengthIsRightOrRefused(bytes, length);
                cuts++;
            }
        }
        System.out.println("ChangelogDecoderTest: " + cuts + " cut records refused");
    }

    private static void lengthIsRightOrRefused(byte[] bytes, int seen) {
        try {
            assertThat(ChangelogDecoder.length(bytes, 0, seen)).isEqualTo(bytes.length);
        } catch (ChangelogException e) {
            int flags = (bytes[2] & 0xff) | (bytes[3] & 0xff) << 8;
            assertThat(seen).isLessThan(ChangelogDecoder.lengthKnownFrom(flags));
        }
    }

    @Test
    void changedBytesAreUnderstoodOrRefusedWhateverLiesAround() throws Exception {
        Mutation.run(
                "ChangelogDecoderTest",
                samples(),
                200_000,
                bytes -> {
                    String alone = outcome(bytes, 0, bytes.length);
                    for (byte around : new byte[] {0, -1}) {
                        byte[] inside = new byte[bytes.length + 700];
                        Arrays.fill(inside, around);
                        System.arraycopy(bytes, 0, inside, 100, bytes.length);
                        assertThat(outcome(inside, 100, 100 + bytes.length)).isEqualTo(alone);
                    }
                    return !alone.startsWith("changelog record, byte");
                });
    }

    private static String outcome(byte[] bytes, int from, int to) {
        try {
            ChangelogRecord record = ChangelogDecoder.decode(bytes, from, to);
            return record
                    + " "
                    + Arrays.toString(record.name())
                    + record.uid()
                    + record.openFlags();
        } catch (ChangelogException e) {
            return e.getMessage();
        }
    }

    private static List<byte[]> samples() throws IOException {
        List<byte[]> samples = new ArrayList<>();
        for (JsonNode node : Captures.json("changelog-vectors.jsonl")) {
            samples.add(Captures.hex(node, "hex"));
        }
        return samples;
    }

    /** With index 7 and {@code extensions} bytes of zeros before the name. */
    private static byte[] record(int type, int flags, String name, int extensions) {
        byte[] text = name.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer bytes =
                ByteBuffer.allocate(64 + extensions + text.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putShort((short) text.length).putShort((short) flags).putInt(type);
        bytes.putLong(7).putLong(0).putLong(0);
        TARGET.write(bytes);
        PARENT.write(bytes);
        bytes.position(64 + extensions);
        return bytes.put(text).array();
    }
}
