package io.sluice.pipeline.index;

import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.Errno;
import io.sluice.common.round.Failure;
import io.sluice.common.round.OwedReason;

/**
 * Merges listings into the pages, and brings what is decided into counts, items and events. Belongs
 * to the task's thread; the state's current key is the listing's directory.
 */
final class ListingIndexer {
    private final IndexState state;
    private final Outbox outbox;
    private final IndexCounts counts;
    private final long round;

    /** Whether a directory may be listed twice in one round. */
    private final boolean listedTwice;

    private final PageMerge merge;
    private final SortedEntries sorted = new SortedEntries();

    /**
     * @param tape what becomes of files on tape
     */
    ListingIndexer(
            IndexState state,
            Outbox outbox,
            IndexCounts counts,
            long round,
            boolean listedTwice,
            TapeUse tape) {
        this.state = state;
        this.outbox = outbox;
        this.counts = counts;
        this.round = round;
        this.listedTwice = listedTwice;
        merge = new PageMerge(listedTwice, tape);
    }

    void listing(Listing listing) throws Exception {
        if (listing.isLast()) {
            ended(listing);
        }
        if (listing.isWhole()) {
            counts.add(IndexCount.NAMES, listing.count());
            if (listing.count() > 0 || listing.errno() == 0) {
                mergeWhole(listing);
            } else {
                markListed(true);
            }
            return;
        }
        PartedListings.Reading reading = state.parted().add(listing);
        if (reading != null) {
            counts.add(IndexCount.NAMES, reading.names());
            if (!reading.gapless() && listing.errno() == 0) {
                outbox.owed(listing.directory(), OwedReason.SCAN);
            }
            // Also of a reading that broke off every name that was read is known to exist, and goes
            // out.
            mergeParts(listing, reading);
        }
    }

    private void ended(Listing listing) {
        counts.add(IndexCount.LISTED);
        if (listing.unsteady()) {
            counts.add(IndexCount.UNSTEADY);
            // A name that was renamed meanwhile may be in the listing under neither name.
            outbox.owed(listing.directory(), OwedReason.UNSTEADY);
        }
        if (listing.errno() != 0) {
            counts.failedListing(listing.errno());
            if (!Errno.isGone(listing.errno())) {
                outbox.event(new Failure(listing.directory(), "list", listing.errno()));
            }
            outbox.owed(listing.directory(), OwedReason.SCAN);
        }
    }

    /**
     * Notes that this round has a listing of the directory; whether it had one with names before.
     */
    private boolean markListed(boolean failed) throws Exception {
        IndexState.Listed before = listedTwice ? state.listed(round) : IndexState.Listed.NO;
        if (before == IndexState.Listed.NO) {
            counts.add(IndexCount.LISTED_DISTINCT);
        }
        if (before != IndexState.Listed.YES) {
            state.markListed(round, failed);
        }
        return before == IndexState.Listed.YES;
    }

    private static PageMerge.Absence absence(Listing last, boolean gapless) {
        if (last.errno() != 0 || !gapless) {
            return PageMerge.Absence.NOTHING;
        }
        return last.unsteady() ? PageMerge.Absence.UNSTEADY : PageMerge.Absence.PROVES;
    }

    private void mergeWhole(Listing listing) throws Exception {
        Pages pages = state.pages();
        Outcomes outcomes = new Outcomes(listing, absence(listing, true), markListed(false));
        pages.open(listing.directory());
        pages.settle(outcomes.merge(0, pages.count(), listing.entries()));
        pages.close();
        outcomes.close();
    }

    private void mergeParts(Listing last, PartedListings.Reading reading) throws Exception {
        byte[] directory = last.directory();
        Pages pages = state.pages();
        Outcomes outcomes = new Outcomes(last, absence(last, reading.gapless()), markListed(false));
        pages.open(directory);
        // Before anything is merged, so that no page gets too large for memory.
        pages.grow(reading.names());
        PageRange range = new PageRange(pages.depth(), PartedListings.BUCKET_BITS);
        long[] children = {0};
        state.parted()
                .drain(
                        reading,
                        range.bucketsTogether(),
                        (from, to, entries) ->
                                children[0] +=
                                        outcomes.merge(
                                                range.firstPage(from),
                                                range.firstPage(to),
                                                entries));
        pages.settle(children[0]);
        pages.close();
        outcomes.close();
    }

    /** Brings the decisions about one directory's names into counts, items, events and marks. */
    private final class Outcomes implements PageMerge.Decisions {
        private final byte[] directory;
        private final int target;
        private final PageMerge.Absence absence;
        private final boolean again;
        private long gone;
        private long replaced;

        Outcomes(Listing last, PageMerge.Absence absence, boolean again) {
            directory = last.directory();
            target = last.target();
            this.absence = absence;
            this.again = again;
        }

        /**
         * Merges entries that belong to the pages {@code from} up to but without {@code to}.
         *
         * @return children in these pages now
         */
        long merge(int from, int to, byte[] entries) throws Exception {
            Pages pages = state.pages();
            byte[][] cut = pages.cut(entries, from, to);
            long children = 0;
            for (int page = from; page < to; page++) {
                sorted.load(cut[page - from]);
                byte[] merged = merge.merge(pages.get(page), sorted, round, absence, again, this);
                outbox.flush(directory);
                children += merge.count();
                if (merged != null) {
                    pages.put(page, merged);
                }
            }
            return children;
        }

        /** When all is merged. */
        void close() throws Exception {
            if (gone != 0 || replaced != 0) {
                state.setDepartures(state.departures().plus(gone, replaced));
            }
        }

        @Override
        public void announce(Reason reason, EntryCursor entry) {
            if (reason == Reason.NEW) {
                counts.add(IndexCount.NEW);
            } else {
                counts.add(IndexCount.CHANGED);
            }
            if (entry.kind() == EntryKind.MOUNT) {
                counts.add(IndexCount.MOUNTS);
            }
            outbox.item(directory, target, reason, entry);
        }

        @Override
        public void unchanged(EntryCursor entry) {
            counts.add(IndexCount.UNCHANGED);
        }

        @Override
        public void stale(EntryCursor entry) {
            counts.leftOut(EntryKind.RELEASED);
            counts.add(IndexCount.STALE);
            outbox.owed(directory, entry.name(), OwedReason.RELEASED);
        }

        @Override
        public void repeated(EntryCursor entry) {
            counts.add(IndexCount.REPEATED);
        }

        @Override
        public void disagreed(EntryCursor entry) {
            counts.add(IndexCount.DISAGREED);
            outbox.owed(directory, entry.name(), OwedReason.DISAGREED);
        }

        @Override
        public void withoutStat(EntryCursor entry) {
            if (entry.kind() != EntryKind.UNREADABLE) {
                counts.leftOut(entry.kind());
            } else if (entry.errno() == Errno.ENOENT) {
                counts.vanished();
            } else {
                counts.unreadable(entry.errno());
                byte[] path = DirectoryPath.child(directory, entry.name());
                outbox.event(new Failure(path, "stat", entry.errno()));
                outbox.owed(path, OwedReason.FAILED);
            }
        }

        @Override
        public void directory() {
            counts.add(IndexCount.DIRECTORIES);
        }

        @Override
        public void gone() {
            gone++;
        }

        @Override
        public void revived() {
            gone--;
        }

        @Override
        public void replaced() {
            replaced++;
        }

        @Override
        public void unproven(byte[] name, OwedReason reason) {
            outbox.owed(directory, name, reason);
        }
    }
}
