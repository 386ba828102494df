package io.sluice.restore;

import java.nio.file.Path;
import java.util.Objects;

/**
 * How a restore goes about its work.
 *
 * @param replace what happens to names that the target already has
 * @param selection which entries are wanted
 * @param metadata whether directories, links and empty files of a round of metadata are restored
 * @param spillDirectory an existing directory for sorting; what is put there is removed again
 */
public record RestoreOptions(
        Replace replace, Selection selection, boolean metadata, Path spillDirectory) {
    public RestoreOptions {
        Objects.requireNonNull(replace);
        Objects.requireNonNull(selection);
        Objects.requireNonNull(spillDirectory);
    }
}
