package io.sluice.pipeline.index;

/** What becomes of files on tape in a round, as far as the index must know. */
public enum TapeUse {
    /** The filesystem has none. */
    NONE,
    /** New ones are entries without data. */
    STUBS,
    /** New ones are fetched back. */
    RECALLS
}
