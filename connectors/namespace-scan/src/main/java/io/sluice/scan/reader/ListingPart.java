package io.sluice.scan.reader;

import io.sluice.common.change.Listing;
import io.sluice.scan.split.SentCounts;

/**
 * A listing, or a part of one, on its way from a walker to the mailbox.
 *
 * @param counts what it adds to the books: the whole directory's, in its last part
 * @param swapped whether the directory is another one than its parent's listing had under the name
 */
record ListingPart(DirectoryTask task, Listing listing, SentCounts counts, boolean swapped) {
    /** Objects and headers around the bytes of a listing, rounded up. */
    private static final int OVERHEAD_BYTES = 256;

    long bytes() {
        return OVERHEAD_BYTES + (long) listing.directory().length + listing.entries().length;
    }
}
