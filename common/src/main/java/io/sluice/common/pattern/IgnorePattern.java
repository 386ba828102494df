package io.sluice.common.pattern;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One line of gitignore(5), compiled: parts between slashes, each a {@link Glob} for one name or
 * {@code **} for any number of directories. A pattern without a slash, but for one at its end,
 * holds at any depth; it is compiled as if {@code **}{@code /} stood before it. A {@code **} at the
 * end stands for everything inside, so at least one name follows it. So the last part is always for
 * the name itself, and all before it for its directory alone. Immutable.
 */
final class IgnorePattern implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Stands in {@link #parts} for any number of directories. */
    private static final Glob DIRECTORIES = null;

    private final byte[] line;
    private final boolean negated;
    private final boolean directoriesOnly;
    private final Glob[] parts;

    private IgnorePattern(byte[] line, boolean negated, boolean directoriesOnly, List<Glob> parts) {
        this.line = line;
        this.negated = negated;
        this.directoriesOnly = directoriesOnly;
        this.parts = parts.toArray(new Glob[0]);
    }

    /**
     * Compiles a line; null for a comment and a blank one.
     *
     * @throws BadPatternException for one that can match nothing
     */
    static IgnorePattern compile(byte[] text) {
        int to = withoutTrailingSpaces(text);
        if (to == 0 || text[0] == '#') {
            return null;
        }
        byte[] line = Arrays.copyOf(text, to);
        for (byte b : line) {
            if (b == 0) {
                throw new BadPatternException(line, "holds a NUL, which no name does");
            }
        }
        boolean negated = line[0] == '!';
        int from = negated ? 1 : 0;
        boolean directoriesOnly = to > from && line[to - 1] == '/';
        if (directoriesOnly) {
            to--;
        }
        boolean anchored = false;
        for (int i = from; i < to; i++) {
            anchored |= line[i] == '/';
        }
        if (anchored && line[from] == '/') {
            from++;
        }
        if (from == to) {
            throw new BadPatternException(line, "names nothing");
        }
        List<Glob> parts = new ArrayList<>();
        if (!anchored) {
            parts.add(DIRECTORIES);
        }
        for (Glob part : Glob.compile(line, from, to)) {
            if (part.isOnly("") || part.isOnly(".") || part.isOnly("..")) {
                throw new BadPatternException(
                        line, "can match nothing: no path below PATH has '//', '.' or '..' in it");
            }
            parts.add(anchored && part.isTwoAsterisks() ? DIRECTORIES : part);
        }
        if (parts.get(parts.size() - 1) == DIRECTORIES) {
            parts.add(Glob.ANYTHING);
        }
        return new IgnorePattern(line, negated, directoriesOnly, parts);
    }

    /** Where the line ends: trailing spaces count only behind a backslash. */
    private static int withoutTrailingSpaces(byte[] line) {
        int end = 0;
        for (int i = 0; i < line.length; i++) {
            if (line[i] == '\\' && i + 1 < line.length) {
                i++;
                end = i + 1;
            } else if (line[i] != ' ') {
                end = i + 1;
            }
        }
        return end;
    }

    byte[] line() {
        return line.clone();
    }

    boolean negated() {
        return negated;
    }

    /** Whether the name matches, in a directory where {@link #isLiveIn} holds. */
    boolean matches(byte[] name, int from, int to, boolean directory) {
        return (directory || !directoriesOnly) && parts[parts.length - 1].matches(name, from, to);
    }

    /**
     * Whether all parts but the last match this directory, so that names in it may match. At most
     * (parts of the pattern) × (parts of the path) names are matched, for the reason that holds for
     * {@link Glob} too.
     */
    boolean isLiveIn(byte[] directory) {
        int last = parts.length - 1;
        int at = 0;
        int part = 0;
        int afterDirectories = -1;
        int skippedTo = 0;
        while (at < directory.length) {
            int end = nextSlash(directory, at);
            if (part < last && parts[part] == DIRECTORIES) {
                afterDirectories = ++part;
                skippedTo = at;
            } else if (part < last && parts[part].matches(directory, at, end)) {
                part++;
                at = end + 1;
            } else if (afterDirectories >= 0) {
                part = afterDirectories;
                skippedTo = nextSlash(directory, skippedTo) + 1;
                at = skippedTo;
            } else {
                return false;
            }
            if (part == last && afterDirectories == last) {
                return true;
            }
        }
        while (part < last && parts[part] == DIRECTORIES) {
            part++;
        }
        return part == last;
    }

    private static int nextSlash(byte[] path, int from) {
        int at = from;
        while (at < path.length && path[at] != '/') {
            at++;
        }
        return at;
    }
}
