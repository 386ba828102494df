package io.sluice.bacula.config;

import io.sluice.bacula.config.Kind.Word;
import java.util.Locale;

/** What becomes of a job whose round has no base to go on from. */
public enum OnMissingBase implements Word {
    FAIL,
    FULL;

    @Override
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
