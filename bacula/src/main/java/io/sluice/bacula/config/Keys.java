package io.sluice.bacula.config;

import io.sluice.bacula.config.ShardForm.Strategy;
import io.sluice.common.filesystem.HsmOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The one table of all keys: parser, {@code config show} and documentation use it. */
public final class Keys {
    /** What belongs to one job. */
    private static final Set<Place> JOB = Set.of(Place.LINE);

    private static final Set<Place> ANYWHERE = Set.of(Place.LINE, Place.ENVIRONMENT, Place.FILE);

    /** What all jobs of a host must agree on. */
    private static final Set<Place> HOST = Set.of(Place.ENVIRONMENT, Place.FILE);

    public static final Key<byte[]> PATH =
            Key.of("path", Kind.PATH, "", JOB, "The directory to back up; required.");

    public static final Key<ShardForm> SHARD =
            Key.of(
                    "shard",
                    ShardForm.KIND,
                    "0/1",
                    JOB,
                    "Which part of the set this job is: part K, from 0, of N.");

    public static final Key<Mode> MODE =
            Key.of(
                    "mode",
                    Kind.words(Mode.class),
                    "posix",
                    ANYWHERE,
                    "Where a round learns what has changed.");

    public static final Key<Map<String, String>> LUSTRE_DEVICE =
            Key.of(
                    "lustre_device",
                    "SLUICE_CL_DEVICE",
                    Kind.LUSTRE_USERS,
                    "",
                    ANYWHERE,
                    "For mode=lustre-changelog, each MDT and the user that reads its changelog.");

    public static final Key<Map<String, Long>> LUSTRE_SINCE =
            Key.of(
                    "lustre_since",
                    "SLUICE_CL_SINCE",
                    Kind.LUSTRE_RECORDS,
                    "",
                    ANYWHERE,
                    "For mode=lustre-changelog, read these changelogs again from an earlier record than the base noted.");

    public static final Key<SchedulerName> SCHEDULER =
            Key.of(
                    "scheduler",
                    Kind.words(SchedulerName.class),
                    "local",
                    ANYWHERE,
                    "What runs the round's job.");

    public static final Key<String> FLINK =
            Key.of(
                    "flink",
                    Kind.REST_ADDRESS,
                    "",
                    ANYWHERE,
                    "REST address of the cluster for scheduler=flink.");

    public static final Key<String> PARTITION =
            Key.of(
                    "partition",
                    Kind.SITE_NAME,
                    "",
                    ANYWHERE,
                    "Partition or queue to submit to (default: the scheduler's).");

    public static final Key<Integer> CPUS =
            Key.of(
                    "cpus",
                    Kind.number(1, 65_536),
                    "",
                    ANYWHERE,
                    "Cores to ask the scheduler for (default: the scheduler's).");

    public static final Key<String> MEM =
            Key.of(
                    "mem",
                    Kind.MEMORY_SIZE,
                    "",
                    ANYWHERE,
                    "Memory to ask the scheduler for (default: the scheduler's).");

    public static final Key<Duration> TIME =
            Key.of(
                    "time",
                    Kind.TIME_SPAN,
                    "",
                    ANYWHERE,
                    "Time to ask the scheduler for (default: the scheduler's).");

    public static final Key<Integer> NODES =
            Key.of(
                    "nodes",
                    Kind.number(1, 65_536),
                    "",
                    ANYWHERE,
                    "Hosts to ask the scheduler for (default: the scheduler's).");

    public static final Key<HsmPolicy> HSM_POLICY =
            Key.of(
                    "hsm_policy",
                    Kind.words(HsmPolicy.class),
                    "skip-released",
                    ANYWHERE,
                    "What becomes of files whose data lies on tape only.");

    public static final Key<Integer> HSM_RECALLS =
            Key.of(
                    "hsm_recalls",
                    Kind.number(1, 100_000),
                    Integer.toString(HsmOptions.RECALLS),
                    ANYWHERE,
                    "With backup-released: how many may be on their way back from tape at a time.");

    public static final Key<Integer> HSM_RECALLS_PER_HOUR =
            Key.of(
                    "hsm_recalls_per_hour",
                    Kind.number(1, Integer.MAX_VALUE),
                    "",
                    ANYWHERE,
                    "How many may be asked for within any hour (default: as many as come).");

    public static final Key<Integer> HSM_RECALL_TIMEOUT_SECS =
            Key.of(
                    "hsm_recall_timeout_secs",
                    Kind.number(1, Integer.MAX_VALUE),
                    Integer.toString(HsmOptions.RECALL_TIMEOUT_SECS),
                    ANYWHERE,
                    "When a file that has not come back from tape has failed, in seconds.");

    public static final Key<Boolean> HSM_RELEASE_AGAIN =
            Key.of(
                    "hsm_release_again",
                    Kind.FLAG,
                    "no",
                    ANYWHERE,
                    "Whether what was fetched back is released when it has been read.");

    public static final Key<ContentWord> CONTENT =
            Key.of(
                    "content",
                    Kind.words(ContentWord.class),
                    "full",
                    ANYWHERE,
                    "Whether the files' data is stored; metadata is a set of its own.");

    public static final Key<String> SET =
            Key.of(
                    "set",
                    Kind.FILE_NAME,
                    "",
                    JOB,
                    "Name of the shard set (default: made of path, mode, content and number of shards).");

