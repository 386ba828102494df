package io.sluice.bacula.director;

import io.sluice.bacula.config.ShardForm;
import io.sluice.common.SluiceException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** Looks for what keeps the jobs of a set from running at once, or makes them useless. */
public final class Doctor {
    /**
     * What to look at.
     *
     * @param director files of the Director's configuration; none to leave it out, as the others
     * @param set only this one; null for all
     * @param shards so many jobs must run at once; 0 for as many as the largest set has
     * @param names gives how many names a set has, as far as that is known
     * @param backend the program that the plugin starts
     * @param program of the File Daemon
     */
    public record Request(
            List<Path> director,
            List<Path> storage,
            List<Path> file,
            String set,
            int shards,
            Function<String, OptionalLong> names,
            Path backend,
            Path program) {}

    private final Request request;
    private final List<Finding> findings = new ArrayList<>();

    private Doctor(Request request) {
        this.request = request;
    }

    /** Looks at everything; in the order of the checks. */
    public static List<Finding> look(Request request) {
        Doctor doctor = new Doctor(request);
        doctor.look();
        return doctor.findings;
    }

    private void look() {
        Configuration director = read("bacula-dir.conf", "--director-conf", request.director());
        Configuration storage = read("bacula-sd.conf", "--sd-conf", request.storage());
        Configuration file = read("bacula-fd.conf", "--fd-conf", request.file());
        Map<String, List<SluiceJob>> sets = director == null ? Map.of() : sets(director);
        int jobs = request.shards();
        for (List<SluiceJob> set : sets.values()) {
            jobs = Math.max(jobs, set.size());
        }
        jobs = Math.max(jobs, 1);
        JobChecks checks = new JobChecks(findings);
        sets.forEach(checks::complete);
        if (director != null) {
            concurrency(director, storage, sets, jobs);
            List<SluiceJob> all = sets.values().stream().flatMap(List::stream).toList();
            checks.excludes(all);
            checks.reschedule(all);
            checks.accurate(sets, request.names());
        }
        PluginChecks plugin = new PluginChecks(findings);
        if (file != null) {
            new ConcurrencyChecks(file, findings).fileDaemon(file, jobs);
            plugin.plugin(file);
        }
        plugin.backend(request.backend());
        plugin.version(request.program());
    }

    private void concurrency(
            Configuration director,
            Configuration storage,
            Map<String, List<SluiceJob>> sets,
            int jobs) {
        ConcurrencyChecks checks = new ConcurrencyChecks(director, findings);
        checks.director(jobs);
        Map<String, Integer> clients = new TreeMap<>();
        Map<String, Integer> storages = new TreeMap<>();
        for (List<SluiceJob> set : sets.values()) {
            most(clients, count(set, job -> List.of(job.value("Client"))));
            most(storages, count(set, job -> job.storages(director)));
        }
        checks.resources(clients, storages);
        if (storage == null) {
            return;
        }
        int busiest = storages.values().stream().mapToInt(Integer::intValue).max().orElse(jobs);
        checks.storageDaemon(storage, busiest);
        for (List<SluiceJob> set : sets.values()) {
            Map<String, List<SluiceJob>> users = new TreeMap<>();
            set.forEach(
                    job ->
                            job.storages(director).stream()
                                    .limit(1)
                                    .forEach(
                                            name ->
                                                    users.computeIfAbsent(
                                                                    name, each -> new ArrayList<>())
                                                            .add(job)));
            users.forEach((name, of) -> checks.devices(storage, name, of));
        }
    }

    private static Map<String, Integer> count(
            List<SluiceJob> set, Function<SluiceJob, List<String>> names) {
        Map<String, Integer> counts = new TreeMap<>();
        set.forEach(
                job ->
                        new LinkedHashSet<>(names.apply(job))
                                .forEach(name -> counts.merge(name, 1, Integer::sum)));
        return counts;
    }

    private static void most(Map<String, Integer> all, Map<String, Integer> counts) {
        counts.forEach((name, count) -> all.merge(name, count, Math::max));
    }

    /** By name of the set, in the order of the files. */
    private Map<String, List<SluiceJob>> sets(Configuration director) {
        Map<String, List<SluiceJob>> sets = new LinkedHashMap<>();
        Set<String> others = new LinkedHashSet<>();
        for (SluiceJob job : SluiceJob.of(director, findings)) {
            if (request.set() == null || request.set().equals(job.set())) {
                sets.computeIfAbsent(job.set(), each -> new ArrayList<>()).add(job);
            } else {
                others.add(job.set());
            }
        }
        if (sets.isEmpty() && request.set() != null) {
            findings.add(
                    Finding.fail(
                            "set",
                            "no job is of the set "
                                    + request.set()
                                    + (others.isEmpty()
                                            ? ""
                                            : "; there are " + String.join(", ", others)),
                            "write its jobs with sluice gen-fileset, and include the files"));
        } else if (sets.isEmpty()) {
            findings.add(
                    Finding.warn(
                            "set",
                            "no job has a FileSet with Plugin = \"sluice:…\"; up to "
                                    + Math.max(1, request.shards())
                                    + " of "
                                    + ShardForm.MAX_SHARDS
                                    + " shards are checked for",
                            "write the jobs with sluice gen-fileset, and include the files"));
        }
        return sets;
    }

    /** Null where nothing is to be read, or cannot be. */
    private Configuration read(String name, String option, List<Path> files) {
        if (files.isEmpty()) {
            findings.add(
                    Finding.warn(
                            "files",
                            name + " is not on this host and was not looked at",
                            "run this on its host too, or name a copy with " + option));
            return null;
        }
        try {
            Configuration configuration = ConfReader.read(files);
            configuration
                    .commands()
                    .forEach(
                            command ->
                                    findings.add(
                                            Finding.warn(
                                                    "files",
                                                    "what a command writes was not read, "
                                                            + command,
                                                    "name the files that it prints with "
                                                            + option
                                                            + " too")));
            return configuration;
        } catch (SluiceException e) {
            findings.add(Finding.fail("files", e.getMessage(), ""));
            return null;
        }
    }
}
