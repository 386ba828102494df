package io.sluice.common.pattern;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A pattern for one name, the part between two slashes (fnmatch(3), glob(7)): {@code *} any run of
 * bytes, {@code ?} one byte, {@code [a-z]}, {@code [!a]}, {@code [^a]}, {@code [[:digit:]]} one
 * byte of a set (ASCII, whatever the locale), a backslash takes the next byte for itself.
 *
 * <p>Matching takes at most (length of the pattern) × (length of the name) steps: of several
 * asterisks only the last one seen ever has to be given more, since whatever an earlier one could
 * take besides, the later one can take as well. Immutable; matching allocates nothing.
 */
final class Glob implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Steps below this stand for that byte. */
    private static final int ONE = 256;

    private static final int RUN = 257;

    /** Steps from here on stand for set number {@code step - SET}. */
    private static final int SET = 258;

    private static final int SET_WORDS = 256 / Long.SIZE;

    static final Glob ANYTHING = new Glob(new int[] {RUN}, new long[0][]);

    private final int[] steps;
    private final long[][] sets;

    private Glob(int[] steps, long[][] sets) {
        this.steps = steps;
        this.sets = sets;
    }

    boolean matches(byte[] name, int from, int to) {
        int at = from;
        int step = 0;
        int afterRun = -1;
        int runEnd = 0;
        while (at < to) {
            if (step < steps.length && steps[step] == RUN) {
                afterRun = ++step;
                runEnd = at;
            } else if (step < steps.length && takes(steps[step], name[at] & 0xff)) {
                step++;
                at++;
            } else if (afterRun >= 0) {
                step = afterRun;
                at = ++runEnd;
            } else {
                return false;
            }
        }
        while (step < steps.length && steps[step] == RUN) {
            step++;
        }
        return step == steps.length;
    }

    private boolean takes(int step, int value) {
        if (step < ONE) {
            return step == value;
        }
        return step == ONE || (sets[step - SET][value / Long.SIZE] & 1L << value) != 0;
    }

    /** Whether only the name {@code literal} matches. */
    boolean isOnly(String literal) {
        byte[] bytes = literal.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length != steps.length) {
            return false;
        }
        for (int i = 0; i < steps.length; i++) {
            if (steps[i] != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Cuts a pattern at its slashes, which stand outside of sets, and compiles each part.
     *
     * @param pattern the whole, for messages
     */
    static List<Glob> compile(byte[] pattern, int from, int to) {
        Compiler compiler = new Compiler(pattern, from, to);
        List<Glob> parts = new ArrayList<>();
        do {
            Glob part = compiler.part();
            parts.add(part);
            if (part.isTwoAsterisks() && compiler.atEscapedSlash()) {
                // To git, only a plain slash behind two asterisks may stand for no directory at
                // all.
                parts.add(new Compiler(new byte[] {'*'}, 0, 1).part());
            }
        } while (compiler.atSlash());
        return parts;
    }

    /**
     * Whether this is {@code **}, which between slashes stands for directories. So do three
     * asterisks and more, to git, though gitignore(5) calls them regular ones.
     */
    boolean isTwoAsterisks() {
        for (int step : steps) {
            if (step != RUN) {
                return false;
            }
        }
        return steps.length >= 2;
    }

    private static final class Compiler {
        private final byte[] pattern;
        private final int end;
        private int at;
        private int[] steps = new int[16];
        private int count;
        private final List<long[]> sets = new ArrayList<>();

        Compiler(byte[] pattern, int from, int to) {
            this.pattern = pattern;
            at = from;
            end = to;
        }

        /** Whether the slash that ended the part has a backslash before it. */
        boolean atEscapedSlash() {
            return at < end && pattern[at - 1] == '\\';
        }

        /** Steps over a slash; false at the end. */
        boolean atSlash() {
            if (at < end) {
                at++;
                return true;
            }
            return false;
        }

        Glob part() {
            count = 0;
            sets.clear();
            while (at < end && pattern[at] != '/') {
                int value = pattern[at++] & 0xff;
                switch (value) {
                    case '*' -> add(RUN);
                    case '?' -> add(ONE);
                    case '[' -> {
                        add(SET + sets.size());
                        sets.add(set());
                    }
                    case '\\' -> {
                        if (pattern[at(end)] == '/') {
                            // An escaped slash still parts names: no name can hold it.
                            return glob();
                        }
                        add(pattern[at++] & 0xff);
                    }
                    default -> add(value);
                }
            }
            return glob();
        }

        private int at(int limit) {
            if (at >= limit) {
                throw new BadPatternException(
                        pattern, "ends in a lone backslash; double it to mean the character");
            }
            return at;
        }

        private Glob glob() {
            return new Glob(Arrays.copyOf(steps, count), sets.toArray(new long[0][]));
        }

        private void add(int step) {
            if (count == steps.length) {
                steps = Arrays.copyOf(steps, 2 * count);
            }
            steps[count++] = step;
        }

        /** The set whose opening bracket has just been passed; ends behind its closing one. */
        private long[] set() {
            long[] set = new long[SET_WORDS];
            boolean negated = at < end && (pattern[at] == '!' || pattern[at] == '^');
            if (negated) {
                at++;
            }
            // A closing bracket that comes first is one of the set.
            boolean first = true;
            while (first || next() != ']') {
                first = false;
                if (next() == '[' && at + 1 < end && pattern[at + 1] == ':' && named(set)) {
                    continue;
                }
                int low = value();
                // The first character stands for itself, also where the range runs backwards: as
                // git has it.
                addRange(set, low, low);
                if (next() == '-' && at + 1 < end && pattern[at + 1] != ']') {
                    at++;
                    addRange(set, low, value());
                }
            }
            at++;
            if (negated) {
                for (int i = 0; i < set.length; i++) {
                    set[i] = ~set[i];
                }
            }
            return set;
        }

        private int next() {
            if (at >= end) {
                throw new BadPatternException(
                        pattern,
                        "has no ']' for its '['; put a backslash before '[' to mean the character");
            }
            return pattern[at];
        }

        private int value() {
            int value = next() & 0xff;
            at++;
            if (value == '\\') {
                value = next() & 0xff;
                at++;
            }
            return value;
        }

        /** Reads {@code [:name:]}; false, with nothing read, where it is no such thing. */
        private boolean named(long[] set) {
            int from = at + 2;
            int to = from;
            while (to < end && pattern[to] != ']') {
                to++;
            }
            if (to == end || to == from || pattern[to - 1] != ':') {
                return false;
            }
            String name = new String(pattern, from, to - 1 - from, StandardCharsets.ISO_8859_1);
            switch (name) {
                case "alnum" -> addRanges(set, "09AZaz");
                case "alpha" -> addRanges(set, "AZaz");
                case "blank" -> addRanges(set, "  \t\t");
                case "cntrl" -> addRanges(set, "\u0000\u001f\u007f\u007f");
                case "digit" -> addRanges(set, "09");
                case "graph" -> addRanges(set, "!~");
                case "lower" -> addRanges(set, "az");
                case "print" -> addRanges(set, " ~");
                case "punct" -> addRanges(set, "!/:@[`{~");
                case "space" -> addRanges(set, "  \t\r");
                case "upper" -> addRanges(set, "AZ");
                case "xdigit" -> addRanges(set, "09AFaf");
                default ->
                        throw new BadPatternException(
                                pattern, "names a class of characters that does not exist");
            }
            at = to + 1;
            return true;
        }

        private static void addRanges(long[] set, String ranges) {
            for (int i = 0; i < ranges.length(); i += 2) {
                addRange(set, ranges.charAt(i), ranges.charAt(i + 1));
            }
        }

        private static void addRange(long[] set, int low, int high) {
            for (int value = low; value <= high; value++) {
                set[value / Long.SIZE] |= 1L << value;
            }
        }
    }
}
