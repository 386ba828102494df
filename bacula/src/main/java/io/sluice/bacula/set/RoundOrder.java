package io.sluice.bacula.set;

import io.sluice.bacula.config.Key;
import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.Mode;
import io.sluice.bacula.config.OnMissingBase;
import io.sluice.bacula.config.Settings;
import io.sluice.bacula.job.JobLevel;
import io.sluice.common.filesystem.HsmOptions;
import io.sluice.common.shard.Strategy;
import io.sluice.common.text.Text;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the leading job has a process of its own do: one round. As JSON, its first line of input.
 * Paths and patterns are escaped text.
 *
 * @param set path of the set's directory
 * @param meeting its id
 * @param base the round to go on from; null for a full one
 * @param kept rounds whose savepoints stay
 * @param keep number of the newest rounds whose savepoints stay
 * @param jobs who takes the streams, by shard
 * @param marks that it obeys, and when they were set
 * @param workers 0 for the default
 * @param mode where the round learns what has changed
 * @param lustreUsers who reads the changelog of each MDT; empty in other modes
 * @param lustreSince from which record it is read again, if not from where the base left it
 * @param hsm what becomes of files whose data lies on tape; null in modes that know no tape
 * @param strategy what says which job takes an entry
 */
public record RoundOrder(
        String set,
        String name,
        String meeting,
        JobLevel level,
        Integer base,
        Set<Integer> kept,
        int keep,
        List<Arrival> jobs,
        String path,
        String prefix,
        String content,
        List<String> excludes,
        List<String> excludeFiles,
        List<String> markers,
        boolean crossMounts,
        boolean allowEmpty,
        Map<Mark, String> marks,
        int deletePercent,
        boolean fullIfMissing,
        boolean abortOnError,
        int workers,
        String throttle,
        String mode,
        Map<String, String> lustreUsers,
        Map<String, Long> lustreSince,
        HsmOptions hsm,
        Strategy strategy) {

    static RoundOrder of(
            SetDirectory set,
            String meeting,
            JobLevel level,
            Integer base,
            Set<Integer> kept,
            List<Arrival> jobs,
            Map<Mark, String> marks,
            Settings settings) {
        Integer workers = settings.get(Keys.WORKERS);
        return new RoundOrder(
                Text.escape(set.path().toString().getBytes(StandardCharsets.UTF_8)),
                set.name(),
                meeting,
                level,
                base,
                kept,
                settings.get(Keys.KEEP),
                jobs,
                Text.escape(settings.get(Keys.PATH)),
                Text.escape(prefix(settings)),
                settings.get(Keys.CONTENT).text(),
                escaped(settings.get(Keys.EXCLUDE)),
                escaped(settings.get(Keys.EXCLUDE_FILE)),
                escaped(settings.get(Keys.EXCLUDE_IF_PRESENT)),
                settings.get(Keys.CROSS_MOUNTS),
                settings.get(Keys.ALLOW_EMPTY),
                marks,
                settings.get(Keys.MAX_DELETES),
                settings.get(Keys.ON_MISSING_BASE) == OnMissingBase.FULL,
                settings.get(Keys.ABORT_ON_ERROR),
                workers == null ? 0 : workers,
                Text.escape(settings.get(Keys.THROTTLE)),
                settings.get(Keys.MODE).text(),
                inLogs(settings, Keys.LUSTRE_DEVICE),
                inLogs(settings, Keys.LUSTRE_SINCE),
                hsm(settings),
                settings.get(Keys.SHARD).strategy().dealing());
    }

    private static HsmOptions hsm(Settings settings) {
        Mode mode = settings.get(Keys.MODE);
        if (mode != Mode.LUSTRE && mode != Mode.LUSTRE_CHANGELOG) {
            return null;
        }
        Integer perHour = settings.get(Keys.HSM_RECALLS_PER_HOUR);
        return new HsmOptions(
                settings.get(Keys.HSM_POLICY).policy(),
                settings.get(Keys.HSM_RECALLS),
                perHour == null ? 0 : perHour,
                settings.get(Keys.HSM_RECALL_TIMEOUT_SECS),
                settings.get(Keys.HSM_RELEASE_AGAIN));
    }

    private static <T> Map<String, T> inLogs(Settings settings, Key<Map<String, T>> key) {
        Map<String, T> byMdt = settings.get(key);
        boolean reads = settings.get(Keys.MODE) == Mode.LUSTRE_CHANGELOG;
        return reads && byMdt != null ? byMdt : Map.of();
    }

    private static List<String> escaped(List<byte[]> values) {
        return values.stream().map(Text::escape).toList();
    }

    /** What stands before each path in the streams: namespace and path. */
    public static byte[] prefix(Settings settings) {
        String namespace = settings.get(Keys.NAMESPACE);
        byte[] path = settings.get(Keys.PATH);
        String below = path.length == 1 ? "" : new String(path, StandardCharsets.ISO_8859_1);
        return ((namespace.equals("none") ? "" : "/" + namespace) + below)
                .getBytes(StandardCharsets.ISO_8859_1);
    }
}
