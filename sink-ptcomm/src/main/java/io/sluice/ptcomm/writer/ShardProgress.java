package io.sluice.ptcomm.writer;

/**
 * What stands of a shard in keyed state. State of another run counts as empty.
 *
 * @param round that the run is of
 * @param run identity of the run
 * @param settled number of items whose outcome is known
 */
record ShardProgress(long round, String run, long settled) {}
