package io.sluice.bacula.config;

import io.sluice.bacula.config.Kind.BadValueException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/**
 * A key and what may stand behind it. All of them are in {@link Keys}.
 *
 * @param <T> of its value
 */
public final class Key<T> {
    private final String name;
    private final String variable;
    private final String defaultText;
    private final String valid;
    private final String description;
    private final Set<Place> places;
    private final boolean list;
    private final boolean flag;
    private final ListReader<T> reader;
    private final Function<T, List<String>> writer;

    /** Reads all that was given; more than one text only for a list. */
    private interface ListReader<T> {
        T read(List<String> texts) throws BadValueException;
    }

    private Key(
            String name,
            String variable,
            String defaultText,
            String valid,
            String description,
            Set<Place> places,
            boolean list,
            boolean flag,
            ListReader<T> reader,
            Function<T, List<String>> writer) {
        this.name = name;
        this.variable = variable;
        this.defaultText = defaultText;
        this.valid = valid;
        this.description = description;
        this.places = places;
        this.list = list;
        this.flag = flag;
        this.reader = reader;
        this.writer = writer;
    }

    static <T> Key<T> of(
            String name, Kind<T> kind, String defaultText, Set<Place> places, String description) {
        return of(name, variableOf(name), kind, defaultText, places, description);
    }

    static <T> Key<T> of(
            String name,
            String variable,
            Kind<T> kind,
            String defaultText,
            Set<Place> places,
            String description) {
        return new Key<>(
                name,
                variable,
                defaultText,
                kind.valid(),
                description,
                places,
                false,
                kind == Kind.FLAG,
                texts -> kind.read(texts.get(0)),
                value -> List.of(kind.show(value)));
    }

    /** A key that may be given several times; without a value it is the empty list. */
    static <T> Key<List<T>> listOf(
            String name, Kind<T> kind, Set<Place> places, String description) {
        return new Key<>(
                name,
                variableOf(name),
                "",
                kind.valid() + "; may be given several times",
                description,
                places,
                true,
                false,
                texts -> {
                    List<T> values = new ArrayList<>();
                    for (String text : texts) {
                        values.add(kind.read(text));
                    }
                    return List.copyOf(values);
                },
                values -> values.stream().map(kind::show).toList());
    }

    private static String variableOf(String name) {
        return "SLUICE_" + name.toUpperCase(Locale.ROOT);
    }

    public String name() {
        return name;
    }

    /** Of the environment. */
    public String variable() {
        return variable;
    }

    /** What holds when nothing is given; empty for nothing. */
    public String defaultText() {
        return defaultText;
    }

    /** What may be said, in words. */
    public String valid() {
        return valid;
    }

    /** One line. */
    public String description() {
        return description;
    }

    /** Where it may stand. */
    public Set<Place> places() {
        return places;
    }

    /** Whether it may be given several times. */
    public boolean isList() {
        return list;
    }

    /** Whether its name alone means yes. */
    public boolean isFlag() {
        return flag;
    }

    T read(List<String> texts) throws BadValueException {
        return reader.read(texts);
    }

    /** The default; null for none. */
    T defaultValue() {
        try {
            if (defaultText.isEmpty()) {
                return list ? reader.read(List.of()) : null;
            }
            return reader.read(List.of(defaultText));
        } catch (BadValueException e) {
            throw new IllegalStateException(name + "'s default " + e.getMessage(), e);
        }
    }

    /** The value printably, one line each. */
    public List<String> show(T value) {
        return value == null ? List.of() : writer.apply(value);
    }

    @Override
    public String toString() {
        return name;
    }
}
