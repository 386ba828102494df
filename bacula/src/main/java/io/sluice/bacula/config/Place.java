package io.sluice.bacula.config;

/** Where a value may stand; of several that give one, the first here counts. */
public enum Place {
    LINE("Plugin line"),
    ENVIRONMENT("environment"),
    FILE("file"),
    DEFAULT("default");

    private final String text;

    Place(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }
}
