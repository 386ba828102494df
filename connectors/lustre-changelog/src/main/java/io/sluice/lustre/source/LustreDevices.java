package io.sluice.lustre.source;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which user reads the changelog of which MDT, and from where, as an operator writes it down. */
public final class LustreDevices {
    private static final Pattern ONE =
            Pattern.compile(
                    "([A-Za-z0-9_.-]{1,8}-MDT[0-9a-fA-F]{4})(?::(cl[0-9]+[A-Za-z0-9_.-]*))?");

    private static final Pattern SINCE =
            Pattern.compile("([A-Za-z0-9_.-]{1,8}-MDT[0-9a-fA-F]{4}):([1-9][0-9]{0,17})");

    private LustreDevices() {}

    /**
     * Reads {@code fs-MDT0000:cl1,fs-MDT0001:cl3}.
     *
     * @param user for MDTs that name none; null if all must
     * @return users by MDT, in the order given; empty for an empty text
     * @throws IllegalArgumentException with what is wrong
     */
    public static Map<String, String> parse(String text, String user) {
        Map<String, String> users = new LinkedHashMap<>();
        if (text == null || text.isBlank()) {
            return users;
        }
        for (String part : text.split(",", -1)) {
            Matcher one = ONE.matcher(part.strip());
            if (!one.matches()) {
                throw new IllegalArgumentException(
                        "'" + part + "' is no MDT with its user; one looks like fs-MDT0000:cl1");
            }
            String reader = one.group(2) == null ? user : one.group(2);
            if (reader == null) {
                throw new IllegalArgumentException(
                        one.group(1) + " names no changelog user; say " + one.group(1) + ":cl1");
            }
            if (users.put(one.group(1), reader) != null) {
                throw new IllegalArgumentException(one.group(1) + " is there twice");
            }
        }
        return users;
    }

    /** As {@link #parse} and {@link #parseSince} read it. */
    public static String text(Map<String, ?> byMdt) {
        StringBuilder text = new StringBuilder();
        byMdt.forEach(
                (mdt, value) -> {
                    String comma = text.isEmpty() ? "" : ",";
                    text.append(comma).append(mdt).append(':').append(value);
                });
        return text.toString();
    }

    /**
     * Reads {@code fs-MDT0000:120,fs-MDT0001:77}.
     *
     * @return index of the first record to be read by MDT, in the order given; empty for an empty
     *     text
     * @throws IllegalArgumentException with what is wrong
     */
    public static Map<String, Long> parseSince(String text) {
        Map<String, Long> since = new LinkedHashMap<>();
        if (text == null || text.isBlank()) {
            return since;
        }
        for (String part : text.split(",", -1)) {
            Matcher one = SINCE.matcher(part.strip());
            if (!one.matches()) {
                throw new IllegalArgumentException(
                        "'" + part + "' is no MDT with a record; one looks like fs-MDT0000:120");
            }
            long index = Long.parseLong(one.group(2));
            if (index == 1) {
                // The record before it is acknowledged to show that nothing is missing.
                throw new IllegalArgumentException(
                        "nothing shows that a log is whole from its record 1 on; run a full round");
            }
            if (since.put(one.group(1), index) != null) {
                throw new IllegalArgumentException(one.group(1) + " is there twice");
            }
        }
        return since;
    }
}
