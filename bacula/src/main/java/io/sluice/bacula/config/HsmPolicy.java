package io.sluice.bacula.config;

import io.sluice.bacula.config.Kind.Word;

/** What becomes of a file whose data lies on tape only. */
public enum HsmPolicy implements Word {
    SKIP_RELEASED("skip-released"),
    MARK_RELEASED("mark-released"),
    BACKUP_RELEASED("backup-released");

    private final String text;

    HsmPolicy(String text) {
        this.text = text;
    }

    @Override
    public String text() {
        return text;
    }

    /** As a round knows it. */
    public io.sluice.common.filesystem.HsmPolicy policy() {
        return io.sluice.common.filesystem.HsmPolicy.valueOf(name());
    }
}
