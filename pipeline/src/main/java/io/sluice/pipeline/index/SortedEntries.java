package io.sluice.pipeline.index;

import io.sluice.common.entry.EntryCursor;
import java.util.Arrays;

/**
 * Packed entries in the order of their names (unsigned bytes), without moving them: positions are
 * sorted, by merging, which is quick where a filesystem already lists in order. Entries of equal
 * name keep their order. Reusable; not thread-safe.
 */
final class SortedEntries {
    private byte[] packed = {};
    private int count;
    private int[] start = new int[64];
    private int[] name = new int[64];
    private int[] length = new int[64];
    private int[] order = new int[64];
    private int[] scratch = new int[64];
    private final EntryCursor cursor = new EntryCursor();

    /** Takes all entries of {@code bytes}. */
    void load(byte[] bytes) {
        packed = bytes;
        count = 0;
        cursor.reset(bytes);
        boolean sorted = true;
        while (cursor.next()) {
            if (count == start.length) {
                grow();
            }
            start[count] = cursor.start();
            name[count] = cursor.nameStart();
            length[count] = cursor.nameLength();
            order[count] = count;
            sorted &= count == 0 || compare(count - 1, count) <= 0;
            count++;
        }
        if (!sorted) {
            sort();
        }
    }

    private void grow() {
        int size = start.length * 2;
        start = Arrays.copyOf(start, size);
        name = Arrays.copyOf(name, size);
        length = Arrays.copyOf(length, size);
        order = Arrays.copyOf(order, size);
        scratch = new int[size];
    }

    private int compare(int a, int b) {
        return Arrays.compareUnsigned(
                packed, name[a], name[a] + length[a], packed, name[b], name[b] + length[b]);
    }

    private void sort() {
        int[] from = order;
        int[] to = scratch;
        for (int width = 1; width < count; width *= 2) {
            for (int low = 0; low < count; low += 2 * width) {
                int middle = Math.min(low + width, count);
                int high = Math.min(low + 2 * width, count);
                int left = low;
                int right = middle;
                for (int i = low; i < high; i++) {
                    boolean takeLeft =
                            left < middle
                                    && (right >= high || compare(from[left], from[right]) <= 0);
                    to[i] = takeLeft ? from[left++] : from[right++];
                }
            }
            int[] swap = from;
            from = to;
            to = swap;
        }
        order = from;
        scratch = to;
    }

    int size() {
        return count;
    }

    /** The {@code i}-th entry by name; the cursor holds until the next call. */
    EntryCursor get(int i) {
        cursor.at(start[order[i]]);
        return cursor;
    }
}
