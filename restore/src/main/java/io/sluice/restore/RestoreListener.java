package io.sluice.restore;

/** Hears of single entries while a restore runs; called by one thread at a time. */
@FunctionalInterface
public interface RestoreListener {
    void line(RestoreLine line);
}
