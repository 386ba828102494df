package io.sluice.common.change;

import io.sluice.common.shard.MetadataTargets;

/**
 * The truth about one name, asked of the filesystem after a hint.
 *
 * @param directory path relative to the root
 * @param forced whether the name goes out even when its signature is the stored one (an owed name)
 * @param entry the one entry, packed: PRESENT, GONE or UNREADABLE
 * @param target the metadata server of the directory, or {@link MetadataTargets#UNKNOWN}
 */
public record Delta(byte[] directory, boolean forced, byte[] entry, int target) implements Change {
    /** Whose metadata server nobody asks for. */
    public Delta(byte[] directory, boolean forced, byte[] entry) {
        this(directory, forced, entry, MetadataTargets.UNKNOWN);
    }
}
