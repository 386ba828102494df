package io.sluice.common.change;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.shard.MetadataTargets;

/**
 * One directory, read completely, or a numbered part of it: every name that the directory gave,
 * with its attributes or the reason why there are none.
 *
 * <p>A directory beyond {@code entries_per_listing} comes in parts 0, 1, 2 … under one random id;
 * the last part carries their count. Only a gapless set of one id is complete. The names within one
 * reading of a directory are distinct unless it changed meanwhile.
 *
 * @param directory path relative to the root
 * @param id the reading that this belongs to
 * @param part number of this part
 * @param parts how many parts there are, in the last part; 0 in all others
 * @param unsteady whether the directory changed while it was read, so that an absent name proves
 *     nothing; known in the last part
 * @param errno why the directory could not be read, or could not be read to its end; 0 when it was
 * @param count number of entries in {@code entries}
 * @param entries packed, see {@link io.sluice.common.entry.PackedEntries}
 * @param target the metadata server of the directory, or {@link MetadataTargets#UNKNOWN}
 */
public record Listing(
        byte[] directory,
        long id,
        int part,
        int parts,
        boolean unsteady,
        int errno,
        int count,
        byte[] entries,
        int target)
        implements Change {

    /** Whose metadata server nobody asks for. */
    public Listing(
            byte[] directory,
            long id,
            int part,
            int parts,
            boolean unsteady,
            int errno,
            int count,
            byte[] entries) {
        this(directory, id, part, parts, unsteady, errno, count, entries, MetadataTargets.UNKNOWN);
    }

    public static Listing whole(byte[] directory, boolean unsteady, int count, byte[] entries) {
        return new Listing(directory, 0, 0, 1, unsteady, 0, count, entries);
    }

    /** A directory that could not be read; says nothing about its names. */
    public static Listing failed(byte[] directory, int errno) {
        return new Listing(directory, 0, 0, 1, false, errno, 0, new byte[0]);
    }

    public boolean isWhole() {
        return part == 0 && parts == 1;
    }

    public boolean isLast() {
        return parts > 0;
    }

    public EntryCursor cursor() {
        return new EntryCursor().reset(entries);
    }
}
