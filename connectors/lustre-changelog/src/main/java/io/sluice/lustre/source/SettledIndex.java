package io.sluice.lustre.source;

import java.util.TreeSet;

/**
 * How far a log has been read without the danger that something is still missing. An MDT gives
 * indexes away one after the other and writes the records side by side: near its end a log may have
 * record 8 and not yet record 7, which is written a moment later and may even lie behind it. So a
 * gap is taken for one that stays only when enough records have come behind it; until then the next
 * round reads again from there, which does no harm. Gaps that stay are ordinary: a write that
 * failed, or a user with a mask of his own. Not thread-safe.
 */
final class SettledIndex {
    /**
     * An MDT has as many records in the making as it has service threads, 512 by default; twice
     * that.
     */
    static final int WINDOW_RECORDS = 1024;

    private final TreeSet<Long> beyond = new TreeSet<>();

    /** The last that were read, so that they are known when they are read again. */
    private final TreeSet<Long> recent = new TreeSet<>();

    private long settled;

    /**
     * @param next index to begin with
     */
    SettledIndex(long next) {
        settled = next - 1;
    }

    /**
     * @return whether the record is new; one that lies behind such as have been read may come again
     */
    boolean read(long index) {
        boolean isNew = recent.add(index);
        if (recent.size() > 2 * WINDOW_RECORDS) {
            recent.pollFirst();
        }
        if (index > settled) {
            beyond.add(index);
        }
        while (!beyond.isEmpty()
                && (beyond.first() == settled + 1 || beyond.size() > WINDOW_RECORDS)) {
            settled = beyond.pollFirst();
        }
        return isNew;
    }

    /** Where to go on: all before it has been read, or is not there. */
    long next() {
        return settled + 1;
    }
}
