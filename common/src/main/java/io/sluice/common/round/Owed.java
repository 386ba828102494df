package io.sluice.common.round;

/**
 * A path that this round could not store whole or could not decide: the next round stores it even
 * when it has not changed since.
 *
 * @param path relative to the root
 */
public record Owed(byte[] path, OwedReason reason, int shard) implements RoundEvent {}
