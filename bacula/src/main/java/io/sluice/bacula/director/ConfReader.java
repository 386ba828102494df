package io.sluice.bacula.director;

import io.sluice.bacula.director.ConfLexer.Token;
import io.sluice.bacula.director.ConfLexer.Type;
import io.sluice.common.SluiceException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads Bacula's configuration: resources, blocks in them, and {@code keyword = values} that a
 * semicolon, the line's end or the closing brace ends. What a keyword means it does not know.
 */
public final class ConfReader {
    /** Bacula itself has three levels: FileSet, Include, Options. */
    private static final int MAX_DEPTH = 32;

    private final ConfLexer lexer;
    private Token token;

    private ConfReader(Path file) {
        lexer = new ConfLexer(file);
        token = lexer.next();
    }

    /**
     * @param files one configuration, as if one included the others
     * @throws SluiceException for what cannot be read or is not of this format: one line with file
     *     and line
     */
    public static Configuration read(List<Path> files) {
        List<Resource> resources = new ArrayList<>();
        List<String> commands = new ArrayList<>();
        for (Path file : files) {
            ConfReader reader = new ConfReader(file);
            reader.resources(resources);
            commands.addAll(reader.lexer.commands());
        }
        return new Configuration(resources, commands);
    }

    private void resources(List<Resource> resources) {
        while (true) {
            skip(Type.END_OF_LINE, Type.SEMICOLON);
            if (token.type() == Type.END) {
                return;
            }
            String where = token.where();
            String type = keyword();
            skip(Type.END_OF_LINE);
            if (token.type() != Type.OPEN) {
                throw expected("'{' behind '" + printable(type) + "'");
            }
            resources.add(block(type, where, 1));
        }
    }

    /** From its opening brace to behind the closing one. */
    private Resource block(String type, String where, int depth) {
        if (depth > MAX_DEPTH) {
            throw new SluiceException(where + ": braces are nested too deeply; close some");
        }
        List<Directive> directives = new ArrayList<>();
        List<Resource> inner = new ArrayList<>();
        advance();
        while (true) {
            skip(Type.END_OF_LINE, Type.SEMICOLON);
            if (token.type() == Type.CLOSE) {
                advance();
                return new Resource(Resource.keyword(type), directives, inner, where);
            }
            if (token.type() == Type.END) {
                throw new SluiceException(
                        where
                                + ": the '{' of '"
                                + printable(type)
                                + "' is never closed; add a '}'");
            }
            String at = token.where();
            String keyword = keyword();
            if (token.type() == Type.EQUALS) {
                advance();
                directives.add(new Directive(Resource.keyword(keyword), values(), at));
                continue;
            }
            skip(Type.END_OF_LINE);
            if (token.type() != Type.OPEN) {
                throw expected("'=' or '{' behind '" + printable(keyword) + "'");
            }
            inner.add(block(keyword, at, depth + 1));
        }
    }

    /** Words of one line, without quotes. */
    private String keyword() {
        StringBuilder keyword = new StringBuilder();
        while (token.type() == Type.WORD) {
            keyword.append(keyword.isEmpty() ? "" : " ").append(token.text());
            advance();
        }
        if (keyword.isEmpty()) {
            throw expected("a keyword");
        }
        return keyword.toString();
    }

    private List<String> values() {
        List<String> values = new ArrayList<>();
        StringBuilder value = new StringBuilder();
        boolean begun = false;
        boolean comma = false;
        while (true) {
            switch (token.type()) {
                case WORD, QUOTED -> {
                    value.append(value.isEmpty() ? "" : " ").append(token.text());
                    begun = true;
                    comma = false;
                }
                case EQUALS -> value.append(value.isEmpty() ? "=" : " =");
                case COMMA -> {
                    values.add(value.toString());
                    value.setLength(0);
                    begun = false;
                    comma = true;
                }
                case END_OF_LINE -> {
                    // A list goes on behind a comma.
                    if (!comma) {
                        return ended(values, value, begun);
                    }
                }
                case OPEN -> throw expected("a value");
                default -> {
                    return ended(values, value, begun);
                }
            }
            advance();
        }
    }

    private List<String> ended(List<String> values, StringBuilder value, boolean begun) {
        if (!begun) {
            throw expected("a value");
        }
        values.add(value.toString());
        return values;
    }

    private void skip(Type... types) {
        List<Type> skipped = List.of(types);
        while (skipped.contains(token.type())) {
            advance();
        }
    }

    private void advance() {
        token = lexer.next();
    }

    private SluiceException expected(String what) {
        String got =
                token.type() == Type.WORD || token.type() == Type.QUOTED
                        ? "'" + printable(token.text()) + "'"
                        : token.text();
        return new SluiceException(
                token.where()
                        + ": expected "
                        + what
                        + ", got "
                        + got
                        + "; let bacula-dir -t check it");
    }

    private static String printable(String text) {
        String quoted = ConfText.printable(text);
        return quoted.substring(1, quoted.length() - 1);
    }
}
