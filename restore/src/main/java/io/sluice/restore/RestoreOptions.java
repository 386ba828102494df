package io.sluice.restore;

import io.sluice.common.filesystem.FilesystemHooks;
import java.nio.file.Path;
import java.util.Objects;

/**
 * How a restore goes about its work.
 *
 * @param replace what happens to names that the target already has
 * @param selection which entries are wanted
 * @param metadata whether directories, links and empty files of a round of metadata are restored
 * @param spillDirectory an existing directory for sorting; what is put there is removed again
 * @param hooks what the target's filesystem makes of layouts and of files on tape
 */
public record RestoreOptions(
        Replace replace,
        Selection selection,
        boolean metadata,
        Path spillDirectory,
        FilesystemHooks hooks) {
    /** On any filesystem. */
    public RestoreOptions(
            Replace replace, Selection selection, boolean metadata, Path spillDirectory) {
        this(replace, selection, metadata, spillDirectory, FilesystemHooks.NONE);
    }

    public RestoreOptions {
        Objects.requireNonNull(replace);
        Objects.requireNonNull(selection);
        Objects.requireNonNull(spillDirectory);
        Objects.requireNonNull(hooks);
    }
}
