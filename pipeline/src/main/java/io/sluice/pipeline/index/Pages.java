package io.sluice.pipeline.index;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.hash.Xxh3;
import io.sluice.common.text.Text;
import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.state.KeyedStateBackend;

/**
 * The stored pages of one directory at a time, that of the state's current key: 2^depth pages, each
 * name in the one that the highest bits of its hash number. Depth 0 is the ordinary case, one page
 * in one value with the path; deeper ones have each page in an entry of its own.
 *
 * <p>The number of pages follows the number of children, page by page: memory holds one page and
 * its halves however large the directory. Knows nothing of what is decided about a child. Belongs
 * to the task's thread.
 *
 * <ol>
 *   <li>{@link #open} the directory; it need not be known.
 *   <li>{@link #get} and {@link #put} pages, {@link #grow} and {@link #settle} their number.
 *   <li>{@link #close} writes what must be written.
 * </ol>
 */
final class Pages {
    static final byte[] NO_PAGE = {};

    private static final String DIRECTORIES = "directories";

    /**
     * Pages with more children than this on average are split. At about 35 bytes a child that is
     * 140 KiB: what is rewritten for one changed name, and what memory holds beside the entries
     * that it is merged with. Also the number of entries that a source gives in one listing, so
     * that a directory that comes whole is one page.
     */
    static final int MOST_CHILDREN = 4096;

    /** Pages with fewer children than this on average are joined: they waste keys. */
    static final int FEWEST_CHILDREN = MOST_CHILDREN / 4;

    /**
     * A new number of pages leaves at most this many children to each on average, and more than
     * half as many: at least a third of the directory must come or go before the number changes
     * again, in either direction (3,072 to 4,096, 1,536 to 1,024). So repaging costs a changed name
     * no more than a few copies, and a directory that swings around a limit does not flap.
     */
    private static final int SETTLED_CHILDREN = MOST_CHILDREN * 3 / 4;

    private final ValueState<byte[]> directories;
    private final MapState<Integer, byte[]> pages;
    private final PageHalves halves = new PageHalves();

    private byte[] path;
    private int depth;
    private byte[] only;
    private boolean changed;

    Pages(KeyedStateStore state) {
        this(
                state.getState(
                        new ValueStateDescriptor<>(
                                DIRECTORIES, BytePrimitiveArraySerializer.INSTANCE)),
                state.getMapState(
                        new MapStateDescriptor<>(
                                "pages",
                                IntSerializer.INSTANCE,
                                BytePrimitiveArraySerializer.INSTANCE)));
    }

    Pages(ValueState<byte[]> directories, MapState<Integer, byte[]> pages) {
        this.directories = directories;
        this.pages = pages;
    }

    /** Number of the page, of 2^depth, that a name belongs to. */
    static int pageOf(byte[] buffer, int start, int length, int depth) {
        long hash = Xxh3.hash64(buffer, start, length);
        return depth == 0 ? 0 : (int) (hash >>> (Long.SIZE - depth));
    }

    /** The depth for so many children, which is the present one unless that has become unfit. */
    static int settled(int depth, long children) {
        boolean fits =
                children >> depth <= MOST_CHILDREN
                        && (depth == 0 || children >> depth >= FEWEST_CHILDREN);
        return fits ? depth : depthFor(children);
    }

    private static int depthFor(long children) {
        int depth = 0;
        while (depth < StoredDirectory.MAX_DEPTH && children >> depth > SETTLED_CHILDREN) {
            depth++;
        }
        return depth;
    }

    /** Begins with the directory of the current key. */
    void open(byte[] directory) throws Exception {
        byte[] stored = openStored();
        path = directory;
        if (stored != null && !Arrays.equals(stored, directory)) {
            throw new IOException(
                    "two directories with one key: "
                            + Text.quote(stored)
                            + " and "
                            + Text.quote(directory));
        }
    }

    /** Begins with the directory of the current key, whichever it is; null if none is known. */
    byte[] openStored() throws Exception {
        byte[] bytes = directories.value();
        path = null;
        depth = 0;
        only = NO_PAGE;
        changed = bytes == null;
        if (bytes != null) {
            StoredDirectory stored = StoredDirectory.of(bytes);
            path = stored.path();
            depth = stored.depth();
            only = stored.page();
        }
        return path;
    }

    int depth() {
        return depth;
    }

    /** Number of pages. */
    int count() {
        return 1 << depth;
    }

