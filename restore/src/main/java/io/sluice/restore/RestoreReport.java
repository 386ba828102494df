package io.sluice.restore;

import java.util.List;
import java.util.SortedMap;

/**
 * What a restore did. Every selected entry is counted once: {@code selected = files + directories +
 * symlinks + links + specials + skipped + damaged + failed}.
 *
 * @param selected entries of the round that were wanted
 * @param files regular files restored with their data, {@code torn} included
 * @param directories restored with their attributes
 * @param symlinks symbolic links
 * @param links later names of files
 * @param specials fifos, sockets and devices
 * @param bytes of file data written, holes not counted
 * @param torn files restored as they were stored, though torn at backup or, where a restore takes
 *     them, with data that differs from its checksum
 * @param skipped by reason
 * @param damaged files not put in place because their checksum differs: the archive is damaged
 * @param damagedSegments files of the archive that are not as they were written: what could be read
 *     of them was restored, though names and attributes in them may be wrong
 * @param suspect entries of such segments that were begun with, each told by a line: none of them
 *     replaces what is there, none has its set-user-ID and set-group-ID bits
 * @param unseen entries of damaged segments, selected or not, that could not be read
 * @param failed entries by errno
 * @param attributes attributes, ACLs and extended ones among them, that could not be set on entries
 *     otherwise restored, by errno
 * @param parents directories made for selected entries, not selected themselves, that were given
 *     their attributes
 * @param bare directories made for selected entries whose own entries the round does not hold: they
 *     stay with mode 0700
 * @param blocks LAYOUT and HSM blocks that were not restored, by kind
 * @param tombstones passed over, of a full round
 * @param stale selected entries, and directories above them, that may not be the youngest version,
 *     or should not be there at all: they are from rounds older than one of the chain that has lost
 *     records by damage
 * @param unmatched selected paths that met no entry
 */
public record RestoreReport(
        long selected,
        long files,
        long directories,
        long symlinks,
        long links,
        long specials,
        long bytes,
        long torn,
        SortedMap<SkipReason, Long> skipped,
        long damaged,
        long damagedSegments,
        long suspect,
        long unseen,
        SortedMap<Integer, Long> failed,
        SortedMap<Integer, Long> attributes,
        long parents,
        long bare,
        SortedMap<String, Long> blocks,
        long tombstones,
        long stale,
        List<byte[]> unmatched) {

    /** Whether all that was selected is there, as it was, or was kept back by the replace rule. */
    public boolean isComplete() {
        return damaged == 0
                && damagedSegments == 0
                && stale == 0
                && failed.isEmpty()
                && attributes.isEmpty()
                && bare == 0
                && torn == 0
                && !skipped.containsKey(SkipReason.NO_DATA)
                && !skipped.containsKey(SkipReason.TORN)
                && !skipped.containsKey(SkipReason.RELEASED)
                && unmatched.isEmpty();
    }

    /** Number of selected entries that are accounted for; equals {@link #selected}. */
    public long accounted() {
        return files
                + directories
                + symlinks
                + links
                + specials
                + sum(skipped)
                + damaged
                + sum(failed);
    }

    private static long sum(SortedMap<?, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
