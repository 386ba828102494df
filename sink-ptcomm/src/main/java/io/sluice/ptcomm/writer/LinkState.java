package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;
import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;

/**
 * The names that carry the data of one shard's files with several names, in keyed state under the
 * inode number: {@link LinkNames}. Nothing of it lies on the heap, however many such files there
 * are. Mailbox thread only.
 *
 * <p>The first item of an inode is remembered as the one with its data; the later ones learn its
 * name. When the first turns out not to carry the data, that is noted with its outcome, and the
 * next one that does takes its place. What is in flight meanwhile is corrected by {@link
 * LinkCarriers}.
 */
final class LinkState implements ItemQueue.Links {
    static final MapStateDescriptor<Long, byte[]> DESCRIPTOR =
            new MapStateDescriptor<>(
                    "links", LongSerializer.INSTANCE, LinkNamesSerializer.INSTANCE);

    private final MapState<Long, byte[]> names;
    private final Runnable key;

    /**
     * @param key makes the shard's key the current one
     */
    LinkState(MapState<Long, byte[]> names, Runnable key) {
        this.names = names;
        this.key = key;
    }

    @Override
    public byte[] earlier(Item item) throws IOException {
        key.run();
        byte[] known = get(item.stat());
        byte[] earlier = LinkNames.find(known, item.stat());
        if (earlier == null) {
            put(item.stat(), LinkNames.with(known, item.stat(), item.path()));
        }
        return earlier;
    }

    /** Takes note of what became of an item. */
    void settled(Outcome outcome) throws IOException {
        Item item = outcome.item;
        if (outcome.link || !item.hasSeveralNames()) {
            return;
        }
        boolean carries = outcome.carriesData();
        if (carries == (item.link() == null)) {
            // As was assumed: the first carries, or a later one does not either.
            return;
        }
        key.run();
        byte[] known = get(item.stat());
        byte[] named = LinkNames.find(known, item.stat());
        if (named == null) {
            // The inode is another file, or in another state, since.
            return;
        }
        if (carries) {
            put(item.stat(), LinkNames.with(known, item.stat(), item.path()));
        } else if (Arrays.equals(named, item.path())) {
            put(item.stat(), LinkNames.with(known, item.stat(), Item.NOBODY));
        }
    }

    private byte[] get(Stat stat) throws IOException {
        try {
            return names.get(stat.inode());
        } catch (Exception e) {
            throw new IOException("reading the names of " + inode(stat), e);
        }
    }

    private void put(Stat stat, byte[] value) throws IOException {
        try {
            names.put(stat.inode(), value);
        } catch (Exception e) {
            throw new IOException("storing the name of " + inode(stat), e);
        }
    }

    private static String inode(Stat stat) {
        return "inode " + Long.toUnsignedString(stat.inode());
    }
}
