package io.sluice.ptcomm.archive;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.sluice.common.SluiceException;
import io.sluice.common.round.Receipt;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HexFormat;

/**
 * The archive's JSON: strict about the format number and about what is missing; within a format,
 * unknown fields are passed over, so that later versions may add some.
 */
final class ArchiveJson {
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .addMixIn(Receipt.Segment.class, SegmentFields.class)
                    .addModule(
                            new SimpleModule()
                                    .addSerializer(Instant.class, ToStringSerializer.instance)
                                    .addDeserializer(Instant.class, new InstantReader()))
                    .build();

    private ArchiveJson() {}

    static byte[] write(Object value) {
        try {
            byte[] json = MAPPER.writeValueAsBytes(value);
            byte[] line = java.util.Arrays.copyOf(json, json.length + 1);
            line[json.length] = '\n';
            return line;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * @param what names the file in messages: {@code "archive '/b': archive.json"}
     * @throws SluiceException if it cannot be understood, or is of a newer format
     */
    static <T> T read(byte[] json, Class<T> type, String what) {
        try {
            JsonNode tree = MAPPER.readTree(json);
            JsonNode format = tree == null ? null : tree.get("format");
            if (format == null || !format.isInt() || format.intValue() < 1) {
                throw new SluiceException(what + " is damaged: it tells no format");
            }
            if (format.intValue() > Manifest.FORMAT) {
                throw new SluiceException(
                        what
                                + " has format "
                                + format.intValue()
                                + ", this version reads up to "
                                + Manifest.FORMAT
                                + ": use a newer one");
            }
            if (type == Manifest.class && format.intValue() == 1) {
                ((ObjectNode) tree).putNull("base");
            }
            if (type == Manifest.class && format.intValue() < 3) {
                ((ObjectNode) tree).putArray("bridges");
            }
            if (type == ArchiveDescription.class && format.intValue() < 3) {
                ((ObjectNode) tree).put("streams", ArchiveDescription.HERE);
            }
            return MAPPER.treeToValue(tree, type);
        } catch (IOException | IllegalArgumentException e) {
            String reason =
                    e instanceof JsonProcessingException j
                            ? j.getOriginalMessage()
                            : e.getMessage();
            throw new SluiceException(
                    what + " is damaged: " + String.valueOf(reason).lines().findFirst().orElse(""),
                    e);
        }
    }

    /** {@code xxh3} as sixteen hexadecimal digits. */
    interface SegmentFields {
        @JsonSerialize(using = HashWriter.class)
        @JsonDeserialize(using = HashReader.class)
        long xxh3();
    }

    private static final class HashWriter extends StdSerializer<Long> {
        private static final long serialVersionUID = 1L;

        HashWriter() {
            super(Long.class);
        }

        @Override
        public void serialize(Long hash, JsonGenerator out, SerializerProvider provider)
                throws IOException {
            out.writeString(HexFormat.of().toHexDigits(hash));
        }
    }

    private static final class HashReader extends StdDeserializer<Long> {
        private static final long serialVersionUID = 1L;

        HashReader() {
            super(Long.class);
        }

        @Override
        public Long deserialize(JsonParser in, DeserializationContext context) throws IOException {
            String text = in.getValueAsString("");
            if (!text.matches("[0-9a-f]{16}")) {
                throw context.weirdStringException(text, Long.class, "no xxh3");
            }
            return HexFormat.fromHexDigitsToLong(text);
        }
    }

    private static final class InstantReader extends StdDeserializer<Instant> {
        private static final long serialVersionUID = 1L;

        InstantReader() {
            super(Instant.class);
        }

        @Override
        public Instant deserialize(JsonParser in, DeserializationContext context)
                throws IOException {
            String text = in.getValueAsString("");
            try {
                return Instant.parse(text);
            } catch (DateTimeException e) {
                throw (IOException)
                        context.weirdStringException(text, Instant.class, "no time").initCause(e);
            }
        }
    }
}
