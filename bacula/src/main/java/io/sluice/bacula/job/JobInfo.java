package io.sluice.bacula.job;

import java.util.Map;

/**
 * What the FD says of the job, before anything begins. Text has one character for each byte.
 *
 * @param dialect of the plugin
 * @param name unique in the catalog, such as {@code home.2026-11-21_01.05.00_07}
 * @param id in the catalog
 * @param type B backup, R restore, E estimate
 * @param previous unique name of the last good job that this one's level looks back to; empty for
 *     none
 * @param since seconds of the epoch; 0 for a full job
 * @param where what stands before each restored path; empty for none
 * @param regexWhere as Bacula has it; empty for none
 * @param replace a always, w if newer, o if older, n never
 */
public record JobInfo(
        Dialect dialect,
        String name,
        long id,
        char type,
        JobLevel level,
        String previous,
        long since,
        boolean accurate,
        String where,
        String regexWhere,
        char replace) {

    static JobInfo of(Dialect dialect, Map<String, String> keys) {
        return new JobInfo(
                dialect,
                keys.getOrDefault("Name", ""),
                number(keys.get("JobID")),
                letter(keys.get("Type"), 'B'),
                JobLevel.of(keys.getOrDefault("Level", "F")),
                keys.getOrDefault("PrevJobName", ""),
                number(keys.get("Since")),
                "1".equals(keys.get("Accurate")),
                keys.getOrDefault("Where", ""),
                keys.getOrDefault("RegexWhere", ""),
                letter(keys.get("Replace"), 'a'));
    }

    private static long number(String text) {
        try {
            return text == null ? 0 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static char letter(String text, char otherwise) {
        return text == null || text.isEmpty() ? otherwise : text.charAt(0);
    }
}
