package io.sluice.cli;

/** What the process ends with; scripts rely on the numbers. */
final class ExitCode {
    /** Done, or committed without a failure. */
    static final int OK = 0;

    /** Nothing done or committed; one line says why. */
    static final int FAILED = 1;

    static final int USAGE = 2;

    /** Done or committed in part; the report names what failed. */
    static final int PARTIAL = 3;

    /** Another process has the archive. */
    static final int LOCKED = 11;

    /** Interrupted, nothing committed. */
    static final int INTERRUPTED = 130;

    private ExitCode() {}
}
