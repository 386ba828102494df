package io.sluice.common.filesystem;

/** What becomes of files whose data lies on tape only. */
public enum HsmPolicy {
    /** An entry without data, counted as skipped. */
    SKIP_RELEASED("skip-released"),
    /** An entry without data, counted as marked. */
    MARK_RELEASED("mark-released"),
    /** They are fetched back and stored whole. */
    BACKUP_RELEASED("backup-released");

    private final String text;

    HsmPolicy(String text) {
        this.text = text;
    }

    /** As it is written in options and reports. */
    public String text() {
        return text;
    }
}
