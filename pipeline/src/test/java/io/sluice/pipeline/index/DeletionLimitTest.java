package io.sluice.pipeline.index;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeletionLimitTest {
    @ParameterizedTest
    @CsvSource({
        // A thousand may always go, but not more than half.
        "10000, 0, 2000, false",
        "10000, 0, 2001, true",
        "4000, 0, 1000, false",
        "4000, 0, 1001, true",
        "100, 0, 50, false",
        "100, 0, 51, true",
        "1, 0, 1, true",
        // A differential: 240,000 went by and by since its base, and 1,000 more today.
        "1000000, 240000, 241000, false",
        "1000000, 240000, 392000, false",
        "1000000, 240000, 392001, true",
        "1000000, 240000, 0, false",
    })
    void aFifthIsTooMany(long known, long goneBefore, long gone, boolean beyond) {
        assertThat(new DeletionLimit(known, goneBefore, false).isBeyond(gone)).isEqualTo(beyond);
        assertThat(new DeletionLimit(known, goneBefore, false).judge(gone).withheld())
                .isEqualTo(beyond);
        assertThat(new DeletionLimit(known, goneBefore, true).judge(gone).withheld()).isFalse();
    }
}
