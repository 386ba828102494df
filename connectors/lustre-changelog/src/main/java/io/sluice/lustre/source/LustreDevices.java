package io.sluice.lustre.source;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which user reads the changelog of which MDT, as an operator writes it down. */
public final class LustreDevices {
    private static final Pattern ONE =
            Pattern.compile(
                    "([A-Za-z0-9_.-]{1,8}-MDT[0-9a-fA-F]{4})(?::(cl[0-9]+[A-Za-z0-9_.-]*))?");

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

    /** As {@link #parse} reads it. */
    public static String text(Map<String, String> users) {
        StringBuilder text = new StringBuilder();
        users.forEach(
                (mdt, user) -> {
                    String comma = text.isEmpty() ? "" : ",";
                    text.append(comma).append(mdt).append(':').append(user);
                });
        return text.toString();
    }
}
