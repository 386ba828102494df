package io.sluice.cli;

import io.sluice.bacula.config.Settings;
import io.sluice.bacula.config.Site;
import io.sluice.bacula.set.SetDirectory;
import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** A set of this host, by its name. */
final class SetArgument {
    @Parameters(paramLabel = "SET", description = "The set: 'sluice status' names them.")
    private String name;

    /** Where the host's sets are. */
    static Path base() {
        return SetDirectory.base(Settings.of(Site.read()));
    }

    SetDirectory open() {
        return SetDirectory.existing(base(), name);
    }
}
