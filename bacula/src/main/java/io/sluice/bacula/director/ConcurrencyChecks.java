package io.sluice.bacula.director;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether all jobs of a set can run at once: they wait for each other, so one that cannot begin
 * holds up all. The defaults are those of 15.0.3.
 */
final class ConcurrencyChecks {
    private static final String KEYWORD = "Maximum Concurrent Jobs";
    private static final int DAEMON_DEFAULT = 20;
    private static final int DIRECTOR_RESOURCE_DEFAULT = 1;

    private final Configuration director;
    private final List<Finding> findings;

    ConcurrencyChecks(Configuration director, List<Finding> findings) {
        this.director = director;
        this.findings = findings;
    }

    void director(int jobs) {
        director.first("Director")
                .ifPresentOrElse(
                        resource -> limit("Director", resource, DAEMON_DEFAULT, jobs),
                        () -> absent("bacula-dir.conf has no Director resource"));
    }

    /** The Client and Storage resources of the Director's configuration that a set's jobs use. */
    void resources(Map<String, Integer> clients, Map<String, Integer> storages) {
        clients.forEach(
                (name, jobs) ->
                        director.named("Client", name)
                                .ifPresentOrElse(
                                        resource ->
                                                limit(
                                                        "Client \"" + name + "\"",
                                                        resource,
                                                        DIRECTOR_RESOURCE_DEFAULT,
                                                        jobs),
                                        () -> absent("there is no Client \"" + name + "\"")));
        storages.forEach(
                (name, jobs) ->
                        storage(name)
                                .ifPresentOrElse(
                                        resource ->
                                                limit(
                                                        "Storage \"" + name + "\"",
                                                        resource,
                                                        DIRECTOR_RESOURCE_DEFAULT,
                                                        jobs),
                                        () -> absent("there is no Storage \"" + name + "\"")));
    }

    void fileDaemon(Configuration daemon, int jobs) {
        daemon.first("FileDaemon")
                .or(() -> daemon.first("Client"))
                .ifPresentOrElse(
                        resource -> limit("FileDaemon", resource, DAEMON_DEFAULT, jobs),
                        () -> absent("bacula-fd.conf has no FileDaemon resource"));
    }

    void storageDaemon(Configuration daemon, int jobs) {
        daemon.first("Storage")
                .ifPresentOrElse(
                        resource -> limit("the SD's Storage", resource, DAEMON_DEFAULT, jobs),
                        () -> absent("bacula-sd.conf has no Storage resource"));
    }

    private Optional<Resource> storage(String name) {
        return director.named("Storage", name).or(() -> director.named("Autochanger", name));
    }

    /**
     * Whether the devices behind the Director's storage take so many jobs at once, and gain by it.
     *
     * @param jobs that write there, of one set
     */
    void devices(Configuration daemon, String storage, List<SluiceJob> jobs) {
        if (storage(storage).isEmpty()) {
            return;
        }
        List<Resource> devices = devices(daemon, storage(storage).get());
        String of = "Storage \"" + storage + "\"";
        if (devices.isEmpty()) {
            findings.add(
                    Finding.warn(
                            "devices",
                            of
                                    + ": bacula-sd.conf has none of its devices ("
                                    + String.join(
                                            ", ",
                                            storage(storage)
                                                    .get()
                                                    .directive("Device")
                                                    .map(Directive::values)
                                                    .orElse(List.of()))
                                    + ")",
                            "name that storage's own file with --sd-conf"));
            return;
        }
        long room = 0;
        boolean shares = false;
        for (Resource device : devices) {
            int most = number(device, 0);
            room = most == 0 ? Long.MAX_VALUE : room == Long.MAX_VALUE ? room : room + most;
            shares |= most != 1;
            if (most == 0) {
                break;
            }
        }
        int count = jobs.size();
        if (room < count) {
            findings.add(
                    Finding.fail(
                            "devices",
                            of
                                    + ": "
                                    + devices(devices.size())
                                    + " that take "
                                    + room
                                    + " jobs at once, for "
                                    + count
                                    + " jobs of a set: the rest would wait, and all with them",
                            "add devices to bacula-sd.conf, or raise " + KEYWORD + " in them"));
            return;
        }
        boolean spools = jobs.stream().allMatch(job -> job.isYes("SpoolData"));
        if (devices.size() < count && !spools) {
            findings.add(
                    Finding.warn(
                            "devices",
                            of
                                    + ": "
                                    + devices(devices.size())
                                    + " for "
                                    + count
                                    + " jobs, whose blocks are mixed on the volumes",
                            "add devices up to "
                                    + count
                                    + ", or set Spool Data = yes in the jobs"));
        } else {
            findings.add(
                    Finding.ok(
                            "devices",
                            of
                                    + ": "
                                    + devices(devices.size())
                                    + " for "
                                    + count
                                    + (count == 1 ? " job" : " jobs")
                                    + (spools ? ", spooled" : "")));
        }
        volumes(of, jobs, devices.size(), shares);
    }

