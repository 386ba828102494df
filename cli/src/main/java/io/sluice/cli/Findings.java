package io.sluice.cli;

/**
 * Single lines about entries: the first ones are shown on stderr, the rest counted. Not
 * thread-safe.
 */
final class Findings {
    /** What still fits into a terminal's memory and a person's patience. */
    private static final int SHOWN = 100;

    private long count;

    void add(String line) {
        count++;
        if (count <= SHOWN) {
            SluiceCommand.ERR.println("sluice: " + line);
        }
    }

    /** Says how many were not shown. */
    void end() {
        if (count > SHOWN) {
            SluiceCommand.ERR.println(
                    "sluice: … and " + ReportText.number(count - SHOWN) + " more of the kind");
        }
    }
}
