package io.sluice.cli;

import io.sluice.bacula.set.RestorePlan;
import io.sluice.bacula.set.SetDirectory;
import io.sluice.common.SluiceException;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.text.Text;
import io.sluice.pipeline.index.SavepointIndex;
import io.sluice.pipeline.launch.SavepointPlace;
import io.sluice.pipeline.savepoint.Savepoint;
import io.sluice.pipeline.savepoint.SavepointStates;
import io.sluice.ptcomm.archive.Archive;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What is typed in bconsole: one restore, or several of other names each. */
final class RestoreLines {
    private final SetDirectory set;
    private final RestorePlan plan;
    private final String path;
    private final int streams;

    /**
     * @param path as the catalog has it, one character a byte; null for all
     */
    RestoreLines(SetDirectory set, RestorePlan plan, String path, int streams) {
        this.set = set;
        this.plan = plan;
        this.path = path;
        this.streams = streams;
    }

    List<String> lines() throws IOException {
        String restore = "restore jobid=" + plan.jobIds();
        if (streams == 1 && path == null) {
            return List.of(restore + " all done");
        }
        String prefix = prefix();
        String top = path == null ? prefix : strip(path);
        if (streams == 1) {
            int slash = top.lastIndexOf('/');
            return List.of(
                    restore,
                    "cd \"" + (slash <= 0 ? "/" : top.substring(0, slash)) + "\"",
                    mark(top.substring(slash + 1)),
                    "done");
        }
        if (!top.equals(prefix) && !top.startsWith(prefix + "/")) {
            throw new SluiceException(
                    "--path "
                            + top
                            + " does not lie in what set "
                            + set.name()
                            + " stores: "
                            + prefix);
        }
        List<String> names = names(top.substring(Math.min(top.length(), prefix.length() + 1)));
        List<String> lines = new ArrayList<>();
        for (int stream = 0; stream < Math.min(streams, Math.max(1, names.size())); stream++) {
            lines.add(restore);
            lines.add("cd \"" + top + "\"");
            for (int i = stream; i < names.size(); i += streams) {
                lines.add(mark(names.get(i)));
            }
            lines.add("done");
        }
        return lines;
    }

    private static String strip(String path) {
        return path.length() > 1 && path.endsWith("/")
                ? path.substring(0, path.length() - 1)
                : path;
    }

    /** Wild cards of fnmatch(3) stand for themselves. */
    private static String mark(String name) {
        return "mark \"" + name.replaceAll("([*?\\[\\]\\\\\"])", "\\\\$1") + "\"";
    }

    private byte[] chain() {
        return set.chain().toString().getBytes(StandardCharsets.UTF_8);
    }

    private int round() {
        return plan.rounds().get(plan.rounds().size() - 1).round();
    }

    private String prefix() {
        try (Archive archive = Archive.openForReading(chain())) {
            return new String(archive.manifest(round()).prefixBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** The names in the directory, as the round's savepoint has them. */
    private List<String> names(String directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (SavepointPlace place = SavepointPlace.ofRound(chain(), archive -> round());
                TemporaryDirectory work = new TemporaryDirectory()) {
            SavepointStates states =
                    new SavepointStates(
                            Savepoint.open(place.directory(), place.quoted()), work.path());
            boolean known =
                    new SavepointIndex(states)
                            .children(
                                    directory.isEmpty()
                                            ? DirectoryPath.ROOT
                                            : directory.getBytes(StandardCharsets.ISO_8859_1),
                                    (name, inode, signature, flags) ->
                                            names.add(
                                                    new String(name, StandardCharsets.ISO_8859_1)));
            if (!known) {
                throw new SluiceException(
                        "set "
                                + set.name()
                                + " knows no directory "
                                + Text.quote(directory.getBytes(StandardCharsets.ISO_8859_1)));
            }
        }
        names.sort(null);
        return names;
    }
}
