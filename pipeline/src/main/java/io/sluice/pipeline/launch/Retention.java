package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import io.sluice.ptcomm.archive.Manifest;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which rounds of an archive are kept. Each rule looks at the rounds of each content by themselves:
 * a round of metadata alone stands for no round with data, nor the other way round. Of each of the
 * last so many days, weeks (ISO 8601) and months that have a round, it is the youngest round begun
 * in them. Kept is also what those build on, and of each content the newest round and the newest
 * full one, from which the next one goes on.
 *
 * @param last number of rounds of each content; 0, as for the others, for none by this rule
 * @param daily number of days
 * @param weekly number of weeks
 * @param monthly number of months
 */
public record Retention(int last, int daily, int weekly, int monthly) {
    public Retention {
        if (last < 0 || daily < 0 || weekly < 0 || monthly < 0) {
            throw new IllegalArgumentException("a number of rounds is not negative");
        }
        if (last + (long) daily + weekly + monthly == 0) {
            throw new IllegalArgumentException("no rule keeps anything");
        }
    }

    /**
     * What the choice looks at.
     *
     * @param base null for a full round
     */
    record Round(int round, Integer base, String content, Instant started) {
        static Round of(Manifest manifest) {
            return new Round(
                    manifest.round(), manifest.base(), manifest.content(), manifest.started());
        }
    }

    /**
     * Chooses.
     *
     * @param rounds all that the archive has
     * @param zone whose days count
     * @return for each round, ascending, why it is kept; nothing where it is not
     * @throws SluiceException if a kept round lacks one that it builds on
     */
    SortedMap<Integer, List<String>> choose(List<Round> rounds, ZoneId zone) {
        SortedMap<Integer, Round> byNumber = new TreeMap<>();
        rounds.forEach(round -> byNumber.put(round.round, round));
        SortedMap<Integer, List<String>> reasons = new TreeMap<>();
        byNumber.keySet().forEach(number -> reasons.put(number, new ArrayList<>()));
        List<Round> youngestFirst = new ArrayList<>(byNumber.values());
        Collections.reverse(youngestFirst);

        youngestFirst.stream()
                .collect(Collectors.groupingBy(Round::content))
                .values()
                .forEach(ofOneContent -> keepByRules(ofOneContent, zone, reasons));
        keepToGoOnFrom(youngestFirst, reasons);
        keepBases(youngestFirst, reasons);
        return reasons;
    }

    private void keepByRules(
            List<Round> youngestFirst, ZoneId zone, Map<Integer, List<String>> reasons) {
        youngestFirst.stream().limit(last).forEach(round -> reasons.get(round.round).add("last"));
        keepOfEach(daily, Retention::day, "daily", youngestFirst, zone, reasons);
        keepOfEach(weekly, Retention::week, "weekly", youngestFirst, zone, reasons);
        keepOfEach(monthly, Retention::month, "monthly", youngestFirst, zone, reasons);
    }

    private static String day(LocalDate date) {
        return date.toString();
    }

    private static String week(LocalDate date) {
        return String.format(
                Locale.ROOT,
                "%d-W%02d",
                date.get(IsoFields.WEEK_BASED_YEAR),
                date.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
    }

    private static String month(LocalDate date) {
        return date.toString().substring(0, date.toString().lastIndexOf('-'));
    }

    /**
     * The clock may have been set back: the periods are ordered by date, their rounds by number.
     */
    private static void keepOfEach(
            int number,
            Function<LocalDate, String> period,
            String rule,
            List<Round> youngestFirst,
            ZoneId zone,
            Map<Integer, List<String>> reasons) {
        record Youngest(LocalDate date, int round) {}

        Map<String, Youngest> periods = new HashMap<>();
        for (Round round : youngestFirst) {
            LocalDate date = round.started.atZone(zone).toLocalDate();
            periods.putIfAbsent(period.apply(date), new Youngest(date, round.round));
        }
        periods.entrySet().stream()
                .sorted((a, b) -> b.getValue().date.compareTo(a.getValue().date))
                .limit(number)
                .forEach(
                        each -> reasons.get(each.getValue().round).add(rule + " " + each.getKey()));
    }

    private static void keepToGoOnFrom(
            List<Round> youngestFirst, Map<Integer, List<String>> reasons) {
        Set<String> contents = new HashSet<>();
        Set<String> contentsOfFull = new HashSet<>();
        for (Round round : youngestFirst) {
            if (contents.add(round.content)) {
                reasons.get(round.round).add("newest with content " + round.content);
            }
            if (round.base == null && contentsOfFull.add(round.content)) {
                reasons.get(round.round).add("newest full with content " + round.content);
            }
        }
    }

    /** A base has a lower number than what builds on it, so one pass finds all. */
    private static void keepBases(List<Round> youngestFirst, Map<Integer, List<String>> reasons) {
        Map<Integer, Integer> neededBy = new HashMap<>();
        for (Round round : youngestFirst) {
            Integer by = neededBy.get(round.round);
            if (by != null) {
                reasons.get(round.round).add("base of " + by);
            }
            if (round.base == null || reasons.get(round.round).isEmpty()) {
                continue;
            }
            if (!reasons.containsKey(round.base)) {
                throw new SluiceException(
                        "round "
                                + round.round
                                + " is to be kept, and round "
                                + round.base
                                + ", which it builds on, is missing: put rounds/"
                                + round.base
                                + " back from a copy of the archive, or delete rounds/"
                                + round.round
                                + "; nothing was removed");
            }
            neededBy.put(round.base, round.round);
        }
    }
}
