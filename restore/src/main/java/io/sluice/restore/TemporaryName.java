package io.sluice.restore;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Names under which entries are made before they get their own: {@code .sluice-}, eight hexadecimal
 * digits that all names of one run have, and eight at random. The next run of a restore that was
 * killed removes them; whoever finds one later may delete it.
 */
final class TemporaryName {
    /** Tries before giving up on a directory full of such names. */
    static final int ATTEMPTS = 16;

    private static final String PREFIX = ".sluice-";
    private static final int TOKEN_DIGITS = 8;
    private static final int LENGTH = PREFIX.length() + 2 * TOKEN_DIGITS;

    private final SplittableRandom random = new SplittableRandom();
    private final String start;

    /**
     * @param token of the run
     */
    TemporaryName(int token) {
        start = PREFIX + HexFormat.of().toHexDigits(token);
    }

    byte[] next() {
        String digits = HexFormat.of().toHexDigits(random.nextInt());
        return (start + digits).getBytes(StandardCharsets.US_ASCII);
    }

    /** Whether a run with one of these tokens may have made the name. */
    static boolean isOf(byte[] name, Set<Integer> tokens) {
        if (name.length != LENGTH) {
            return false;
        }
        String text = new String(name, StandardCharsets.ISO_8859_1);
        if (!text.matches("\\.sluice-[0-9a-f]{16}")) {
            return false;
        }
        int tokenEnd = PREFIX.length() + TOKEN_DIGITS;
        return tokens.contains(
                HexFormat.fromHexDigits(text.subSequence(PREFIX.length(), tokenEnd)));
    }
}
