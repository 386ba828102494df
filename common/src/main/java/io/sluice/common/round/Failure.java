package io.sluice.common.round;

/**
 * An entry, or a directory's content, that could not be backed up.
 *
 * @param path relative to the root
 * @param operation the call that failed, such as {@code open}, {@code list}, {@code read}
 */
public record Failure(byte[] path, String operation, int errno) implements RoundEvent {}