    /** The page, empty when no name is in it. */
    byte[] get(int page) throws Exception {
        if (depth == 0) {
            return only;
        }
        byte[] stored = pages.get(page);
        return stored == null ? NO_PAGE : stored;
    }

    /**
     * Cuts packed entries by the page that each belongs to, {@code from} up to but without {@code
     * to}.
     */
    byte[][] cut(byte[] entries, int from, int to) {
        if (to - from == 1) {
            return new byte[][] {entries};
        }
        PackedEntries[] packed = new PackedEntries[to - from];
        EntryCursor cursor = new EntryCursor().reset(entries);
        while (cursor.next()) {
            int page =
                    pageOf(cursor.buffer(), cursor.nameStart(), cursor.nameLength(), depth) - from;
            if (packed[page] == null) {
                packed[page] = new PackedEntries(4096);
            }
            packed[page].copy(cursor);
        }
        byte[][] cut = new byte[to - from][];
        for (int i = 0; i < cut.length; i++) {
            cut[i] = packed[i] == null ? NO_PAGE : packed[i].toBytes();
        }
        return cut;
    }

    void put(int page, byte[] children) throws Exception {
        if (depth == 0) {
            only = children;
            changed = true;
        } else if (children.length == 0) {
            pages.remove(page);
        } else {
            pages.put(page, children);
        }
    }

    /** Splits pages when they would be too large with so many children in all; joins none. */
    void grow(long children) throws Exception {
        repage(Math.max(depth, settled(depth, children)));
    }

    /** Splits or joins pages when they are too large or too small, with so many children in all. */
    void settle(long children) throws Exception {
        repage(settled(depth, children));
    }

    /** All directories that are known; to be closed. */
    static IndexState.KeysOf known(KeyedStateBackend<DirectoryKey> backend) {
        return new IndexState.KeysOf(backend, DIRECTORIES);
    }

    /** Whether the directory of the current key is known, and which one that is; else null. */
    byte[] stored() throws Exception {
        byte[] bytes = directories.value();
        return bytes == null ? null : StoredDirectory.of(bytes).path();
    }

    /** Forgets the directory of the current key and all its pages. */
    void forget() throws Exception {
        directories.clear();
        pages.clear();
    }

    /** Writes what stands in the directory's own value, when it has changed. */
    void close() throws Exception {
        if (changed) {
            directories.update(new StoredDirectory(path, depth, only).toBytes());
        }
    }

    void repage(int newDepth) throws Exception {
        if (newDepth > depth) {
            splitAll(newDepth);
        } else if (newDepth < depth) {
            joinAll(newDepth);
        }
    }

    /**
     * From the last page to the first: what a page becomes has its number or higher ones, where
     * nothing is left to be read.
     */
    private void splitAll(int newDepth) throws Exception {
        int oldDepth = depth;
        for (int page = (1 << oldDepth) - 1; page >= 0; page--) {
            depth = oldDepth;
            byte[] children = take(page);
            depth = newDepth;
            split(children, page, oldDepth);
        }
        changed = true;
    }

    /** One bit at a time, so that two halves of what is split stand in memory, not 2^n parts. */
    private void split(byte[] children, int page, int pageDepth) throws Exception {
        if (children.length == 0) {
            return;
        }
        if (pageDepth == depth) {
            put(page, children);
            return;
        }
        byte[][] cut = halves.split(children, pageDepth);
        split(cut[0], 2 * page, pageDepth + 1);
        split(cut[1], 2 * page + 1, pageDepth + 1);
    }

    /** From the first page to the last: what is joined gets a number that has been read. */
    private void joinAll(int newDepth) throws Exception {
        int oldDepth = depth;
        for (int page = 0; page < 1 << newDepth; page++) {
            depth = oldDepth;
            byte[] children = join(page, newDepth);
            depth = newDepth;
            if (children.length > 0) {
                put(page, children);
            }
        }
        changed = true;
    }

    private byte[] join(int page, int pageDepth) throws Exception {
        if (pageDepth == depth) {
            return take(page);
        }
        byte[] first = join(2 * page, pageDepth + 1);
        return halves.join(first, join(2 * page + 1, pageDepth + 1));
    }

    private byte[] take(int page) throws Exception {
        byte[] children = get(page);
        if (children.length > 0) {
            put(page, NO_PAGE);
        }
        return children;
    }
}
