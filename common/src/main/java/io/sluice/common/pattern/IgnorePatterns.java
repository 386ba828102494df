package io.sluice.common.pattern;

import io.sluice.common.entry.DirectoryPath;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Patterns by the rules of gitignore(5), on bytes: of those that match a name the last one decides,
 * and below a directory that is left out nothing can be taken in again. Paths are relative to the
 * root of the backup, as {@link DirectoryPath} has them.
 *
 * <p>Use: {@link #in} once for a directory, then {@link InDirectory#exclude} for each of its names.
 * Whoever asks for single paths has {@link #excludes}. Immutable; any thread.
 */
public final class IgnorePatterns implements Serializable {
    private static final long serialVersionUID = 1L;

    public static final IgnorePatterns NONE = new IgnorePatterns(List.of());

    private final IgnorePattern[] patterns;

    private IgnorePatterns(List<IgnorePattern> patterns) {
        this.patterns = patterns.toArray(new IgnorePattern[0]);
    }

    /**
     * Compiles lines, the first one first; comments and blank lines are left out.
     *
     * @throws BadPatternException for the first line that can match nothing
     */
    public static IgnorePatterns of(List<byte[]> lines) {
        List<IgnorePattern> patterns = new ArrayList<>();
        for (byte[] line : lines) {
            IgnorePattern pattern = IgnorePattern.compile(line);
            if (pattern != null) {
                patterns.add(pattern);
            }
        }
        return new IgnorePatterns(patterns);
    }

    /**
     * Compiles the content of a file: lines end with LF or CR LF, a UTF-8 byte order mark is passed
     * over.
     *
     * @throws BadPatternException with its line, for the first that can match nothing
     */
    public static IgnorePatterns ofFile(byte[] content) {
        List<IgnorePattern> patterns = new ArrayList<>();
        int from = hasByteOrderMark(content) ? 3 : 0;
        for (int number = 1; from < content.length; number++) {
            int to = from;
            while (to < content.length && content[to] != '\n') {
                to++;
            }
            boolean carriageReturn = to < content.length && to > from && content[to - 1] == '\r';
            byte[] line = Arrays.copyOfRange(content, from, carriageReturn ? to - 1 : to);
            try {
                IgnorePattern pattern = IgnorePattern.compile(line);
                if (pattern != null) {
                    patterns.add(pattern);
                }
            } catch (BadPatternException e) {
                throw e.atLine(number);
            }
            from = to + 1;
        }
        return new IgnorePatterns(patterns);
    }

    private static boolean hasByteOrderMark(byte[] content) {
        return content.length >= 3
                && content[0] == (byte) 0xef
                && content[1] == (byte) 0xbb
                && content[2] == (byte) 0xbf;
    }

    /** These, then those: where both match, those decide. */
    public IgnorePatterns then(IgnorePatterns those) {
        List<IgnorePattern> all = new ArrayList<>(List.of(patterns));
        all.addAll(List.of(those.patterns));
        return new IgnorePatterns(all);
    }

    public boolean isEmpty() {
        return patterns.length == 0;
    }

    /** The lines that they were compiled from, without comments, blank lines and idle spaces. */
    public List<byte[]> lines() {
        List<byte[]> lines = new ArrayList<>();
        for (IgnorePattern pattern : patterns) {
            lines.add(pattern.line());
        }
        return lines;
    }

    /** The patterns that can match names in this directory, which itself is not left out. */
    public InDirectory in(byte[] directory) {
        IgnorePattern[] live = new IgnorePattern[patterns.length];
        int count = 0;
        for (IgnorePattern pattern : patterns) {
            if (pattern.isLiveIn(directory)) {
                live[count++] = pattern;
            }
        }
        return new InDirectory(Arrays.copyOf(live, count));
    }

    /**
     * Whether the path, or a directory on the way to it, is left out. Costs every directory on the
     * way; the root itself never is.
     */
    public boolean excludes(byte[] path, boolean directory) {
        int from = 0;
        for (int i = 0; i <= path.length && path.length > 0; i++) {
            boolean end = i == path.length;
            if (end || path[i] == '/') {
                byte[] above = Arrays.copyOf(path, Math.max(0, from - 1));
                if (in(above).exclude(path, from, i, directory || !end)) {
                    return true;
                }
                from = i + 1;
            }
        }
        return false;
    }

    /** The patterns for the names of one directory. Immutable. */
    public static final class InDirectory {
        private final IgnorePattern[] live;

        private InDirectory(IgnorePattern[] live) {
            this.live = live;
        }

        public boolean isEmpty() {
            return live.length == 0;
        }

        /** Whether the name, bytes {@code from} up to {@code to}, is left out. */
        public boolean exclude(byte[] name, int from, int to, boolean directory) {
            for (int i = live.length - 1; i >= 0; i--) {
                if (live[i].matches(name, from, to, directory)) {
                    return !live[i].negated();
                }
            }
            return false;
        }
    }
}
