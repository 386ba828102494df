package io.sluice.pipeline.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetentionTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private final long seed = Long.getLong("sluice.seed", System.nanoTime());

    /** Full rounds, from 1 on, begun at these local times. */
    private static List<Retention.Round> fulls(String... times) {
        List<Retention.Round> rounds = new ArrayList<>();
        for (String time : times) {
            Instant at = LocalDateTime.parse(time).atZone(BERLIN).toInstant();
            rounds.add(new Retention.Round(rounds.size() + 1, null, "full", at));
        }
        return rounds;
    }

    /** The kept rounds with the reasons that the rules give. */
    private static Map<Integer, List<String>> kept(
            Retention retention, List<Retention.Round> rounds, ZoneId zone) {
        Map<Integer, List<String>> kept = new TreeMap<>();
        retention
                .choose(rounds, zone)
                .forEach(
                        (round, why) -> {
                            List<String> rules =
                                    why.stream().filter(each -> !each.contains("newest")).toList();
                            if (!rules.isEmpty()) {
                                kept.put(round, rules);
                            }
                        });
        return kept;
    }

    @Test
    void daysWithoutARoundDoNotCount() {
        List<Retention.Round> rounds =
                fulls(
                        "2026-11-01T02:00",
                        "2026-11-01T23:59:59",
                        "2026-11-02T00:00",
                        "2026-11-19T02:00",
                        "2026-11-20T02:00",
                        "2026-11-20T14:00");
        assertThat(kept(new Retention(0, 3, 0, 0), rounds, BERLIN))
                .isEqualTo(
                        Map.of(
                                3, List.of("daily 2026-11-02"),
                                4, List.of("daily 2026-11-19"),
                                6, List.of("daily 2026-11-20")));
        assertThat(kept(new Retention(2, 1, 0, 0), rounds, BERLIN))
                .isEqualTo(Map.of(5, List.of("last"), 6, List.of("last", "daily 2026-11-20")));
    }

    /** What the day, week and month of a moment are called. */
    @ParameterizedTest
    @CsvSource({
        // The days on which the clock is changed: 23 and 25 hours long.
        "2026-03-28T23:30:00Z, Europe/Berlin, 2026-03-29, 2026-W13, 2026-03",
        "2026-03-29T21:59:59Z, Europe/Berlin, 2026-03-29, 2026-W13, 2026-03",
        "2026-03-29T22:00:00Z, Europe/Berlin, 2026-03-30, 2026-W14, 2026-03",
        "2026-10-24T22:00:00Z, Europe/Berlin, 2026-10-25, 2026-W43, 2026-10",
        "2026-10-25T00:30:00Z, Europe/Berlin, 2026-10-25, 2026-W43, 2026-10",
        "2026-10-25T01:30:00Z, Europe/Berlin, 2026-10-25, 2026-W43, 2026-10",
        "2026-10-25T22:59:59Z, Europe/Berlin, 2026-10-25, 2026-W43, 2026-10",
        "2026-10-25T23:00:00Z, Europe/Berlin, 2026-10-26, 2026-W44, 2026-10",
        // Years end within weeks; 2026 has 53 of them.
        "2026-12-31T22:59:59Z, Europe/Berlin, 2026-12-31, 2026-W53, 2026-12",
        "2026-12-31T23:00:00Z, Europe/Berlin, 2027-01-01, 2026-W53, 2027-01",
        "2027-01-03T12:00:00Z, Europe/Berlin, 2027-01-03, 2026-W53, 2027-01",
        "2027-01-04T12:00:00Z, Europe/Berlin, 2027-01-04, 2027-W01, 2027-01",
        "2024-12-30T12:00:00Z, Europe/Berlin, 2024-12-30, 2025-W01, 2024-12",
        "2026-12-31T11:00:00Z, Pacific/Kiritimati, 2027-01-01, 2026-W53, 2027-01",
        "2024-02-29T12:00:00Z, UTC, 2024-02-29, 2024-W09, 2024-02"
    })
    void periodsAreThoseOfTheZone(
            Instant started, ZoneId zone, String day, String week, String month) {
        List<Retention.Round> rounds = List.of(new Retention.Round(1, null, "full", started));
        assertThat(kept(new Retention(0, 1, 1, 1), rounds, zone).get(1))
                .containsExactly("daily " + day, "weekly " + week, "monthly " + month);
    }

    @Test
    void whatKeptRoundsBuildOnIsKept() {
        Instant at = Instant.parse("2026-11-20T02:00:00Z");
        List<Retention.Round> rounds =
                List.of(
                        new Retention.Round(1, null, "full", at),
                        new Retention.Round(2, 1, "full", at),
                        new Retention.Round(3, 2, "full", at),
                        new Retention.Round(5, 1, "full", at),
                        new Retention.Round(6, null, "metadata", at),
                        new Retention.Round(7, 6, "metadata", at),
                        new Retention.Round(8, 5, "full", at),
                        new Retention.Round(9, 8, "full", at));
        assertThat(new Retention(1, 0, 0, 0).choose(rounds, BERLIN))
                .isEqualTo(
                        new TreeMap<>(
                                Map.of(
                                        1, List.of("newest full with content full", "base of 5"),
                                        2, List.of(),
                                        3, List.of(),
                                        5, List.of("base of 8"),
                                        6,
                                                List.of(
                                                        "newest full with content metadata",
                                                        "base of 7"),
                                        7, List.of("last", "newest with content metadata"),
                                        8, List.of("base of 9"),
                                        9, List.of("last", "newest with content full"))));
        assertThatThrownBy(() -> new Retention(1, 0, 0, 0).choose(rounds.subList(1, 8), BERLIN))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("round 5 is to be kept, and round 1")
                .hasMessageContaining("nothing was removed");
    }

    /** A round of data each night, and one of metadata alone each noon. */
    @Test
    void roundsOfOneContentDoNotStandForThoseOfTheOther() {
        List<Retention.Round> rounds = new ArrayList<>();
        for (int day = 1; day <= 6; day++) {
            for (String each : List.of("01:00 full", "13:00 metadata")) {
                String[] timeAndContent = each.split(" ", 2);
                LocalDateTime at = LocalDateTime.parse("2026-11-0" + day + "T" + timeAndContent[0]);
                rounds.add(
                        new Retention.Round(
                                rounds.size() + 1,
                                null,
                                timeAndContent[1],
                                at.atZone(BERLIN).toInstant()));
            }
        }
        assertThat(kept(new Retention(0, 3, 0, 0), rounds, BERLIN))
                .isEqualTo(
                        Map.of(
                                7, List.of("daily 2026-11-04"),
                                8, List.of("daily 2026-11-04"),
                                9, List.of("daily 2026-11-05"),
                                10, List.of("daily 2026-11-05"),
                                11, List.of("daily 2026-11-06"),
                                12, List.of("daily 2026-11-06")));
        assertThat(kept(new Retention(2, 0, 0, 0), rounds, BERLIN).keySet())
                .containsExactly(9, 10, 11, 12);
    }

    @Test
    void roundsOfAClockThatWasSetBackAreThoseOfTheirDays() {
        List<Retention.Round> rounds =
                fulls("2026-11-20T02:00", "2026-11-21T02:00", "2026-11-20T03:00");
        assertThat(kept(new Retention(0, 1, 0, 0), rounds, BERLIN))
                .isEqualTo(Map.of(2, List.of("daily 2026-11-21")));
        assertThat(kept(new Retention(0, 2, 0, 0), rounds, BERLIN).keySet()).containsExactly(2, 3);
    }

    /** Per rule: all periods as a sorted set, the last N of them, of each the highest number. */
    private static Set<Integer> modelled(
            List<Retention.Round> rounds, int number, Function<LocalDate, Comparable<?>> period) {
        Map<String, List<Retention.Round>> byPeriod =
                rounds.stream()
                        .collect(
                                Collectors.groupingBy(
                                        round ->
                                                period.apply(
                                                                round.started()
                                                                        .atZone(BERLIN)
                                                                        .toLocalDate())
                                                        .toString(),
                                        TreeMap::new,
                                        Collectors.toList()));
        List<String> periods = new ArrayList<>(byPeriod.keySet());
        Set<Integer> kept = new TreeSet<>();
        for (String each : periods.subList(Math.max(0, periods.size() - number), periods.size())) {
            kept.add(byPeriod.get(each).stream().mapToInt(Retention.Round::round).max().getAsInt());
        }
        return kept;
    }

    @Test
    void randomArchivesAreKeptAsByASimpleModel() {
        System.out.println("RetentionTest: seed " + seed + " (-Dsluice.seed=" + seed + ")");
        Random random = new Random(seed);
        for (int run = 0; run < 300; run++) {
            List<Retention.Round> rounds = new ArrayList<>();
            Instant at = Instant.parse("2024-01-01T00:00:00Z");
            int number = 0;
            for (int i = random.nextInt(60); i >= 0; i--) {
                number += 1 + random.nextInt(2);
                at = at.plusSeconds(random.nextInt(random.nextBoolean() ? 30_000 : 900_000));
                Retention.Round base =
                        rounds.isEmpty() ? null : rounds.get(random.nextInt(rounds.size()));
                boolean full = base == null || random.nextInt(4) == 0;
                String content = full ? random.nextBoolean() ? "full" : "metadata" : base.content();
                rounds.add(new Retention.Round(number, full ? null : base.round(), content, at));
            }
            Retention retention =
                    new Retention(
                            1 + random.nextInt(5),
                            random.nextInt(5),
                            random.nextInt(5),
                            random.nextInt(5));
            Set<Integer> wanted = new TreeSet<>();
            for (String content : List.of("full", "metadata")) {
                List<Retention.Round> ofIt =
                        rounds.stream().filter(round -> round.content().equals(content)).toList();
                ofIt.subList(Math.max(0, ofIt.size() - retention.last()), ofIt.size())
                        .forEach(round -> wanted.add(round.round()));
                wanted.addAll(modelled(ofIt, retention.daily(), day -> day));
                // Weeks by their Mondays.
                wanted.addAll(
                        modelled(
                                ofIt,
                                retention.weekly(),
                                day -> day.minusDays(day.getDayOfWeek().getValue() - 1L)));
                wanted.addAll(modelled(ofIt, retention.monthly(), day -> day.withDayOfMonth(1)));
                ofIt.stream().reduce((a, b) -> b).ifPresent(round -> wanted.add(round.round()));
                ofIt.stream()
                        .filter(round -> round.base() == null)
                        .reduce((a, b) -> b)
                        .ifPresent(round -> wanted.add(round.round()));
            }
            for (int before = -1; before != wanted.size(); ) {
                before = wanted.size();
                for (Retention.Round round : rounds) {
                    if (wanted.contains(round.round()) && round.base() != null) {
                        wanted.add(round.base());
                    }
                }
            }
            Set<Integer> kept = new TreeSet<>();
            retention
                    .choose(rounds, BERLIN)
                    .forEach(
                            (round, why) -> {
                                if (!why.isEmpty()) {
                                    kept.add(round);
                                }
                            });
            assertThat(kept).as("seed %s, run %s: %s", seed, run, rounds).isEqualTo(wanted);
        }
    }
}
