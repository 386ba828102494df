package io.sluice.ptcomm.writer;

import java.util.HashMap;
import java.util.Map;

/**
 * Which name of an inode carries its data, where that is not the one that the shard's state names:
 * the first name may have failed, been torn, or turned out to be another file. Holds only such
 * exceptions. On the writing thread.
 */
final class LinkCarriers {
    private static final byte[] NOBODY = {};

    private final Map<Long, byte[]> exceptions = new HashMap<>();

    /** The name that a later item may be linked to, or null when none is complete. */
    byte[] carrier(Item item) {
        byte[] exception = exceptions.get(item.stat().inode());
        if (exception == null) {
            return item.link();
        }
        return exception == NOBODY ? null : exception;
    }

    /** Takes note of what became of an item with several names. */
    void settled(Outcome outcome) {
        Item item = outcome.item;
        if (outcome.link || (item.link() == null && !item.hasSeveralNames())) {
            return;
        }
        boolean carries =
                outcome.state == Outcome.State.STORED
                        && !outcome.torn
                        && outcome.announced.inode() == item.stat().inode();
        if (item.link() == null) {
            if (!carries) {
                exceptions.put(item.stat().inode(), NOBODY);
            }
        } else if (carries) {
            exceptions.put(item.stat().inode(), item.path());
        }
    }
}
