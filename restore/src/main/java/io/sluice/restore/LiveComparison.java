package io.sluice.restore;

import io.sluice.common.pattern.Excludes;
import io.sluice.common.posix.FileIdentity;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;

/**
 * With what, and how, a round is compared.
 *
 * @param live path of the root of the live tree
 * @param extra whether live names that the round lacks are differences: so in a round that holds
 *     every entry, not in one of changes
 * @param spillDirectory an existing directory for sorting names; what is put there is removed again
 * @param leftOut live directories that a round leaves out wherever they lie, such as the archive
 * @param excludes names that the round left out because the user said so
 */
public record LiveComparison(
        byte[] live,
        boolean extra,
        Path spillDirectory,
        Set<FileIdentity> leftOut,
        Excludes excludes) {
    public LiveComparison(byte[] live, boolean extra, Path spillDirectory) {
        this(live, extra, spillDirectory, Set.of(), Excludes.NOTHING);
    }

    public LiveComparison {
        Objects.requireNonNull(live);
        Objects.requireNonNull(spillDirectory);
        leftOut = Set.copyOf(leftOut);
        Objects.requireNonNull(excludes);
    }
}
