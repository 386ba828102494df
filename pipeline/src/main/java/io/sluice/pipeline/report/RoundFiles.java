package io.sluice.pipeline.report;

import java.nio.file.Path;

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
}
