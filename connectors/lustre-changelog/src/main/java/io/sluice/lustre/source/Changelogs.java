package io.sluice.lustre.source;

import io.sluice.lustre.changelog.ChangelogRecord;
import java.io.Closeable;
import java.io.IOException;

/** The changelogs of a filesystem's MDTs. May be called by several threads at once. */
public interface Changelogs {
    /**
     * Opens a log without following it: it ends with what is there.
     *
     * @param mdt such as {@code fs-MDT0000}
     * @param from index of the first record wanted; where that is not kept any more, the log begins
     *     at the oldest without a word
     * @throws IOException if it cannot be opened
     */
    Log open(String mdt, long from) throws IOException;

    /** An open log. Blocks in the kernel while its MDT is away, and cannot be interrupted there. */
    interface Log extends Closeable {
        /**
         * The next record.
         *
         * @return null at the end
         * @throws IOException after which the log is of no use; another one must be opened
         */
        ChangelogRecord next() throws IOException;
    }

    /**
     * Acknowledges all records up to an index for one user. Acknowledging again what has been
     * acknowledged removes nothing, shows that the user is still registered, and makes the MDT
     * record changes of times and ACLs again.
     *
     * @param user such as {@code cl1}
     * @param index never 0, which would mean all that there are
     * @return 0, or {@code -errno}: {@code ENOENT} where the user is not registered or has
     *     acknowledged more, {@code EINVAL} where there is no such record yet
     */
    int clearOrErrno(String mdt, String user, long index);
}
