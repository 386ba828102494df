package io.sluice.bacula.set;

import io.sluice.bacula.config.Key;
import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.Settings;
import io.sluice.bacula.config.ShardForm;
import io.sluice.bacula.job.JobInfo;
import io.sluice.bacula.job.JobLevel;
import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a job tells the others of its set.
 *
 * @param token of this process's stay, and of no other
 * @param job unique name in the catalog
 * @param jobId in the catalog
 * @param previous unique name of the job that this one's level looks back to; empty for none
 * @param host where its bridge is, for messages
 * @param address {@code HOST:PORT} of its bridge
 * @param line the settings in which all jobs of a set agree, printable
 */
public record Arrival(
        String token,
        int shard,
        int shards,
        String job,
        long jobId,
        JobLevel level,
        String previous,
        String host,
        long pid,
        String address,
        Map<String, String> line) {

    /** What all jobs of a round must have in common: else it would be several rounds. */
    private static final List<Key<?>> COMMON =
            List.of(
                    Keys.PATH,
                    Keys.MODE,
                    Keys.LUSTRE_DEVICE,
                    Keys.LUSTRE_SINCE,
                    Keys.CONTENT,
                    Keys.NAMESPACE,
                    Keys.HSM_POLICY,
                    Keys.EXCLUDE,
                    Keys.EXCLUDE_FILE,
                    Keys.EXCLUDE_IF_PRESENT,
                    Keys.CROSS_MOUNTS,
                    Keys.ALLOW_EMPTY,
                    Keys.MAX_DELETES,
                    Keys.ON_MISSING_BASE,
                    Keys.ABORT_ON_ERROR,
                    Keys.SCHEDULER,
                    Keys.FLINK);

    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    public static Arrival of(String token, JobInfo info, Settings settings, String address) {
        ShardForm form = settings.get(Keys.SHARD);
        Map<String, String> line = new LinkedHashMap<>();
        for (Key<?> key : COMMON) {
            line.put(key.name(), String.join(", ", settings.resolved(key).shown()));
        }
        line.put("strategy", form.strategy().text());
        return new Arrival(
                token,
                form.shard(),
                form.shards(),
                info.name(),
                info.id(),
                info.level(),
                info.previous(),
                thisHost(),
                ProcessHandle.current().pid(),
                address,
                line);
    }

    /**
     * Whether its process is there, or on another host. A new job of the shard has the claim for a
     * moment before it takes a dead one's arrival away.
     */
    boolean mayLive() {
        return !host.equals(thisHost()) || ProcessHandle.of(pid).isPresent();
    }

    /** The kernel's name of this host. */
    public static String thisHost() {
        try {
            return Files.readString(HOST_NAME).strip();
        } catch (IOException e) {
            throw new SluiceException("cannot read " + HOST_NAME + ": " + e.getMessage(), e);
        }
    }

    /** For messages. */
    public String who() {
        return "job " + job + " of shard " + shard;
    }
}
