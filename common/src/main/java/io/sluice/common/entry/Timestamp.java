package io.sluice.common.entry;

/**
 * A moment of a filesystem: seconds since 1970 (negative before), and nanoseconds 0 to 999,999,999
 * that always count forward. Two fields, because one count of nanoseconds ends in the year 2262 and
 * XFS does not.
 */
public record Timestamp(long seconds, int nanos) implements Comparable<Timestamp> {
    @Override
    public int compareTo(Timestamp other) {
        int bySeconds = Long.compare(seconds, other.seconds);
        return bySeconds != 0 ? bySeconds : Integer.compare(nanos, other.nanos);
    }

    /**
     * {@code <seconds>.<nine digits>}; the fraction counts forward, so half a second before 1970 is
     * {@code -1.500000000}.
     */
    @Override
    public String toString() {
        String digits = Integer.toString(nanos);
        return seconds + "." + "0".repeat(9 - digits.length()) + digits;
    }

    /**
     * Reads what {@link #toString} writes.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static Timestamp parse(String text) {
        int dot = text.indexOf('.');
        if (dot < 1 || text.length() - dot != 10) {
            throw new IllegalArgumentException("not a time: " + text);
        }
        Timestamp time =
                new Timestamp(
                        Long.parseLong(text.substring(0, dot)),
                        Integer.parseInt(text.substring(dot + 1)));
        // One time has one text: no plus, no leading zero, no other script's digits.
        if (!time.toString().equals(text)) {
            throw new IllegalArgumentException("not a time: " + text);
        }
        return time;
    }
}
