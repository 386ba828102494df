package io.sluice.pipeline.launch;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.PseudoFilesystem;
import io.sluice.common.posix.RootIdentity;
import io.sluice.common.text.Text;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/**
 * A filesystem that is mounted below the root, where a round crosses mounts. Where it is missing
 * later, an empty directory says that all of it is gone.
 *
 * @param path relative to the root, as escaped text
 * @param type {@code f_type} of statfs(2), hexadecimal
 * @param rootInode unsigned
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record CrossedMount(String path, String type, String rootInode) {
    /** The namespace of this thread: proc(5), "mountinfo". */
    private static final Path MOUNTS = Path.of("/proc/thread-self/mountinfo");

    private static final int MOUNT_POINT = 4;

    /** What can be seen of this host's mounts below the root, but for what is left out. */
    static List<CrossedMount> below(SourceRoot root, Excludes excludes) throws IOException {
        TreeMap<String, CrossedMount> mounts = new TreeMap<>();
        for (String line : Files.readAllLines(MOUNTS, StandardCharsets.ISO_8859_1)) {
            byte[] point = unescape(line.split(" ", MOUNT_POINT + 2)[MOUNT_POINT]);
            byte[] path = relative(root.path(), point);
            if (path.length > 0 && !excludes.patterns().excludes(path, true)) {
                CrossedMount mount = look(root, point, path);
                if (mount != null) {
                    mounts.put(mount.path, mount);
                }
            }
        }
        return List.copyOf(mounts.values());
    }

    /** Empty for what is not below the root. */
    private static byte[] relative(byte[] root, byte[] point) {
        int start = root.length == 1 ? 1 : root.length + 1;
        boolean below =
                point.length > start
                        && point[start - 1] == '/'
                        && Arrays.equals(root, 0, root.length, point, 0, root.length);
        return below ? Arrays.copyOfRange(point, start, point.length) : DirectoryPath.ROOT;
    }

    /** Null for what holds no files, is no directory, or is hidden by another mount. */
    private static CrossedMount look(SourceRoot root, byte[] point, byte[] path) {
        int flags = Posix.O_PATH | Posix.O_DIRECTORY | Posix.O_NOFOLLOW;
        int fd = Posix.openOrErrno(Posix.AT_FDCWD, point, flags, 0);
        if (fd < 0) {
            return null;
        }
        try {
            RootIdentity identity = RootIdentity.of(fd);
            boolean entered =
                    PseudoFilesystem.name(identity.filesystemType()) == null
                            && !identity.equals(root.identity());
            return entered
                    ? new CrossedMount(
                            Text.escape(path),
                            "0x" + Long.toHexString(identity.filesystemType()),
                            Long.toUnsignedString(identity.directory().inode()))
                    : null;
        } catch (PosixException e) {
            return null;
        } finally {
            Posix.close(fd);
        }
    }

    /** Blank, tab, newline and backslash stand as three octal digits. */
    private static byte[] unescape(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 3 < text.length()) {
                bytes.write(Integer.parseInt(text.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toByteArray();
    }

    /** Those of an earlier round that are not there as they were, and are not left out now. */
    static List<CrossedMount> missing(
            List<CrossedMount> before, List<CrossedMount> now, Excludes excludes) {
        List<CrossedMount> missing = new ArrayList<>(before);
        missing.removeAll(now);
        missing.removeIf(mount -> excludes.patterns().excludes(Text.unescape(mount.path), true));
        return missing;
    }
}
