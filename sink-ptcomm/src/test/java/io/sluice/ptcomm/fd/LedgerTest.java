package io.sluice.ptcomm.fd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerTest {
    @TempDir private Path temporary;

    /** Against a list of all entries. */
    @Test
    void whatIsVisitedIsWhatWasAddedAndNotForgotten() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("LedgerTest, -Dsluice.seed=" + seed);
        Random random = new Random(seed);
        byte[] bytes = new byte[900_000];
        random.nextBytes(bytes);
        long forgotten = 0;
        List<Integer> lengths = new ArrayList<>();
        List<Integer> counts = new ArrayList<>();
        List<Long> firsts = new ArrayList<>();
        try (Ledger ledger = new Ledger(temporary)) {
            for (int i = 0; i < 3000; i++) {
                int length = random.nextInt(random.nextInt(20) == 0 ? bytes.length : 20_000);
                int count = 1 + random.nextInt(64);
                firsts.add(ledger.last() + 1);
                lengths.add(length);
                counts.add(count);
                ledger.add(ledger.last() + 1, count, ByteBuffer.wrap(bytes, 0, length));
                if (random.nextInt(200) == 0) {
                    forgotten += random.nextInt((int) (ledger.last() - forgotten + 1));
                    ledger.forget(forgotten);
                    assertThat(ledger.forgotten()).isEqualTo(forgotten);
                }
                if (random.nextInt(100) == 0) {
                    long from = forgotten + random.nextInt((int) (ledger.last() - forgotten + 1));
                    List<Long> expected = new ArrayList<>();
                    for (int k = 0; k < firsts.size(); k++) {
                        if (firsts.get(k) + counts.get(k) - 1 > from) {
                            expected.add(firsts.get(k) * 1_000_000 + lengths.get(k));
                        }
                    }
                    List<Long> visited = new ArrayList<>();
                    ledger.visit(
                            from,
                            (first, count2, records) -> {
                                assertThat(
                                                records.equals(
                                                        ByteBuffer.wrap(
                                                                bytes, 0, records.remaining())))
                                        .isTrue();
                                visited.add(first * 1_000_000 + records.remaining());
                            });
                    assertThat(visited).isEqualTo(expected);
                }
            }
        }
        assertThat(temporary).isEmptyDirectory();
    }
}
