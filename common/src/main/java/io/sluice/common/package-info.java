/**
 * The vocabulary that every part speaks: {@code entry} (names and attributes), {@code change} (what
 * sources tell the index), {@code item} (what the index hands to the writers), {@code round} (what
 * all of them report), {@code shard}; and the raw-byte access to the filesystem in {@code posix}.
 */
package io.sluice.common;
