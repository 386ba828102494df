package io.sluice.cli;

import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.ArchiveRound;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Which round of an archive is meant.
 *
 * @param number of the round; 0 for the latest
 */
record RoundChoice(int number) {
    static final String LATEST = "latest";

    ArchiveRound of(Archive archive) {
        return number == 0 ? archive.latest() : archive.round(number);
    }

    /** Reads {@code latest} or a number from 1 on. */
    static final class Converter implements ITypeConverter<RoundChoice> {
        @Override
        public RoundChoice convert(String text) {
            if (text.equals(LATEST)) {
                return new RoundChoice(0);
            }
            if (!text.matches("[1-9][0-9]{0,8}")) {
                throw new TypeConversionException(
                        "'" + text + "' is no round: name 'latest' or a number from 1 on");
            }
            return new RoundChoice(Integer.parseInt(text));
        }
    }
}
