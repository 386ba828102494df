package io.sluice.ptcomm.archive;

/**
 * A segment that is not as it was written.
 *
 * @param segment name of the file
 * @param detail what is wrong with it, in a few words
 * @param unseenEntries entries and tombstones of it, by the manifest, that were not told
 */
public record Damage(int round, int shard, String segment, String detail, long unseenEntries) {}
