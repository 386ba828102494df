package io.sluice.pipeline.report;

import com.dynatrace.hash4j.hashing.HashStream64;
import io.sluice.common.hash.Xxh3;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * The files that a round leaves beside its segments. Each appears under its name only when it is
 * complete.
 */
public final class RoundFiles {
    public static final String REPORT = "report.json";
    public static final String OWED = "owed.jsonl";
    public static final String FAILED = "failed.jsonl";

    private RoundFiles() {}

    public static Path report(Path directory) {
        return directory.resolve(REPORT);
    }

    /** xxh3_64 of a file that may be larger than memory, 16 hexadecimal digits. */
    public static String xxh3(Path file) throws IOException {
        HashStream64 hash = Xxh3.stream();
        byte[] bytes = new byte[64 * 1024];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                hash.putBytes(bytes, 0, n);
            }
        }
        return HexFormat.of().toHexDigits(hash.getAsLong());
    }
}
