package io.sluice.pipeline.index;

import java.util.Arrays;

/**
 * Cuts a page in two by one bit of its names' hashes, and joins two such halves. Children keep what
 * is known of them: a half is of the round that its page was last written in, so that a child that
 * went out in round q is never taken for one that went out in a later round. Reusable; not
 * thread-safe.
 */
final class PageHalves {
    private final PageReader left = new PageReader();
    private final PageReader right = new PageReader();
    private final PageWriter low = new PageWriter();
    private final PageWriter high = new PageWriter();

    /**
     * Cuts a page.
     *
     * @param page not empty
     * @param depth of the page: its halves are of depth + 1
     * @return the halves in the order of their numbers; empty where a half has no child
     */
    byte[][] split(byte[] page, int depth) {
        left.start(page);
        low.start(left.round());
        high.start(left.round());
        while (left.next()) {
            int half = Pages.pageOf(left.nameBuffer(), 0, left.nameLength(), depth + 1) & 1;
            copy(left, half == 0 ? low : high, left.flags());
        }
        return new byte[][] {bytes(low), bytes(high)};
    }

    /**
     * Joins two halves. The page is of the later round of the two: what went out in the earlier one
     * is not marked any more, since nobody asks about a round that has passed.
     */
    byte[] join(byte[] first, byte[] second) {
        if (first.length == 0 || second.length == 0) {
            return first.length == 0 ? second : first;
        }
        left.start(first);
        right.start(second);
        long round = Math.max(left.round(), right.round());
        low.start(round);
        boolean hasLeft = left.next();
        boolean hasRight = right.next();
        while (hasLeft || hasRight) {
            if (hasLeft && (!hasRight || compare() < 0)) {
                copy(left, low, flags(left, round));
                hasLeft = left.next();
            } else {
                copy(right, low, flags(right, round));
                hasRight = right.next();
            }
        }
        return bytes(low);
    }

    private int compare() {
        return Arrays.compareUnsigned(
                left.nameBuffer(), 0, left.nameLength(), right.nameBuffer(), 0, right.nameLength());
    }

    private static int flags(PageReader page, long round) {
        return page.round() == round ? page.flags() : page.flags() & ~PageWriter.OF_ROUND;
    }

    private static void copy(PageReader from, PageWriter to, int flags) {
        to.add(
                from.nameBuffer(),
                0,
                from.nameLength(),
                from.inode(),
                from.signature(),
                flags,
                from.mark());
    }

    private static byte[] bytes(PageWriter page) {
        return page.count() == 0 ? Pages.NO_PAGE : page.toBytes();
    }
}
