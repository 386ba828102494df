package io.sluice.bacula.job;

/** The level of a Bacula job; the stronger one holds more. */
public enum JobLevel {
    INCREMENTAL("Incremental"),
    DIFFERENTIAL("Differential"),
    FULL("Full");

    private final String text;

    JobLevel(String text) {
        this.text = text;
    }

    /** As Bacula's own messages have it. */
    public String text() {
        return text;
    }

    /** The letter of the job info; a job without a level, such as a restore, counts as full. */
    static JobLevel of(String letter) {
        return switch (letter) {
            case "I" -> INCREMENTAL;
            case "D" -> DIFFERENTIAL;
            default -> FULL;
        };
    }

    public JobLevel stronger(JobLevel other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
