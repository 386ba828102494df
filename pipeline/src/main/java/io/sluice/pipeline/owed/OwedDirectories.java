package io.sluice.pipeline.owed;

import io.sluice.common.round.OwedReason;
import io.sluice.common.text.Text;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What of an owed file only a listing settles. A round with a full scan lists it anyway. */
public final class OwedDirectories {
    private static final Set<String> LISTED =
            Set.of(
                    OwedReason.SCAN.text(),
                    OwedReason.DISAGREED.text(),
                    // A directory that could not even be looked at was not entered.
                    OwedReason.FAILED.text());

    private OwedDirectories() {}

    /**
     * Reads the file.
     *
     * @return paths relative to the root, which may be no directories any more; null if they are
     *     more than {@code most}
     */
    public static List<byte[]> of(Path file, int most) throws IOException {
        List<byte[]> paths = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                OwedLine owed = OwedLine.parse(line.getBytes(StandardCharsets.UTF_8));
                if (LISTED.contains(owed.reason())) {
                    if (paths.size() == most) {
                        return null;
                    }
                    paths.add(Text.unescape(owed.path()));
                }
            }
        }
        return paths;
    }
}
