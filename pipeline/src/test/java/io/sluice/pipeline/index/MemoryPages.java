package io.sluice.pipeline.index;

import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.state.MapState;

/** The pages of one directory as a map; knows how few bytes there ever were in it. */
final class MemoryPages implements MapState<Integer, byte[]> {
    private final TreeMap<Integer, byte[]> pages = new TreeMap<>();
    private long bytes;
    private long fewestBytes;
    private long largest;

    /** Begins to watch. */
    void watch() {
        fewestBytes = bytes;
        largest = pages.values().stream().mapToLong(page -> page.length).max().orElse(0);
    }

    /** The largest page when the watch began. */
    long largest() {
        return largest;
    }

    long bytes() {
        return bytes;
    }

    /** Fewest bytes since the watch began. */
    long fewestBytes() {
        return fewestBytes;
    }

    @Override
    public byte[] get(Integer page) {
        return pages.get(page);
    }

    @Override
    public void put(Integer page, byte[] children) {
        remove(page);
        pages.put(page, children);
        bytes += children.length;
    }

    @Override
    public void putAll(Map<Integer, byte[]> map) {
        map.forEach(this::put);
    }

    @Override
    public void remove(Integer page) {
        byte[] removed = pages.remove(page);
        bytes -= removed == null ? 0 : removed.length;
        fewestBytes = Math.min(fewestBytes, bytes);
    }

    @Override
    public boolean contains(Integer page) {
        return pages.containsKey(page);
    }

    @Override
    public Iterable<Map.Entry<Integer, byte[]>> entries() {
        return pages.entrySet();
    }

    @Override
    public Iterable<Integer> keys() {
        return pages.keySet();
    }

    @Override
    public Iterable<byte[]> values() {
        return pages.values();
    }

    @Override
    public Iterator<Map.Entry<Integer, byte[]>> iterator() {
        return pages.entrySet().iterator();
    }

    @Override
    public boolean isEmpty() {
        return pages.isEmpty();
    }

    @Override
    public void clear() {
        pages.clear();
        bytes = 0;
    }
}
