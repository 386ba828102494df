package io.sluice.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.testing.GeneratedFile;
import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeGenerator;
import io.sluice.common.text.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What an ordinary user's backup of a generated tree must leave out, what that user's restore of it
 * must leave unset, and which differences to the tree must come of it: from the permissions alone.
 *
 * <p>Of a file with several names, the stream has its attributes with one of them, and which is not
 * to be known beforehand: {@link #oneOf} makes its names one.
 */
final class OrdinaryUser {
    private static final int USER = TreeGenerator.NOBODY;
    private static final int READ = 4;
    private static final int SEARCH = 1;
    private static final int SET_USER_ID = 04000;
    private static final int SET_GROUP_ID = 02000;

    private final TestTree tree;
    private final SortedMap<byte[], GeneratedFile> entries;
    private final Set<String> backup = new TreeSet<>();
    private final Set<String> restore = new TreeSet<>();
    private final Set<String> differences = new TreeSet<>();
    private final SortedMap<byte[], GeneratedFile> stored =
            new TreeMap<>(java.util.Arrays::compareUnsigned);

    OrdinaryUser(TestTree tree, TreeGenerator generator) throws IOException {
        this.tree = tree;
        this.entries = generator.entries();
        for (Map.Entry<byte[], GeneratedFile> entry : entries.entrySet()) {
            backUp(entry.getKey(), entry.getValue());
        }
        for (Map.Entry<byte[], GeneratedFile> entry : entries.entrySet()) {
            restore(entry.getKey(), entry.getValue());
        }
    }

    private static boolean may(GeneratedFile file, int wanted) {
        return file.permits(USER, USER, wanted);
    }

    private void backUp(byte[] path, GeneratedFile file) {
        if (path.length > 0) {
            GeneratedFile parent = stored.get(DirectoryPath.parent(path));
            if (parent == null || !may(parent, READ)) {
                return;
            }
            if (!may(parent, SEARCH)) {
                backup.add("stat " + Text.escape(path));
                return;
            }
        }
        boolean readable = may(file, READ);
        if (file.type() == FileType.REGULAR && file.size() > 0 && !readable) {
            backup.add("open " + Text.escape(path));
            return;
        }
        stored.put(path, file);
        if (file.type() == FileType.DIRECTORY && !readable) {
            backup.add("list " + Text.escape(path));
        }
        if (!readable && file.attributes().stream().anyMatch(name -> name.startsWith("user."))) {
            backup.add("getxattr " + one(file));
        }
    }

    private static boolean isOwn(GeneratedFile file) {
        return file.uid() == USER && file.gid() == USER;
    }

    private void restore(byte[] path, GeneratedFile file) throws IOException {
        String quoted = Text.quote(path);
        boolean parentStored = path.length == 0 || stored.containsKey(DirectoryPath.parent(path));
        if (!parentStored) {
            return;
        }
        if (!stored.containsKey(path) || file.needsRoot()) {
            differences.add(quoted + ": name: there | missing");
            if (stored.containsKey(path)) {
                restore.add(one(file));
            }
            return;
        }
        if (!isOwn(file)) {
            restore.add(one(file));
            String owner = file.uid() + ":" + file.gid();
            differences.add(quoted + ": owner: " + owner + " | " + USER + ":" + USER);
            modes(quoted, file);
        }
        if (file.attributes().contains("security.sluice")
                || (isOwn(file) && file.attributes().contains("security.capability"))) {
            restore.add(one(file));
        }
        attributes(path, quoted, file);
    }

    private void modes(String quoted, GeneratedFile file) {
        if (file.type() == FileType.SYMLINK) {
            return;
        }
        int kept = file.permissions() & ~SET_USER_ID;
        if (file.type() != FileType.DIRECTORY && file.gid() != USER) {
            kept &= ~SET_GROUP_ID;
        }
        if (kept != file.permissions()) {
            differences.add(
                    quoted
                            + ": mode: "
                            + Integer.toOctalString(file.permissions())
                            + " | "
                            + Integer.toOctalString(kept));
        }
    }

    private void attributes(byte[] path, String quoted, GeneratedFile file) throws IOException {
        SortedMap<String, String> all = new TreeMap<>();
        SortedMap<String, String> kept = new TreeMap<>();
        for (String name : file.attributes()) {
            byte[] attribute = Sluice.bytes(name);
            String value = Text.quote(Posix.getXattr(tree.descriptor(), path, attribute));
            all.put(Text.escape(attribute), value);
            boolean privileged = name.startsWith("trusted.") || name.startsWith("security.");
            if (!privileged && (may(file, READ) || !name.startsWith("user."))) {
                kept.put(Text.escape(attribute), value);
            }
        }
        if (!kept.equals(all)) {
            differences.add(quoted + ": xattr: " + all + " | " + kept);
        }
    }

    private static String one(GeneratedFile file) {
        return Text.escape(file.paths().get(0));
    }

    /** The name that stands for all of a file's. */
    String oneOf(String escapedPath) {
        GeneratedFile file = entries.get(Text.unescape(escapedPath));
        return file == null ? "no such entry: " + escapedPath : one(file);
    }

    /** Operations and paths. */
    Set<String> reportedByBackup(Path failures) throws IOException {
        Set<String> reported = new TreeSet<>();
        ObjectMapper mapper = new ObjectMapper();
        for (String line : Files.readAllLines(failures)) {
            JsonNode failure = mapper.readTree(line);
            String operation = failure.get("operation").textValue();
            String path = failure.get("path").textValue();
            reported.add(operation + " " + (operation.equals("getxattr") ? oneOf(path) : path));
        }
        return reported;
    }

    Set<String> expectedOfBackup() {
        return backup;
    }

    /** Paths, each as by {@link #oneOf}. */
    Set<String> expectedOfRestore() {
        return restore;
    }

    /** As lines of a comparison of the usual aspects. */
    Set<String> expectedDifferences() {
        return differences;
    }

    String summary() {
        return entries.size()
                + " entries, of which an ordinary user's round has "
                + stored.size()
                + "; "
                + backup.size()
                + " findings of backup, "
                + restore.size()
                + " of restore";
    }
}
