package io.sluice.bacula.job;

/** Kinds of lines in a job's log, as PTCOMM has them. */
public enum JobMessage {
    INFORMATION('I'),
    WARNING('W'),
    /** An entry that is not in the backup; shown, and not counted as an error. */
    NOT_SAVED('N'),
    /** Counted: the job ends with warnings. */
    ERROR('Q'),
    RESTORED('R');

    private final byte letter;

    JobMessage(char letter) {
        this.letter = (byte) letter;
    }

    byte letter() {
        return letter;
    }
}
