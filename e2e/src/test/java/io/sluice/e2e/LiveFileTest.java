package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class LiveFileTest {
    private final LiveFile file = new LiveFile(7);
    private final int created = file.appending(10);
    private final int rewritten = file.overwriting();
    private final int grown;

    LiveFileTest() {
        file.truncating(6);
        grown = file.appending(3);
    }

    /** Pairs of stamp and number of cells. */
    private byte[] content(int... runs) {
        ByteBuffer content = ByteBuffer.allocate(1000);
        int at = 0;
        for (int i = 0; i < runs.length; i += 2) {
            content.put(file.content(runs[i], at, runs[i + 1]));
            at += runs[i + 1];
        }
        return java.util.Arrays.copyOf(content.array(), content.position());
    }

    @Test
    void eachStateIsKnown() {
        assertThat(file.fault(content())).isNull();
        assertThat(file.fault(content(created, 4))).isNull();
        assertThat(file.fault(content(created, 10))).isNull();
        assertThat(file.fault(content(rewritten, 4, created, 6))).isNull();
        assertThat(file.fault(content(rewritten, 10))).isNull();
        assertThat(file.fault(content(rewritten, 6))).isNull();
        assertThat(file.fault(content(rewritten, 6, grown, 2))).isNull();
    }

    @Test
    void mixturesAreNone() {
        assertThat(file.fault(content(created, 4, rewritten, 6))).contains("never had");
        assertThat(file.fault(content(rewritten, 9))).contains("never had");
        assertThat(file.fault(content(created, 6, grown, 2))).contains("never had");
        assertThat(file.fault(content(rewritten, 6, grown, 4))).contains("never had");
        assertThat(file.fault(java.util.Arrays.copyOf(content(created, 4), 160)))
                .contains("cell 4");
        assertThat(new LiveFile(8).fault(content(created, 4))).contains("cell 0");
    }
}
