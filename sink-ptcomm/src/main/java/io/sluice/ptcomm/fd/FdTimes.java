package io.sluice.ptcomm.fd;

import java.io.Serializable;

/**
 * How long the sides of a stream wait for each other, in milliseconds. All looked at once a second.
 *
 * @param aliveMs so often each side gives a sign of life
 * @param silenceMs a side that reads and has got nothing for so long takes the connection for dead
 * @param resumeMs a bridge that nobody has been connected to for so long gives up; counted from the
 *     first connection on, since a batch queue may take hours
 */
public record FdTimes(long aliveMs, long silenceMs, long resumeMs) implements Serializable {
    public static final FdTimes DEFAULT = new FdTimes(10_000, 60_000, 600_000);

    public FdTimes {
        if (aliveMs < 1 || silenceMs <= aliveMs || resumeMs < 1) {
            throw new IllegalArgumentException("times " + aliveMs + ", " + silenceMs);
        }
    }

    /** With another time for a bridge to wait. */
    public FdTimes withResumeMs(long millis) {
        return new FdTimes(aliveMs, silenceMs, millis);
    }
}
