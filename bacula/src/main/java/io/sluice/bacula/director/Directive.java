package io.sluice.bacula.director;

import java.util.List;

/**
 * {@code Name = value, value} of a resource.
 *
 * @param name in small letters, without blanks
 * @param values what commas separate; words without quotes have one blank between them
 * @param where file and line
 */
public record Directive(String name, List<String> values, String where) {
    public Directive {
        values = List.copyOf(values);
    }

    /** The first value, or the empty text. */
    String value() {
        return values.isEmpty() ? "" : values.get(0);
    }

    /** The value as a number; what is none, Bacula refuses itself. */
    int number(int otherwise) {
        return value().matches("[0-9]{1,9}") ? Integer.parseInt(value()) : otherwise;
    }

    boolean isYes() {
        return value().equalsIgnoreCase("yes") || value().equalsIgnoreCase("true");
    }
}
