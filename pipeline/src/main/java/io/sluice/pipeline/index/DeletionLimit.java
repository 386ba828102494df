package io.sluice.pipeline.index;

import java.io.Serializable;

/**
 * How many names a round may delete before it takes that for an accident, such as a filesystem that
 * is not mounted or a purge run wild.
 *
 * @param known names in the base; 0 for a round without one
 * @param goneBefore of these, how many had gone by the last round
 * @param percent of the known names that may go at once; more than half never may, unless this is
 *     more
 * @param accepted whether any number is meant
 */
public record DeletionLimit(long known, long goneBefore, int percent, boolean accepted)
        implements Serializable {
    /** So many may always go, unless they are more than half of all. */
    private static final long ALWAYS = 1000;

    /** Where nobody says otherwise. */
    public static final int PERCENT = 20;

    private static final int HALF = 50;

    /** With the percentage that holds where nobody says otherwise. */
    public DeletionLimit(long known, long goneBefore, boolean accepted) {
        this(known, goneBefore, PERCENT, accepted);
    }

    EndEvent.Verdict judge(long gone) {
        return new EndEvent.Verdict(!accepted && isBeyond(gone), gone);
    }

    /** Whether so many are more than an ordinary round deletes. */
    public boolean isBeyond(long gone) {
        long left = known - goneBefore;
        long now = gone - goneBefore;
        boolean most = now > share(left, Math.max(HALF, percent));
        return most || now > Math.max(ALWAYS, share(left, percent));
    }

    /** Rounded down, without going beyond what a long holds. */
    private static long share(long names, int percent) {
        return names / 100 * percent + names % 100 * percent / 100;
    }
}