    public static final Key<String> NAMESPACE =
            Key.of(
                    "namespace",
                    new Kind<>(
                            "@NAME, none",
                            text -> {
                                if (!text.matches("none|@[A-Za-z0-9._-]{1,63}")) {
                                    throw new Kind.BadValueException(
                                            "must be none, or @ and letters, digits and ._-, not "
                                                    + Kind.quote(text));
                                }
                                return text;
                            },
                            value -> value),
                    "@hpc",
                    ANYWHERE,
                    "First directory of the stored paths; none stores the paths as they are.");

    public static final Key<Integer> WORKERS =
            Key.of(
                    "workers",
                    Kind.number(1, 1024),
                    "",
                    ANYWHERE,
                    "Metadata calls in flight (default: 4 for each core, at most 64).");

    public static final Key<List<byte[]>> EXCLUDE =
            Key.listOf(
                    "exclude",
                    Kind.BYTES,
                    ANYWHERE,
                    "Pattern of names to leave out, by the rules of gitignore, relative to path.");

    public static final Key<List<byte[]>> EXCLUDE_FILE =
            Key.listOf(
                    "exclude_file",
                    Kind.PATH,
                    ANYWHERE,
                    "File of such patterns, one a line; they come before those of exclude.");

    public static final Key<List<byte[]>> EXCLUDE_IF_PRESENT =
            Key.listOf(
                    "exclude_if_present",
                    Kind.BYTES,
                    ANYWHERE,
                    "Name of a file beside which everything is left out.");

    public static final Key<Boolean> CROSS_MOUNTS =
            Key.of(
                    "cross_mounts",
                    Kind.FLAG,
                    "no",
                    ANYWHERE,
                    "Whether filesystems that are mounted below path are backed up too.");

    public static final Key<OnMissingBase> ON_MISSING_BASE =
            Key.of(
                    "on_missing_base",
                    Kind.words(OnMissingBase.class),
                    "fail",
                    ANYWHERE,
                    "What a job does when there is no base to go on from.");

    public static final Key<Integer> MAX_DELETES =
            Key.of(
                    "max_deletes",
                    Kind.percent(),
                    "20%",
                    ANYWHERE,
                    "Share of the known names that a round may delete, beyond 1,000 names.");

    public static final Key<Boolean> ALLOW_EMPTY =
            Key.of(
                    "allow_empty",
                    Kind.FLAG,
                    "no",
                    ANYWHERE,
                    "Whether a path that holds nothing is backed up.");

    public static final Key<Boolean> ABORT_ON_ERROR =
            Key.of(
                    "abort_on_error",
                    Kind.FLAG,
                    "no",
                    ANYWHERE,
                    "Whether the first entry that fails fails the job.");

    public static final Key<Integer> KEEP =
            Key.of(
                    "keep",
                    Kind.number(1, 1000),
                    "7",
                    ANYWHERE,
                    "How many of the newest rounds keep their savepoints.");

    public static final Key<byte[]> THROTTLE =
            Key.of(
                    "throttle",
                    "SLUICE_THROTTLE_PATH",
                    Kind.PATH,
                    "/var/lib/sluice/throttle.toml",
                    ANYWHERE,
                    "File of caps, obeyed while a round runs; need not be there.");

    public static final Key<Integer> ACCEPT_TIMEOUT_SECS =
            Key.of(
                    "accept_timeout_secs",
                    Kind.number(1, 86_400),
                    "300",
                    ANYWHERE,
                    "How long the jobs of a set wait for each other, in seconds.");

    public static final Key<byte[]> STATE_DIR =
            Key.of(
                    "state_dir",
                    Kind.PATH,
                    "/var/lib/sluice",
                    HOST,
                    "Where the sets keep what the next round must know.");

    public static final Key<byte[]> SHARED_DIR =
            Key.of(
                    "shared_dir",
                    Kind.PATH,
                    "",
                    HOST,
                    "The same on a shared filesystem, for sets that several hosts serve.");

    /** In the order in which they are shown. */
    public static final List<Key<?>> ALL =
            List.of(
                    PATH,
                    SHARD,
                    SET,
                    MODE,
                    LUSTRE_DEVICE,
                    LUSTRE_SINCE,
                    CONTENT,
                    NAMESPACE,
                    HSM_POLICY,
                    HSM_RECALLS,
                    HSM_RECALLS_PER_HOUR,
                    HSM_RECALL_TIMEOUT_SECS,
                    HSM_RELEASE_AGAIN,
                    EXCLUDE,
                    EXCLUDE_FILE,
                    EXCLUDE_IF_PRESENT,
                    CROSS_MOUNTS,
                    ALLOW_EMPTY,
                    MAX_DELETES,
                    ON_MISSING_BASE,
                    ABORT_ON_ERROR,
                    WORKERS,
                    THROTTLE,
                    KEEP,
                    ACCEPT_TIMEOUT_SECS,
                    SCHEDULER,
                    FLINK,
                    PARTITION,
                    CPUS,
                    MEM,
                    TIME,
                    NODES,
                    STATE_DIR,
                    SHARED_DIR);

    private Keys() {}

    /** The key of that name, in any case; null if there is none. */
    static Key<?> named(String name) {
        for (Key<?> key : ALL) {
            if (key.name().equalsIgnoreCase(name)) {
                return key;
            }
        }
        return null;
    }

    /** Names of the keys that may stand there. */
    static List<String> names(Place place) {
        return ALL.stream().filter(key -> key.places().contains(place)).map(Key::name).toList();
    }

    /** The strategies by which items are dealt out, as words. */
    public static List<String> strategies() {
        return java.util.Arrays.stream(Strategy.values()).map(Strategy::text).toList();
    }
}
