package io.sluice.common.change;

/**
 * What a source tells the directory index. Keyed by {@link #directory}, so that everything about
 * one directory meets in one place.
 */
public sealed interface Change permits Listing, Delta, SourceTotals {
    /** The path of the directory that this is about, relative to the root. */
    byte[] directory();
}
