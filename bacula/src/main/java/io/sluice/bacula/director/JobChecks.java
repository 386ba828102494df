package io.sluice.bacula.director;

import io.sluice.bacula.config.ShardForm;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** What a set's jobs and FileSets say. */
final class JobChecks {
    /** From here on Accurate costs minutes and gigabytes. */
    private static final long MANY_NAMES = 10_000_000;

    /** Measured: 5 µs of the Director and 3.5 µs of the File Daemon a name. */
    private static final double ACCURATE_SECONDS_PER_NAME = 8.5e-6;

    private static final int ACCURATE_BYTES_PER_NAME = 150;

    private final List<Finding> findings;

    JobChecks(List<Finding> findings) {
        this.findings = findings;
    }

    /** Whether all parts of the set are there, once, and begin together. */
    void complete(String set, List<SluiceJob> jobs) {
        int shards = jobs.get(0).shard().shards();
        Map<Integer, List<String>> names = new TreeMap<>();
        for (SluiceJob job : jobs) {
            ShardForm shard = job.shard();
            if (shard.shards() != shards) {
                findings.add(
                        Finding.fail(
                                "set",
                                "set "
                                        + set
                                        + ": job \""
                                        + job.name()
                                        + "\" is of "
                                        + shard.shards()
                                        + " shards, \""
                                        + jobs.get(0).name()
                                        + "\" of "
                                        + shards,
                                "give all jobs of the set one number of shards"));
                return;
            }
            names.computeIfAbsent(shard.shard(), each -> new ArrayList<>()).add(job.name());
        }
        List<String> missing = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            List<String> of = names.getOrDefault(shard, List.of());
            if (of.isEmpty()) {
                missing.add(shard + "/" + shards);
            } else if (of.size() > 1) {
                findings.add(
                        Finding.fail(
                                "set",
                                "set "
                                        + set
                                        + ": shard "
                                        + shard
                                        + " is that of "
                                        + String.join(", ", of),
                                "leave one of them"));
            }
        }
        if (!missing.isEmpty()) {
            findings.add(
                    Finding.fail(
                            "set",
                            "set "
                                    + set
                                    + ": no job has shard "
                                    + String.join(", ", missing)
                                    + "; all others would wait for it",
                            "write the set's jobs anew with sluice gen-fileset, and include the files"));
        } else {
            findings.add(
                    Finding.ok("set", "set " + set + ": all " + shards + " shards have a job"));
        }
        together(set, jobs, "Schedule");
        together(set, jobs, "Priority");
    }

    /** Jobs of different times or priorities never run at once. */
    private void together(String set, List<SluiceJob> jobs, String keyword) {
        Set<String> values = new TreeSet<>(jobs.stream().map(job -> job.value(keyword)).toList());
        if (values.size() > 1) {
            findings.add(
                    Finding.fail(
                            "together",
                            "set "
                                    + set
                                    + ": its jobs differ in "
                                    + keyword
                                    + " ("
                                    + String.join(", ", values)
                                    + "), so they do not run at once",
                            "give all of them one " + keyword));
        }
    }

    void excludes(List<SluiceJob> jobs) {
        Set<String> seen = new TreeSet<>();
        boolean found = false;
        for (SluiceJob job : jobs) {
            Resource fileSet = job.fileSet();
            if (!seen.add(fileSet.name())) {
                continue;
            }
            String what = excludes(fileSet);
            if (what != null) {
                found = true;
                findings.add(
                        Finding.warn(
                                "excludes",
                                "FileSet \""
                                        + fileSet.name()
                                        + "\" has "
                                        + what
                                        + " beside its Plugin line, which leaves nothing out there",
                                "write exclude=PATTERN or exclude_file=FILE into the Plugin line"));
            }
            if (!fileSet.directive("IgnoreFileSetChanges").map(Directive::isYes).orElse(false)) {
                findings.add(
                        Finding.warn(
                                "fileset",
                                "FileSet \""
                                        + fileSet.name()
                                        + "\": each change of it makes the next round of all its set's jobs a Full",
                                "add Ignore FileSet Changes = yes"));
            }
        }
        if (!found) {
            findings.add(Finding.ok("excludes", "no FileSet has excludes beside a Plugin line"));
        }
    }

    private static String excludes(Resource fileSet) {
        if (!fileSet.blocks("Exclude").isEmpty()) {
            return "an Exclude block";
        }
        for (Resource include : fileSet.blocks("Include")) {
            if (include.directive("ExcludeDirContaining").isPresent()) {
                return "ExcludeDirContaining";
            }
            for (Resource options : include.blocks("Options")) {
                for (Directive directive : options.directives()) {
                    if (directive.name().startsWith("wild")
                            || directive.name().startsWith("regex")
                            || (directive.name().equals("exclude") && directive.isYes())) {
                        return "Options with " + directive.name();
                    }
                }
            }
        }
        return null;
    }

    void reschedule(List<SluiceJob> jobs) {
        List<String> again =
                jobs.stream()
                        .filter(
                                job ->
                                        job.isYes("RescheduleOnError")
                                                || !job.isNo("RescheduleIncompleteJobs"))
                        .map(SluiceJob::name)
                        .toList();
        if (again.isEmpty()) {
            findings.add(Finding.ok("reschedule", "no job is run again by itself"));
        } else {
            findings.add(
                    Finding.warn(
                            "reschedule",
                            "the Director may run "
                                    + String.join(", ", again)
                                    + " again by itself (Reschedule On Error, or Reschedule Incomplete Jobs, whose"
                                    + " default is yes): a job alone waits for the others of its set until it"
                                    + " times out",
                            "set Reschedule On Error = no and Reschedule Incomplete Jobs = no, and run all jobs of"
                                    + " the set again"));
        }
    }

    /**
     * @param names gives how many names a set has, as far as that is known
     */
    void accurate(Map<String, List<SluiceJob>> sets, Function<String, OptionalLong> names) {
        boolean found = false;
        for (Map.Entry<String, List<SluiceJob>> set : sets.entrySet()) {
            List<SluiceJob> accurate =
                    set.getValue().stream().filter(job -> job.isYes("Accurate")).toList();
            if (accurate.isEmpty()) {
                continue;
            }
            found = true;
            OptionalLong known = names.apply(set.getKey());
            String costs =
                    String.format(
                            Locale.ROOT,
                            "%,d names cost %.0f s of Director and File Daemon and %,d MB of memory a round",
                            known.orElse(MANY_NAMES),
                            known.orElse(MANY_NAMES) * ACCURATE_SECONDS_PER_NAME,
                            known.orElse(MANY_NAMES) * ACCURATE_BYTES_PER_NAME / 1_000_000);
            String text = "set " + set.getKey() + " is Accurate: " + costs;
            if (known.isPresent() && known.getAsLong() <= MANY_NAMES) {
                findings.add(Finding.ok("accurate", text));
            } else {
                findings.add(
                        Finding.warn(
                                "accurate",
                                known.isPresent()
                                        ? text
                                        : text + "; how many it has is not known here",
                                "set Accurate = no, deletions are recorded without it; or say --names N"));
            }
        }
        if (!found) {
            findings.add(
                    Finding.ok(
                            "accurate", "no set is Accurate; deletions are recorded without it"));
        }
    }
}
