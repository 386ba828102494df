package io.sluice.restore;

import java.nio.file.Path;
import java.util.Objects;

/**
 * With what, and how, a round is compared.
 *
 * @param live path of the root of the live tree
 * @param extra whether live names that the round lacks are differences: so in a round that holds
 *     every entry, not in one of changes
 * @param spillDirectory an existing directory for sorting names; what is put there is removed again
 */
public record LiveComparison(byte[] live, boolean extra, Path spillDirectory) {
    public LiveComparison {
        Objects.requireNonNull(live);
        Objects.requireNonNull(spillDirectory);
    }
}
