package io.sluice.pipeline.index;

/**
 * Which pages of a directory hold the names of a bucket ({@link PartedListings}): both are numbered
 * by the highest bits of a name's hash, in general by different numbers of them.
 *
 * @param depth bits that number a page
 * @param bucketBits bits that number a bucket
 */
record PageRange(int depth, int bucketBits) {
    /** Neighbouring buckets that go into one page; 1 when a bucket has several pages. */
    int bucketsTogether() {
        return depth < bucketBits ? 1 << (bucketBits - depth) : 1;
    }

    /** The first page that holds names of the bucket. */
    int firstPage(int bucket) {
        int shift = depth - bucketBits;
        return shift >= 0 ? bucket << shift : bucket >> -shift;
    }
}
