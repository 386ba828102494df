package io.sluice.pipeline.report;

import com.dynatrace.hash4j.hashing.HashStream64;
import io.sluice.common.SluiceException;
import io.sluice.common.hash.Xxh3;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;

/**
 * The files that a round leaves beside its segments. Each appears under its name only when it is
 * complete: the report when its attempt of the collector is through, the lists when the round is
 * committed.
 */
public final class RoundFiles {
    public static final String REPORT = "report.json";
    public static final String OWED = "owed.jsonl";
    public static final String FAILED = "failed.jsonl";

    /** Ends the names of what is not complete, or an attempt's that was not the last. */
    private static final String PART = ".part";

    private RoundFiles() {}

    public static Path report(Path directory) {
        return directory.resolve(REPORT);
    }

    /**
     * What an attempt of the collector writes, under a name that no other attempt has.
     *
     * @param attempt empty for one of before attempts had names
     */
    static Path part(Path directory, String name, String attempt) {
        return directory.resolve(name + (attempt.isEmpty() ? "" : "." + attempt) + PART);
    }

    /**
     * Gives the lists of the report's attempt their names, when the job has ended.
     *
     * @throws SluiceException if one of them is not what the report says
     */
    public static void place(Path directory, RoundReport report) throws IOException {
        for (RoundReport.Listed list : report.lists()) {
            Path part = part(directory, list.name(), report.attempt());
            boolean same =
                    Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS)
                            && Files.size(part) == list.length()
                            && xxh3(part).equals(list.xxh3());
            if (!same) {
                throw new SluiceException(
                        part + " is not what the report says; the round is given up, run again");
            }
            Path path = directory.resolve(list.name());
            try {
                Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                throw new SluiceException("cannot write " + path + ": " + e.getMessage(), e);
            }
        }
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
