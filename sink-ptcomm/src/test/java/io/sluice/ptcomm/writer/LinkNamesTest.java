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
}
