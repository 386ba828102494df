package io.sluice.scan.reader;

/** A walker ended by an error that no filesystem answers with: a defect, or memory ran out. */
final class WalkFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WalkFailedException(Throwable cause) {
        super("a walker of the namespace scan failed: " + cause, cause);
    }
}
