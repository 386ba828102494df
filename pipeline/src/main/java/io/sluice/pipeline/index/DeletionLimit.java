package io.sluice.pipeline.index;

import java.io.Serializable;

/**
 * How many names a round may delete before it takes that for an accident, such as a filesystem that
 * is not mounted or a purge run wild.
 *
 * @param known names in the base; 0 for a round without one
 * @param goneBefore of these, how many had gone by the last round
 * @param accepted whether any number is meant
 */
public record DeletionLimit(long known, long goneBefore, boolean accepted) implements Serializable {
    /** So many may always go, unless they are more than half of all. */
    private static final long ALWAYS = 1000;

    private static final int PERCENT = 20;

    EndEvent.Verdict judge(long gone) {
        return new EndEvent.Verdict(!accepted && isBeyond(gone), gone);
    }

    /** Whether so many are more than an ordinary round deletes. */
    public boolean isBeyond(long gone) {
        long left = known - goneBefore;
        long now = gone - goneBefore;
        return now > left / 2 || now > Math.max(ALWAYS, left / 100 * PERCENT);
    }
}
