package io.sluice.bacula.director;

import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.PluginLine;
import io.sluice.bacula.config.Settings;
import io.sluice.bacula.config.ShardForm;
import io.sluice.bacula.config.Site;
import io.sluice.bacula.config.ThisRelease;
import io.sluice.common.SluiceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A job whose FileSet has a Plugin line of Sluice's.
 *
 * @param defaults its JobDefs; null for none
 */
record SluiceJob(Resource job, Resource defaults, Resource fileSet, Settings settings) {
    private static final String PREFIX = "sluice:";

    /** The jobs of a configuration; what is wrong with their Plugin lines goes to the findings. */
    static List<SluiceJob> of(Configuration director, List<Finding> findings) {
        List<SluiceJob> jobs = new ArrayList<>();
        for (Resource job : director.all("Job")) {
            Resource defaults = director.named("JobDefs", job.value("JobDefs")).orElse(null);
            String name = value(job, defaults, "FileSet");
            if (!value(job, defaults, "Type").equalsIgnoreCase("backup")) {
                continue;
            }
            Resource fileSet = director.named("FileSet", name).orElse(null);
            if (fileSet == null) {
                continue;
            }
            for (String line : lines(fileSet)) {
                try {
                    byte[] pairs =
                            line.substring(PREFIX.length()).getBytes(StandardCharsets.ISO_8859_1);
                    // The File Daemon's host may have another file: defaults are assumed.
                    Settings settings = Settings.of(PluginLine.parse(pairs), Site.none());
                    ThisRelease.require(settings);
                    jobs.add(new SluiceJob(job, defaults, fileSet, settings));
                } catch (SluiceException e) {
                    findings.add(
                            Finding.fail(
                                    "line",
                                    "FileSet \"" + fileSet.name() + "\": " + e.getMessage(),
                                    "the job would fail at once; mend the line in "
                                            + fileSet.where()));
                }
            }
        }
        return jobs;
    }

    private static List<String> lines(Resource fileSet) {
        List<String> lines = new ArrayList<>();
        for (Resource include : fileSet.blocks("Include")) {
            for (Directive plugin : include.all("Plugin")) {
                // Commas outside of quotes separate lines.
                plugin.values().stream()
                        .filter(each -> each.startsWith(PREFIX))
                        .forEach(lines::add);
            }
        }
        return lines;
    }

    private static String value(Resource job, Resource defaults, String keyword) {
        Optional<Directive> own = job.directive(keyword);
        return own.isPresent() || defaults == null
                ? own.map(Directive::value).orElse("")
                : defaults.value(keyword);
    }

    /** The job's own directive, or its JobDefs'; empty for neither. */
    String value(String keyword) {
        return value(job, defaults, keyword);
    }

    boolean isYes(String keyword) {
        String value = value(keyword);
        return value.equalsIgnoreCase("yes") || value.equalsIgnoreCase("true");
    }

    boolean isNo(String keyword) {
        String value = value(keyword);
        return value.equalsIgnoreCase("no") || value.equalsIgnoreCase("false");
    }

    String name() {
        return job.name();
    }

    String set() {
        return settings.set();
    }

    ShardForm shard() {
        return settings.get(Keys.SHARD);
    }

    /** Where it writes: the job's storage goes before the pool's. */
    List<String> storages(Configuration director) {
        Optional<Directive> own = job.directive("Storage");
        if (own.isEmpty() && defaults != null) {
            own = defaults.directive("Storage");
        }
        if (own.isEmpty()) {
            own = director.named("Pool", value("Pool")).flatMap(pool -> pool.directive("Storage"));
        }
        return own.map(Directive::values).orElse(List.of());
    }
}
