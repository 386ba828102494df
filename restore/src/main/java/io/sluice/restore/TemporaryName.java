package io.sluice.restore;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.SplittableRandom;

/**
 * Names under which entries are made before they get their own: {@code .sluice-} and sixteen
 * hexadecimal digits. Whoever finds one after a crash may delete it.
 */
final class TemporaryName {
    /** Tries before giving up on a directory full of such names. */
    static final int ATTEMPTS = 16;

    private final SplittableRandom random = new SplittableRandom();

    byte[] next() {
        String digits = HexFormat.of().toHexDigits(random.nextLong());
        return (".sluice-" + digits).getBytes(StandardCharsets.US_ASCII);
    }
}
