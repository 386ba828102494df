package io.sluice.pipeline.owed;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.round.Owed;
import io.sluice.common.text.Text;
import java.io.IOException;

/**
 * A line of {@code owed.jsonl}: the collector writes it, the next round reads it.
 *
 * @param path relative to the root, escaped text
 * @param reason see {@link io.sluice.common.round.OwedReason}
 * @param shard that noticed; -1 for the index
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record OwedLine(String path, String reason, int shard) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static OwedLine of(Owed owed) {
        return new OwedLine(Text.escape(owed.path()), owed.reason().text(), owed.shard());
    }

    static OwedLine parse(byte[] line) throws IOException {
        return JSON.readValue(line, OwedLine.class);
    }
}
