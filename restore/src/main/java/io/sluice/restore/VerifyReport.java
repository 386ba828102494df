package io.sluice.restore;

import java.util.SortedMap;

/**
 * What a verification found.
 *
 * @param entries read, tombstones included
 * @param expected by the receipts; equals {@code entries} in an intact round
 * @param bytes of file data read and compared with their checksums
 * @param damaged entries whose checksum differs or whose end is lost
 * @param damagedSegments files of the archive that are not as they were written, or missing
 * @param unseen entries of damaged segments that could not be read
 * @param torn entries that were not read whole at backup
 * @param differences from the live tree by kind; empty when there was nothing to compare with
 */
public record VerifyReport(
        long entries,
        long expected,
        long bytes,
        long damaged,
        long damagedSegments,
        long unseen,
        long torn,
        SortedMap<Difference.Kind, Long> differences) {
    /** Whether the archive holds what it was given. */
    public boolean isIntact() {
        return damaged == 0 && damagedSegments == 0 && unseen == 0 && entries == expected;
    }
}
