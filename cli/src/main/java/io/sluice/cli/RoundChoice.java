package io.sluice.cli;

import io.sluice.common.SluiceException;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Manifest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Which round of an archive is meant.
 *
 * @param number of the round; 0 where it is not named by its number
 * @param moment the youngest round that had begun by then; null for the latest round
 */
record RoundChoice(int number, Instant moment) {
    static final RoundChoice LATEST = new RoundChoice(0, null);

    private static final String DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
    private static final String TIME = DATE + "T[0-9]{2}:[0-9]{2}(:[0-9]{2})?";

    /**
     * The number of the round that is meant.
     *
     * @throws SluiceException if there is no such round
     */
    int of(Archive archive) {
        if (moment == null) {
            return number == 0 ? archive.latest().manifest().round() : number;
        }
        List<Manifest> rounds = archive.rounds();
        if (rounds.isEmpty()) {
            // It says so.
            return archive.latest().manifest().round();
        }
        int found = 0;
        for (Manifest round : rounds) {
            if (!round.started().isAfter(moment)) {
                found = round.round();
            }
        }
        if (found == 0) {
            Manifest oldest = rounds.get(0);
            throw new SluiceException(
                    "no round had begun by "
                            + moment
                            + ": the oldest is round "
                            + oldest.round()
                            + ", begun "
                            + oldest.started()
                            + "; name a later date");
        }
        return found;
    }

    /**
     * Reads {@code latest}, a number from 1 on, or a date: a day means its end; without an offset
     * it is local time.
     *
     * @throws DateTimeException for a date that does not exist
     */
    static RoundChoice parse(String text, ZoneId zone) {
        if (text.equals("latest")) {
            return LATEST;
        }
        if (text.matches("[1-9][0-9]{0,8}")) {
            return new RoundChoice(Integer.parseInt(text), null);
        }
        if (text.matches(DATE)) {
            Instant nextDay = LocalDate.parse(text).plusDays(1).atStartOfDay(zone).toInstant();
            return new RoundChoice(0, nextDay.minusNanos(1));
        }
        if (text.matches(TIME)) {
            return new RoundChoice(0, LocalDateTime.parse(text).atZone(zone).toInstant());
        }
        if (text.matches(TIME + "(Z|[+-][0-9]{2}:[0-9]{2})")) {
            return new RoundChoice(0, OffsetDateTime.parse(text).toInstant());
        }
        throw new DateTimeException("no form of a date");
    }

    /** Reads an option, in the time zone of this machine. */
    static final class Converter implements ITypeConverter<RoundChoice> {
        @Override
        public RoundChoice convert(String text) {
            try {
                return parse(text, ZoneId.systemDefault());
            } catch (DateTimeException e) {
                TypeConversionException problem =
                        new TypeConversionException(
                                "'"
                                        + text
                                        + "' is no round: name 'latest', a number from 1 on, or a"
                                        + " date like 2026-11-20, 2026-11-20T03:00 or"
                                        + " 2026-11-20T03:00:00Z");
                problem.initCause(e);
                throw problem;
            }
        }
    }
}
