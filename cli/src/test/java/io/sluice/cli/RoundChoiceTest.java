package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.HandmadeRounds;
import io.sluice.ptcomm.codec.SampleEntry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class RoundChoiceTest {
    private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");

    @TempDir Path temporary;

    @ParameterizedTest
    @CsvSource({
        "2026-11-20, 2026-11-20T22:59:59.999999999Z",
        "2026-10-25, 2026-10-25T22:59:59.999999999Z",
        "2026-07-01, 2026-07-01T21:59:59.999999999Z",
        "2026-11-20T03:00, 2026-11-20T02:00:00Z",
        "2026-11-20T03:00:07, 2026-11-20T02:00:07Z",
        "2026-11-20T03:00Z, 2026-11-20T03:00:00Z",
        "2026-11-20T03:00:07-08:30, 2026-11-20T11:30:07Z",
        "2024-02-29, 2024-02-29T22:59:59.999999999Z"
    })
    void dateIsAMomentAndADayItsEnd(String text, String moment) {
        assertThat(RoundChoice.parse(text, ZONE))
                .isEqualTo(new RoundChoice(0, Instant.parse(moment)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-11-31", "2026-2-1", "2026-11-20T25:00", "2026-11-20 03:00", "yesterday", "",
                "0", "-1", "1x", "20261120T03", "2026-11-20Z", "2025-02-29"
            })
    void anythingElseIsNamed(String text) {
        assertThatThrownBy(() -> new RoundChoice.Converter().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageStartingWith("'" + text + "' is no round: name 'latest', a number")
                .hasMessageNotContaining("\n");
    }

    @Test
    void youngestRoundBegunByThenIsMeant() throws Exception {
        HandmadeRounds rounds = new HandmadeRounds(temporary.resolve("archive"), 1);
        rounds.full(Instant.parse("2026-11-18T02:00:00Z"), SampleEntry.file("f", "x"));
        rounds.changes(1, Instant.parse("2026-11-19T02:00:00Z"));
        rounds.changes(2, Instant.parse("2026-11-20T02:00:00Z"));
        byte[] path = temporary.resolve("archive").toString().getBytes(StandardCharsets.UTF_8);
        try (Archive archive = Archive.openForReading(path)) {
            assertThat(of(archive, "latest")).isEqualTo(3);
            assertThat(of(archive, "2")).isEqualTo(2);
            assertThat(of(archive, "2026-11-18")).isEqualTo(1);
            assertThat(of(archive, "2026-11-19T03:00")).isEqualTo(2);
            assertThat(of(archive, "2026-11-19T02:59:59")).isEqualTo(1);
            assertThat(of(archive, "2030-01-01")).isEqualTo(3);
            assertThatThrownBy(() -> of(archive, "2026-11-17"))
                    .isInstanceOf(SluiceException.class)
                    .hasMessage(
                            "no round had begun by 2026-11-17T22:59:59.999999999Z: the oldest is"
                                    + " round 1, begun 2026-11-18T02:00:00Z; name a later date");
        }
    }

    private static int of(Archive archive, String text) {
        return RoundChoice.parse(text, ZONE).of(archive);
    }
}
