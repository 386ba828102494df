package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.Errno;
import org.junit.jupiter.api.Test;

class LinkCarriersTest {
    private static final int SLICES = 3;
    private static final byte[] FIRST = bytes("first");

    private final LinkCarriers carriers = new LinkCarriers(SLICES);

    private static Item item(long inode, String name, byte[] link) {
        Timestamp time = new Timestamp(1, 1);
        Stat stat = new Stat(0100644, 2, 0, 0, inode, 7, time, time, time, null, 8, 1, 0, 0);
        return new Item(
                new byte[0], bytes(name), Reason.NEW, EntryKind.PRESENT, 0, stat, null, link);
    }

    private static Outcome failed(Item item) {
        Outcome outcome = new Outcome(item);
        outcome.failed("open", Errno.EACCES);
        return outcome;
    }

    private static Outcome stored(Item item) {
        Outcome outcome = new Outcome(item);
        outcome.state = Outcome.State.STORED;
        outcome.announced = item.stat();
        return outcome;
    }

    /** Two million files of several names, none of which can be opened. */
    @Test
    void failuresAreForgottenWithTheSlicesInFlight() {
        int inode = 0;
        for (int slice = 0; slice < 2_000_000 / Slice.MAX_ITEMS; slice++) {
            carriers.nextSlice();
            for (int i = 0; i < Slice.MAX_ITEMS; i++) {
                carriers.settled(failed(item(inode++, "first", null)));
            }
            assertThat(carriers.size()).isLessThanOrEqualTo(SLICES * Slice.MAX_ITEMS);
        }
    }

    @Test
    void whatTheMailboxCannotKnowYetIsRemembered() {
        carriers.nextSlice();
        carriers.settled(failed(item(1, "first", null)));
        for (int slice = 1; slice < SLICES; slice++) {
            carriers.nextSlice();
            assertThat(carriers.carrier(item(1, "second", FIRST))).isNull();
        }
        carriers.settled(stored(item(1, "second", FIRST)));
        for (int slice = 1; slice < SLICES; slice++) {
            assertThat(carriers.carrier(item(1, "third", FIRST))).isEqualTo(bytes("second"));
            carriers.nextSlice();
        }
        carriers.nextSlice();
        assertThat(carriers.carrier(item(1, "third", bytes("second")))).isEqualTo(bytes("second"));
        assertThat(carriers.carrier(item(1, "third", Item.NOBODY))).isNull();
        assertThat(carriers.size()).isZero();
    }
}
