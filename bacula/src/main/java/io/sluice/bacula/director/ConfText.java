package io.sluice.bacula.director;

import io.sluice.common.SluiceException;
import io.sluice.common.text.Text;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Values as Bacula's lexer gives them back: between double quotes a backslash takes the next
 * character for itself. Text has one character for each byte. Limits and characters are those that
 * {@code bacula-dir -t} of 15.0.3 accepts.
 */
final class ConfText {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9 ._:-]*");

    /** The unique name of a job, at most 127 characters, has date, time and a number behind it. */
    static final int MAX_JOB_CHARS = 100;

    private static final int MAX_NAME_CHARS = 127;

    /** Some hundred bytes more overrun the lexer's buffer, which ends the Director. */
    private static final int MAX_VALUE_CHARS = 4000;

    private ConfText() {}

    /**
     * @param what the value is, for the message
     * @throws SluiceException for what cannot be carried
     */
    static String quote(String what, String value) {
        if (value.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
            throw new SluiceException(
                    what
                            + " "
                            + printable(value)
                            + " has a control character, which Bacula's configuration cannot carry; rename it,"
                            + " or back up the directory above it");
        }
        String quoted = '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
        if (quoted.length() > MAX_VALUE_CHARS) {
            throw new SluiceException(
                    what
                            + " is longer than the "
                            + MAX_VALUE_CHARS
                            + " bytes that Bacula's configuration takes; shorten it");
        }
        return quoted;
    }

    /** The name of a resource. */
    static String name(String option, String name) {
        return name(option, name, MAX_NAME_CHARS);
    }

    static String name(String option, String name, int maxChars) {
        if (!NAME.matcher(name).matches() || name.length() > maxChars) {
            throw new SluiceException(
                    option
                            + " "
                            + printable(name)
                            + " is no name of a Bacula resource; use up to "
                            + maxChars
                            + " letters, digits, blanks and ._:-, a letter or digit first");
        }
        return '"' + name + '"';
    }

    /** A file's name in a message. */
    static String show(Path file) {
        return Text.escape(file.toString().getBytes(StandardCharsets.UTF_8));
    }

    static String printable(String text) {
        return Text.quote(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
