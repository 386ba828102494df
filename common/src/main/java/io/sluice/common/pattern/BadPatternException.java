package io.sluice.common.pattern;

import io.sluice.common.SluiceException;
import io.sluice.common.text.Text;

/**
 * A pattern that cannot mean anything. Git takes such a line for one that never matches; a backup
 * that quietly keeps what was to be left out is worse than one that does not begin.
 */
public final class BadPatternException extends SluiceException {
    private static final long serialVersionUID = 1L;

    private final byte[] pattern;
    private final String reason;
    private final int line;

    BadPatternException(byte[] pattern, String reason, int line) {
        super(
                (line > 0 ? "line " + line + ": " : "")
                        + "the pattern "
                        + Text.quote(pattern)
                        + " "
                        + reason);
        this.pattern = pattern.clone();
        this.reason = reason;
        this.line = line;
    }

    BadPatternException(byte[] pattern, String reason) {
        this(pattern, reason, 0);
    }

    BadPatternException atLine(int number) {
        return new BadPatternException(pattern, reason, number);
    }

    public byte[] pattern() {
        return pattern.clone();
    }

    /** What is wrong, as the rest of a sentence that begins with the pattern. */
    public String reason() {
        return reason;
    }

    /** The line of the file that it stands on, from 1; 0 when it comes from no file. */
    public int line() {
        return line;
    }
}
