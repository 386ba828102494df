package io.sluice.ptcomm.writer;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import org.junit.jupiter.api.Test;

class LinkNamesTest {
    private static final byte[] ONE = {'d', '/', (byte) 0xff};
    private static final byte[] OTHER = {'o'};

    private static Stat on(int major, int minor) {
        Timestamp time = new Timestamp(0, 0);
        return new Stat(0100644, 2, 0, 0, 5, 0, time, time, time, null, major, minor, 0, 0);
    }

    @Test
    void oneInodeNumberIsAFileOnEachDevice() {
        byte[] names = LinkNames.with(null, on(8, 1), ONE);
        names = LinkNames.with(names, on(8, 2), OTHER);

        assertThat(LinkNames.find(names, on(8, 1))).isEqualTo(ONE);
        assertThat(LinkNames.find(names, on(8, 2))).isEqualTo(OTHER);
        assertThat(LinkNames.find(names, on(1, 8))).isNull();
        assertThat(LinkNames.find(null, on(8, 1))).isNull();
    }

    private static Stat state(long size, long modified, Timestamp born) {
        Timestamp time = new Timestamp(modified, 1);
        Timestamp never = new Timestamp(0, 0);
        return new Stat(0100644, 2, 0, 0, 5, size, never, time, time, born, 8, 1, 0, 0);
    }

    /** A filesystem gives an inode number to a new file as soon as the old one is gone. */
    @Test
    void anotherStateOrAnotherFileIsNotLinkedAndTakesThePlace() {
        Stat old = state(7, 100, new Timestamp(50, 5));
        byte[] names = LinkNames.with(null, old, ONE);
        Stat rewritten = state(7, 101, new Timestamp(50, 5));
        Stat reused = state(7, 100, new Timestamp(50, 6));

        assertThat(LinkNames.find(names, state(7, 100, new Timestamp(50, 5)))).isEqualTo(ONE);
        assertThat(LinkNames.find(names, rewritten)).isNull();
        assertThat(LinkNames.find(names, state(8, 100, new Timestamp(50, 5)))).isNull();
        assertThat(LinkNames.find(names, reused)).isNull();
        assertThat(LinkNames.find(names, state(7, 100, null))).isNull();

        names = LinkNames.with(names, reused, OTHER);
        assertThat(LinkNames.find(names, reused)).isEqualTo(OTHER);
        assertThat(LinkNames.find(names, old)).isNull();
    }
}
