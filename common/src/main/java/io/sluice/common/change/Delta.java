package io.sluice.common.change;

/**
 * The truth about one name, asked of the filesystem after a hint.
 *
 * @param directory path relative to the root
 * @param forced whether the name goes out even when its signature is the stored one (an owed name)
 * @param entry the one entry, packed: PRESENT, GONE or UNREADABLE
 */
public record Delta(byte[] directory, boolean forced, byte[] entry) implements Change {}
