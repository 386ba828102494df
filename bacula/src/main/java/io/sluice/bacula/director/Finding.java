package io.sluice.bacula.director;

/**
 * What a check has found.
 *
 * @param check name of the check
 * @param text thing and reason, in one line
 * @param mend what to change; empty where nothing is to be
 */
public record Finding(Level level, String check, String text, String mend) {
    /** How much it matters. */
    public enum Level {
        OK,
        /** Works, but slower or otherwise than somebody may think; or could not be checked. */
        WARN,
        /** Jobs fail, hang or lack what they need. */
        FAIL
    }

    /** Names in files may hold what would break a line. */
    public Finding {
        text = text.replaceAll("\\p{Cntrl}", "?");
        mend = mend.replaceAll("\\p{Cntrl}", "?");
    }

    static Finding ok(String check, String text) {
        return new Finding(Level.OK, check, text, "");
    }

    static Finding warn(String check, String text, String mend) {
        return new Finding(Level.WARN, check, text, mend);
    }

    static Finding fail(String check, String text, String mend) {
        return new Finding(Level.FAIL, check, text, mend);
    }
}
