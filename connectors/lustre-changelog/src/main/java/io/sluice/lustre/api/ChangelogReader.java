package io.sluice.lustre.api;

import io.sluice.lustre.changelog.ChangelogException;
import io.sluice.lustre.changelog.ChangelogRecord;

/**
 * Reads an MDT's changelog from one index on, up to its end. For one thread: while an MDT is away,
 * {@link #next} hangs in the kernel, and {@link #close} must not come in between.
 */
public interface ChangelogReader extends AutoCloseable {
    /**
     * The next record, or null at the end of the log. What is written later needs a new reader.
     *
     * @throws LustreException if the MDT does not answer. The error stays: close, and start again
     *     behind the last record that was read
     * @throws ChangelogException if the bytes are no record
     */
    ChangelogRecord next() throws LustreException;

    @Override
    void close();
}
