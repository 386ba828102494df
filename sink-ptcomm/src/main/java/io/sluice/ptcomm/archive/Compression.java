package io.sluice.ptcomm.archive;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** How segments are stored. The names in lower case stand in manifests. */
public enum Compression {
    @JsonProperty("zstd")
    ZSTD(".ptcomm.zst"),
    @JsonProperty("none")
    NONE(".ptcomm");

    private final String suffix;

    Compression(String suffix) {
        this.suffix = suffix;
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What a segment's name ends with. */
    String suffix() {
        return suffix;
    }
}
