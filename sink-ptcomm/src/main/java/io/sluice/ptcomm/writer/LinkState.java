package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;

/**
 * The names that carry the data of one shard's files with several names, in keyed state under the
 * inode number: {@link LinkNames}. Little of it lies on the heap, however many such files there
 * are. Mailbox thread only.
 *
 * <p>The first item of an inode is taken for the one with its data; the later ones learn its name.
 * State gets to know it with its outcome only: so a checkpoint's state names no item that is queued
 * again, be it as its own earlier name or as that of one which then comes before it. Until then it
 * is expected, on the heap. When the first turns out not to carry the data, that is noted, and the
 * next one that does takes its place. What is in flight meanwhile is corrected by {@link
 * LinkCarriers}.
 */
final class LinkState implements ItemQueue.Links {
    static final MapStateDescriptor<Long, byte[]> DESCRIPTOR =
            new MapStateDescriptor<>(
                    "links", LongSerializer.INSTANCE, LinkNamesSerializer.INSTANCE);

    private final MapState<Long, byte[]> names;
    private final Runnable key;

    /** The first items that were told so and are not settled: not more than there are in slices. */
    private final Map<FileKey, Item> expected = new HashMap<>();

    /**
     * @param key makes the shard's key the current one
     */
    LinkState(MapState<Long, byte[]> names, Runnable key) {
        this.names = names;
        this.key = key;
    }

    @Override
    public byte[] earlier(Item item) throws IOException {
        FileKey file = FileKey.of(item.stat());
        Item first = expected.get(file);
        byte[] earlier;
        if (first == null) {
            earlier = LinkNames.find(get(item.stat()), item.stat());
        } else {
            boolean same = FileState.of(first.stat()).equals(FileState.of(item.stat()));
            earlier = same ? first.path() : null;
        }
        if (earlier == null) {
            expected.put(file, item);
        }
        return earlier;
    }

    /** Takes note of what became of an item. */
    void settled(Outcome outcome) throws IOException {
        Item item = outcome.item;
        // A link that was claimed may be one to what the file was before.
        boolean linked = outcome.link && item.link() != null;
        if (linked || !item.hasSeveralNames()) {
            return;
        }
        if (item.link() == null) {
            // Another item has taken its place if the file has changed since.
            expected.remove(FileKey.of(item.stat()), item);
            put(item.stat(), outcome.carriesData() ? item.path() : Item.NOBODY);
        } else if (outcome.carriesData() && LinkNames.find(get(item.stat()), item.stat()) != null) {
            // Else the inode is another file, or in another state, since.
            put(item.stat(), item.path());
        }
    }

    /** The stream has the file's data under that name since an earlier attempt. */
    void claimed(Stat announced, byte[] path) throws IOException {
        put(announced, path);
    }

    /** Forgets all: the names are of one round only. */
    void clear() {
        key.run();
        names.clear();
    }

    private byte[] get(Stat stat) throws IOException {
        key.run();
        try {
            return names.get(stat.inode());
        } catch (Exception e) {
            throw new IOException("reading the names of " + inode(stat), e);
        }
    }

    private void put(Stat stat, byte[] path) throws IOException {
        byte[] value = LinkNames.with(get(stat), stat, path);
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