    private void volumes(String of, List<SluiceJob> jobs, int devices, boolean shares) {
        Map<String, Integer> pools = new TreeMap<>();
        jobs.forEach(job -> pools.merge(job.value("Pool"), 1, Integer::sum));
        for (Map.Entry<String, Integer> pool : pools.entrySet()) {
            int most =
                    director.named("Pool", pool.getKey())
                            .flatMap(resource -> resource.directive("MaximumVolumeJobs"))
                            .map(directive -> directive.number(0))
                            .orElse(0);
            boolean apart = most == 1 || (!shares && devices > 1);
            if (pool.getValue() > 1 && !apart) {
                findings.add(
                        Finding.warn(
                                "volumes",
                                of
                                        + ": "
                                        + pool.getValue()
                                        + " jobs of a set use the pool \""
                                        + pool.getKey()
                                        + "\" and may all write to the one volume that is mounted: no speed-up",
                                "write the jobs with gen-fileset --per-shard-pool, or set Maximum Volume Jobs = 1 in the pool"));
            } else {
                findings.add(
                        Finding.ok(
                                "volumes",
                                of
                                        + ", pool \""
                                        + pool.getKey()
                                        + "\": each job has a volume of its own"));
            }
        }
    }

    private static String devices(int count) {
        return count == 1 ? "1 device" : count + " devices";
    }

    /** A device of that name, or those of the changer. */
    private static List<Resource> devices(Configuration daemon, Resource storage) {
        Set<String> names = new TreeSet<>();
        for (String name : storage.directive("Device").map(Directive::values).orElse(List.of())) {
            daemon.named("Autochanger", name)
                    .ifPresentOrElse(
                            changer ->
                                    changer.all("Device")
                                            .forEach(each -> names.addAll(each.values())),
                            () -> names.add(name));
        }
        List<Resource> devices = new ArrayList<>();
        names.forEach(name -> daemon.named("Device", name).ifPresent(devices::add));
        return devices;
    }

    private void limit(String of, Resource resource, int otherwise, int jobs) {
        int most = number(resource, otherwise);
        boolean given = resource.directive(KEYWORD).isPresent();
        String text =
                of
                        + " ("
                        + resource.where()
                        + "): "
                        + KEYWORD
                        + " is "
                        + most
                        + (given ? "" : " by default")
                        + ", "
                        + jobs
                        + (jobs == 1 ? " is" : " are")
                        + " needed";
        findings.add(
                most >= jobs
                        ? Finding.ok("concurrency", text)
                        : Finding.fail(
                                "concurrency",
                                text,
                                "set "
                                        + KEYWORD
                                        + " = "
                                        + jobs
                                        + " there, and reload or restart the daemon"));
    }

    private static int number(Resource resource, int otherwise) {
        return resource.directive(KEYWORD)
                .map(directive -> directive.number(otherwise))
                .orElse(otherwise);
    }

    private void absent(String what) {
        findings.add(
                Finding.fail(
                        "concurrency",
                        what,
                        "name the files that hold it with --director-conf, --fd-conf, --sd-conf"));
    }
}
