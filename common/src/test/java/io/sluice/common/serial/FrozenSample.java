package io.sluice.common.serial;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bytes that a released version wrote, kept as {@code <name> <hex>} lines of a resource. They are
 * never rewritten: a new version gets a new file, and the old ones must still be read.
 */
public final class FrozenSample {
    private FrozenSample() {}

    public static Map<String, byte[]> load(Class<?> near, String resource) throws IOException {
        try (InputStream in = near.getResourceAsStream(resource)) {
            assertThat(in).as("frozen samples " + resource).isNotNull();
            Map<String, byte[]> samples = new LinkedHashMap<>();
            new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" ", 2))
                    .forEach(line -> samples.put(line[0], HexFormat.of().parseHex(line[1])));
            return samples;
        }
    }
}
