package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;
import java.util.HashMap;
import java.util.Map;

/**
 * Which name of an inode carries its data, where that is not the one that the shard's state names:
 * the first name may have failed, been torn, or turned out to be another file. Holds only such
 * exceptions. On the writing thread.
 */
final class LinkCarriers {
    /**
     * A file: inode numbers repeat on other devices, below a crossed mount or a Btrfs subvolume.
     */
    private record FileKey(int deviceMajor, int deviceMinor, long inode) {
        static FileKey of(Stat stat) {
            return new FileKey(stat.deviceMajor(), stat.deviceMinor(), stat.inode());
        }
    }

    private static final byte[] NOBODY = {};

    private final Map<FileKey, byte[]> exceptions = new HashMap<>();

    /** The name that a later item may be linked to, or null when none is complete. */
    byte[] carrier(Item item) {
        if (item.link() == null) {
            return null;
        }
        byte[] exception = exceptions.get(FileKey.of(item.stat()));
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
                        && FileKey.of(outcome.announced).equals(FileKey.of(item.stat()))
                        && FileState.of(outcome.announced).equals(FileState.of(item.stat()));
        if (item.link() == null) {
            if (carries) {
                // Perhaps another file by now: what was known of the inode's former one is over.
                exceptions.remove(FileKey.of(item.stat()));
            } else {
                exceptions.put(FileKey.of(item.stat()), NOBODY);
            }
        } else if (carries) {
            exceptions.put(FileKey.of(item.stat()), item.path());
        }
    }
}
