package io.sluice.bacula.director;

import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The words of Bacula's configuration format, as its own lexer takes them: {@code #} begins a
 * comment outside of quotes; between double quotes a backslash takes the next character for itself,
 * and a line may end; {@code @file} stands for that file's text, and {@code @|"command"} for a
 * command's output, which is only noted here.
 */
final class ConfLexer {
    enum Type {
        WORD,
        QUOTED,
        EQUALS,
        COMMA,
        OPEN,
        CLOSE,
        SEMICOLON,
        END_OF_LINE,
        END
    }

    /**
     * @param where file and line
     */
    record Token(Type type, String text, String where) {}

    /** A file that includes itself must come to an end. */
    private static final int MAX_DEPTH = 16;

    /** Together with the depth this bounds what a tree of includes can cost. */
    private static final int MAX_FILES = 10_000;

    private static final int MAX_BYTES = 16 << 20;

    private static final String ENDS_WORD = " \t\r\n#=,;{}\"";

    /** A file that is being read. */
    private static final class Source {
        private final Path file;
        private final String text;
        private int at;
        private int line = 1;

        Source(Path file, String text) {
            this.file = file;
            this.text = text;
        }

        String where() {
            return ConfText.show(file) + " line " + line;
        }
    }

    private final Deque<Source> sources = new ArrayDeque<>();
    private final List<String> commands = new ArrayList<>();
    private int files;

    /**
     * @throws SluiceException when the file cannot be read
     */
    ConfLexer(Path file) {
        open(file, "");
    }

    /** The commands met so far, each with its place. */
    List<String> commands() {
        return commands;
    }

    /**
     * The next word; at the end of all files again and again {@link Type#END}.
     *
     * @throws SluiceException for what is no word, and for a file that cannot be read
     */
    Token next() {
        while (true) {
            Source source = sources.peek();
            if (source.at == source.text.length()) {
                if (sources.size() == 1) {
                    return new Token(Type.END, "the end of the file", source.where());
                }
                sources.pop();
                return new Token(Type.END_OF_LINE, "the end of a file", sources.peek().where());
            }
            char c = source.text.charAt(source.at);
            String where = source.where();
            switch (c) {
                case ' ', '\t', '\r' -> source.at++;
                case '#' -> skipComment(source);
                case '@' -> include(source);
                case '"' -> {
                    return new Token(Type.QUOTED, quoted(source), where);
                }
                case '\n' -> {
                    source.at++;
                    source.line++;
                    return new Token(Type.END_OF_LINE, "the end of the line", where);
                }
                case '=', ',', '{', '}', ';' -> {
                    source.at++;
                    return new Token(mark(c), "'" + c + "'", where);
                }
                default -> {
                    return new Token(Type.WORD, word(source), where);
                }
            }
        }
    }

    private static Type mark(char c) {
        return switch (c) {
            case '=' -> Type.EQUALS;
            case ',' -> Type.COMMA;
            case '{' -> Type.OPEN;
            case '}' -> Type.CLOSE;
            default -> Type.SEMICOLON;
        };
    }

    private static void skipComment(Source source) {
        int end = source.text.indexOf('\n', source.at);
        source.at = end < 0 ? source.text.length() : end;
    }

    private static String word(Source source) {
        int start = source.at;
        while (source.at < source.text.length()
                && ENDS_WORD.indexOf(source.text.charAt(source.at)) < 0) {
            source.at++;
        }
        return source.text.substring(start, source.at);
    }

    private static String quoted(Source source) {
        String where = source.where();
        StringBuilder text = new StringBuilder();
        for (source.at++; source.at < source.text.length(); source.at++) {
            char c = source.text.charAt(source.at);
            if (c == '"') {
                source.at++;
                return text.toString();
            }
            if (c == '\\' && source.at + 1 < source.text.length()) {
                source.at++;
                c = source.text.charAt(source.at);
            }
            if (c == '\n') {
                source.line++;
            }
            if (c != '\r') {
                text.append(c);
            }
        }
        throw new SluiceException(where + ": a quote is never closed; put a '\"' at its end");
    }

    private void include(Source source) {
        source.at++;
        String where = source.where();
        boolean command = source.at < source.text.length() && source.text.charAt(source.at) == '|';
        if (command) {
            source.at++;
        }
        boolean quoted = source.at < source.text.length() && source.text.charAt(source.at) == '"';
        String name = quoted ? quoted(source) : word(source);
        if (name.isEmpty()) {
            throw new SluiceException(where + ": '@' names no file; write @/the/file");
        }
        if (command) {
            commands.add(where + ": " + ConfText.printable(name));
            return;
        }
        // Bacula looks in its own working directory, which nobody knows afterwards.
        Path directory = source.file.toAbsolutePath().getParent();
        open(directory.resolve(path(name, where)), where);
    }

    private static Path path(String name, String where) {
        if (name.indexOf('\0') >= 0) {
            throw new SluiceException(where + ": a file's name holds a NUL; take it out");
        }
        return Path.of(
                new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
    }

    private void open(Path file, String from) {
        String shown = "'" + ConfText.show(file) + "'";
        String prefix = from.isEmpty() ? "" : from + ": ";
        if (sources.size() == MAX_DEPTH || ++files > MAX_FILES) {
            throw new SluiceException(
                    prefix
                            + "too many files include each other; does "
                            + shown
                            + " include itself?");
        }
        try {
            if (!Files.isRegularFile(file)) {
                throw new SluiceException(
                        prefix
                                + shown
                                + " is "
                                + (Files.exists(file) ? "no regular file" : "not there")
                                + "; name a configuration file");
            }
            if (Files.size(file) > MAX_BYTES) {
                throw new SluiceException(
                        prefix + shown + " is larger than 16 MiB; is it a configuration at all?");
            }
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            String mark = "\u00ef\u00bb\u00bf";
            sources.push(
                    new Source(file, text.startsWith(mark) ? text.substring(mark.length()) : text));
        } catch (IOException e) {
            throw new SluiceException(
                    prefix
                            + shown
                            + " cannot be read: "
                            + e
                            + "; run as the user whom Bacula runs as",
                    e);
        }
    }
}
