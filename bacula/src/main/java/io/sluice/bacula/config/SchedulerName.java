package io.sluice.bacula.config;

import io.sluice.bacula.config.Kind.Word;
import java.util.Locale;

/** What runs a round's job. */
public enum SchedulerName implements Word {
    /** The leading backend's own process. */
    LOCAL,
    FLINK,
    SLURM,
    PBS,
    LSF;

    @Override
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
