package io.sluice.lustre.source;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SettledIndexTest {
    @Test
    void whatWasReadWithoutAGapIsSettled() {
        SettledIndex index = new SettledIndex(5);
        assertThat(index.next()).isEqualTo(5);
        index.read(5);
        index.read(6);
        assertThat(index.next()).isEqualTo(7);
    }

    /** Record 7 is still being written, and may lie behind 8. */
    @Test
    void aGapAtTheEndIsReadAgain() {
        SettledIndex index = new SettledIndex(5);
        index.read(5);
        index.read(6);
        index.read(8);
        assertThat(index.next()).isEqualTo(7);
        index.read(7);
        assertThat(index.next()).isEqualTo(9);
    }

    @Test
    void aGapWithManyRecordsBehindItStays() {
        SettledIndex index = new SettledIndex(1);
        index.read(1);
        for (long i = 3; i <= 2 + SettledIndex.WINDOW_RECORDS; i++) {
            index.read(i);
        }
        assertThat(index.next()).isEqualTo(2);
        index.read(3 + SettledIndex.WINDOW_RECORDS);
        assertThat(index.next()).isEqualTo(4 + SettledIndex.WINDOW_RECORDS);
    }

    @Test
    void whatLiesBehindAGapIsNewOnce() {
        SettledIndex index = new SettledIndex(5);
        assertThat(index.read(5)).isTrue();
        assertThat(index.read(8)).isTrue();
        assertThat(index.read(8)).isFalse();
        assertThat(index.read(7)).isTrue();
        assertThat(index.read(6)).isTrue();
        assertThat(index.next()).isEqualTo(9);
        assertThat(index.read(7)).isFalse();
        assertThat(index.read(8)).isFalse();
    }
}
