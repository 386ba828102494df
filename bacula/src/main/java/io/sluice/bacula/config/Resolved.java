package io.sluice.bacula.config;

import java.util.List;

/**
 * A value, and where it came from.
 *
 * @param value null where nothing is given and there is no default
 * @param origin what in that place: the variable's name, file and line; else as the place's text
 */
public record Resolved<T>(Key<T> key, T value, Place place, String origin) {
    /** The value printably, one line each; none where nothing is given. */
    public List<String> shown() {
        return key.show(value);
    }
}
