package io.sluice.restore;

import java.io.IOException;

/** Hears where a restore is about to write, so that what a killed one leaves can be found. */
interface WorkJournal {
    /** A new generator of temporary names that a later run knows for this run's. */
    TemporaryName names();

    /** Before a temporary name comes up in {@code parent}. There is one such name at a time. */
    void writingInto(byte[] parent) throws IOException;

    /**
     * Before a file with several names takes its place.
     *
     * @param dataName the name that carries its data in the stream
     */
    void placing(byte[] dataName, LinkJournal.Written file) throws IOException;
}
