package io.sluice.pipeline.options;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A path on the command line, which an unset variable of a script must not make the wrong one. */
public final class PathArgument implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
        if (text.isEmpty()) {
            throw new TypeConversionException("the path is empty");
        }
        return text;
    }
}
