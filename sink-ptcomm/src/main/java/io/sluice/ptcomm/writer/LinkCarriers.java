package io.sluice.ptcomm.writer;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which name of an inode carries its data, where that is not the one that the item was told: the
 * first name may have failed, been torn, or turned out to be another file, after the item was taken
 * from the queue. On the writing thread.
 *
 * <p>Holds only such exceptions, and only as long as the mailbox cannot know them. The outcome of a
 * slice is in {@link LinkState} before the slice that many behind it is cut as may be in flight at
 * once. But an item that did not fit into a slice was told its link when that one was cut, and goes
 * out with the next. So an exception is forgotten one slice more later, and there are never more
 * than {@link Slice#MAX_ITEMS} times that many slices.
 */
final class LinkCarriers {
    /**
     * @param name or {@link Item#NOBODY}
     * @param slice in which it was found
     */
    private record Exemption(byte[] name, long slice) {}

    private final int slicesKept;

    /** The eldest first. */
    private final Map<FileKey, Exemption> exceptions = new LinkedHashMap<>();

    private long slice;

    /**
     * @param slicesKept one more than may be in flight at once
     */
    LinkCarriers(int slicesKept) {
        this.slicesKept = slicesKept;
    }

    /** The items to come are of the next slice. */
    void nextSlice() {
        slice++;
        Iterator<Exemption> eldest = exceptions.values().iterator();
        while (eldest.hasNext() && eldest.next().slice <= slice - slicesKept) {
            eldest.remove();
        }
    }

    int size() {
        return exceptions.size();
    }

    /** The name that a later item may be linked to, or null when none is complete. */
    byte[] carrier(Item item) {
        if (item.link() == null) {
            return null;
        }
        Exemption exception = exceptions.get(FileKey.of(item.stat()));
        byte[] name = exception == null ? item.link() : exception.name;
        return name.length == 0 ? null : name;
    }

    /** Takes note of what became of an item with several names. */
    void settled(Outcome outcome) {
        Item item = outcome.item;
        boolean linked = outcome.link && item.link() != null;
        if (linked || (item.link() == null && !item.hasSeveralNames())) {
            return;
        }
        if (outcome.carriesData()) {
            // The first name's former exception, if any, is of what the inode was before.
            except(item, item.link() == null ? null : item.path());
        } else if (item.link() == null) {
            except(item, Item.NOBODY);
        }
    }

    private void except(Item item, byte[] name) {
        FileKey file = FileKey.of(item.stat());
        exceptions.remove(file);
        if (name != null) {
            exceptions.put(file, new Exemption(name, slice));
        }
    }
}
