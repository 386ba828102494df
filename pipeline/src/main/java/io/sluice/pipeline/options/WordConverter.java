package io.sluice.pipeline.options;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads one of a few words, in any case, and names them in its complaint as the help does. */
public abstract class WordConverter<T> implements ITypeConverter<T> {
    private final Map<String, T> values = new LinkedHashMap<>();

    /**
     * @param word of a value, in small letters
     * @param values in the order in which they are named
     */
    @SafeVarargs
    protected WordConverter(Function<T, String> word, T... values) {
        for (T value : values) {
            this.values.put(word.apply(value), value);
        }
    }

    @Override
    public final T convert(String text) {
        T value = values.get(text.toLowerCase(Locale.ROOT));
        if (value == null) {
            throw new TypeConversionException(
                    "'" + text + "' is none of " + String.join(", ", values.keySet()));
        }
        return value;
    }
}
