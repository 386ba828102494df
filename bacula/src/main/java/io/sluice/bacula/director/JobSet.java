package io.sluice.bacula.director;

import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.PluginLine;
import io.sluice.bacula.config.Settings;
import io.sluice.bacula.config.ShardForm;
import io.sluice.bacula.config.ShardForm.Strategy;
import io.sluice.bacula.config.Site;
import io.sluice.bacula.config.ThisRelease;
import io.sluice.common.SluiceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The jobs of one set, as the Director's configuration. Texts have one character for each byte.
 *
 * @param path of the tree, or of the subtree
 * @param storages shard k goes to storage k modulo their number
 * @param poolPerShard whether each job writes to a pool of its own, named by {@code pool} and its
 *     own name
 * @param schedule null for none
 * @param mode null for the site's
 * @param set null for the name made of path and shards
 */
public record JobSet(
        Strategy strategy,
        int shards,
        String path,
        String client,
        List<String> storages,
        String pool,
        boolean poolPerShard,
        String schedule,
        String mode,
        String set,
        boolean accurate,
        String messages) {
    public JobSet {
        storages = List.copyOf(storages);
        if (storages.isEmpty()) {
            throw new IllegalArgumentException("no storage");
        }
        if (shards < 1 || shards > ShardForm.MAX_SHARDS) {
            throw new SluiceException(
                    "--shards must be 1 to " + ShardForm.MAX_SHARDS + ", not " + shards);
        }
        if (strategy == Strategy.NONE && shards != 1) {
            throw new SluiceException(
                    "--strategy none is one job, not "
                            + shards
                            + "; leave out --shards, or use --strategy inode-hash");
        }
    }

    /** A path as jobs know it: two spellings of it are one set. */
    public static String cleanPath(String path) {
        byte[] clean = settings("path=" + carried("--path", path)).get(Keys.PATH);
        return new String(clean, StandardCharsets.ISO_8859_1);
    }

    /** Of the set; jobs, FileSets and files begin with it. */
    public String name() {
        return settings(line(0)).set();
    }

    /**
     * What to write: for each shard a file of its name, and behind them the file that includes
     * them.
     *
     * @param directory where they will lie, absolute
     * @throws SluiceException for what Bacula's configuration cannot carry
     */
    public Map<String, byte[]> files(String directory) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        StringBuilder includes = new StringBuilder(head());
        for (int shard = 0; shard < shards; shard++) {
            String file = job(shard) + ".conf";
            files.put(file, resources(shard).getBytes(StandardCharsets.ISO_8859_1));
            includes.append('@')
                    .append(ConfText.quote("the file", directory + "/" + file))
                    .append('\n');
        }
        files.put(includeFile(), includes.toString().getBytes(StandardCharsets.ISO_8859_1));
        return files;
    }

    /** The file to be named in bacula-dir.conf. */
    public String includeFile() {
        return name() + ".inc";
    }

    /** Name of the shard's job; sorted as they count. */
    public String job(int shard) {
        int digits = Integer.toString(shards - 1).length();
        return name() + String.format(Locale.ROOT, "-%0" + digits + "d", shard);
    }

    /** How many of the jobs write to the storage. */
    public int jobsOf(String storage) {
        int jobs = 0;
        for (int shard = 0; shard < shards; shard++) {
            jobs += storages.get(shard % storages.size()).equals(storage) ? 1 : 0;
        }
        return jobs;
    }

    /** What stands behind {@code sluice:}. */
    String line(int shard) {
        List<String> pairs = new ArrayList<>();
        pairs.add("path=" + carried("--path", path));
        pairs.add(
                "shard="
                        + switch (strategy) {
                            case NONE -> "none";
                            // A subtree is the path, and within it the inodes' hash deals out.
                            case INODE_HASH, SUBTREE -> shard + "/" + shards;
                            default -> strategy.text() + ":" + shard + "/" + shards;
                        });
        if (mode != null) {
            pairs.add("mode=" + carried("--mode", mode));
        }
        if (set != null) {
            pairs.add("set=" + carried("--set", set));
        }
        return String.join(";", pairs);
    }

    private static String carried(String option, String value) {
        if (!PluginLine.carries(value)) {
            throw new SluiceException(
                    option
                            + " "
                            + ConfText.printable(value)
                            + " cannot stand in a Plugin line: control characters, blanks or a backslash at its end,"
                            + " and a backslash before a semicolon are not carried; back up the directory above it");
        }
        return PluginLine.quote(value);
    }

    /** Reads it as the job will. */
    private static Settings settings(String line) {
        Settings settings =
                Settings.of(
                        PluginLine.parse(line.getBytes(StandardCharsets.ISO_8859_1)), Site.none());
        ThisRelease.require(settings);
        return settings;
    }

    private static String head() {
        return "# Written by sluice gen-fileset: changes here are lost.\n";
    }

    private String resources(int shard) {
        String job = ConfText.name("--set", job(shard), ConfText.MAX_JOB_CHARS);
        String storage = ConfText.name("--storage", storages.get(shard % storages.size()));
        String line = ConfText.quote("the Plugin line", "sluice:" + line(shard));
        // Of the set too: another one may have the same pool.
        String ownPool = poolPerShard ? pool + "-" + job(shard) : pool;
        StringBuilder text = new StringBuilder(head());
        resource(
                text,
                "FileSet",
                "Name = " + job,
                // Else each change of the line would make the next job a Full.
                "Ignore FileSet Changes = yes",
                "Include {",
                "  Options {",
                "    Signature = MD5",
                "  }",
                "  Plugin = " + line,
                "}");
        List<String> directives = new ArrayList<>();
        directives.add("Name = " + job);
        directives.add("Type = Backup");
        directives.add("Level = Incremental");
        directives.add("Client = " + ConfText.name("--client", client));
        directives.add("FileSet = " + job);
        directives.add("Storage = " + storage);
        directives.add("Pool = " + ConfText.name("--pool", ownPool));
        directives.add("Messages = " + ConfText.name("--messages", messages));
        if (schedule != null) {
            directives.add("Schedule = " + ConfText.name("--schedule", schedule));
        }
        directives.add("Accurate = " + (accurate ? "yes" : "no"));
        directives.add("Allow Duplicate Jobs = no");
        directives.add("Reschedule On Error = no");
        // By default a job whose File Daemon is lost runs again half an hour later, alone.
        directives.add("Reschedule Incomplete Jobs = no");
        directives.add("Maximum Concurrent Jobs = 1");
        resource(text, "Job", directives.toArray(String[]::new));
        if (poolPerShard) {
            resource(
                    text,
                    "Pool",
                    "Name = " + ConfText.name("--pool", ownPool),
                    "Pool Type = Backup",
                    "Label Format = " + ConfText.name("--pool", ownPool + "-"));
        }
        return text.toString();
    }

    private static void resource(StringBuilder text, String type, String... lines) {
        text.append('\n').append(type).append(" {\n");
        for (String line : lines) {
            text.append("  ").append(line).append('\n');
        }
        text.append("}\n");
    }
}
