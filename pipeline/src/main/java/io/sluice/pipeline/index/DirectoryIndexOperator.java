package io.sluice.pipeline.index;

import io.sluice.common.SluiceException;
import io.sluice.common.change.Change;
import io.sluice.common.change.Delta;
import io.sluice.common.change.Listing;
import io.sluice.common.change.SourceTotals;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.round.Failure;
import io.sluice.common.round.Owed;
import io.sluice.common.round.OwedReason;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import io.sluice.common.serial.RoundEventSerializer;
import io.sluice.common.shard.InodeHash;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.writer.LastingFailureException;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * Knows every entry, and decides which must reach the backup. Keyed by directory ({@link
 * DirectoryKey}): a listing costs one read and one write of state however many names it has. All of
 * it runs in the task's thread.
 *
 * <p>For each listing: the stored pages are merged with it ({@link PageMerge}); what is new or
 * changed goes out at once, one {@link ItemBatch} a shard. What the collector must know goes to
 * {@link #EVENTS}; the counts follow before the round's watermark.
 */
public final class DirectoryIndexOperator extends AbstractStreamOperator<ItemBatch>
        implements OneInputStreamOperator<Change, ItemBatch> {
    private static final long serialVersionUID = 1L;

    /** Name under which this operator's counts travel. */
    public static final String NAME = "directory-index";

    /** Events of the round, for the collector. */
    public static final OutputTag<RoundEvent> EVENTS =
            new OutputTag<>("index-events", RoundEventSerializer.TYPE);

    /**
     * A batch is sent when it is that large, so that one record stays far below Flink's buffers'
     * total.
     */
    private static final int BATCH_BYTES = 64 * 1024;

    private final IndexOptions options;

    private transient Pages pages;
    private transient PartedListings parted;
    private transient InodeHash sharding;
    private transient ItemPacker[] packers;
    private transient PageMerge merge;
    private transient SortedEntries sorted;
    private transient IndexCounts counts;
    private transient SortedMap<String, Map<String, Long>> sources;

    DirectoryIndexOperator(StreamOperatorParameters<ItemBatch> parameters, IndexOptions options) {
        super(parameters);
        this.options = options;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        KeyedStateStore state = context.getKeyedStateStore();
        pages = new Pages(state);
        parted = new PartedListings(state);
    }

    @Override
    public void open() throws Exception {
        super.open();
        sharding = options.sharding();
        packers = new ItemPacker[options.shards()];
        merge = new PageMerge();
        sorted = new SortedEntries();
        counts = new IndexCounts();
        sources = new TreeMap<>();
    }

    @Override
    public void processElement(StreamRecord<Change> element) throws Exception {
        Change change = element.getValue();
        if (change instanceof Listing listing) {
            listing(listing);
        } else if (change instanceof SourceTotals totals) {
            totals(totals);
        } else if (change instanceof Delta delta) {
            throw new SluiceException(
                    "a delta about "
                            + Text.quote(delta.directory())
                            + " in a round without a base: only a scan can begin a chain");
        }
    }

    private void totals(SourceTotals totals) {
        sources.put(
                totals.source() + "/" + totals.reader(),
                Map.of(
                        "names", totals.names(),
                        "directories", totals.directories(),
                        "directories.failed", totals.unreadableDirectories()));
    }

    private void listing(Listing listing) throws Exception {
        if (!counts.sawAListing()) {
            counts.listingAt(getProcessingTimeService().getCurrentProcessingTime());
        }
        counts.names += listing.count();
        if (listing.isLast()) {
            counts.listings++;
            if (listing.unsteady()) {
                counts.unsteadyListings++;
                // A name that was renamed meanwhile may be in the listing under neither name.
                owed(listing.directory(), OwedReason.UNSTEADY);
            }
            if (listing.errno() != 0) {
                failedListing(listing);
            }
        }
        if (listing.isWhole()) {
            if (listing.count() > 0 || listing.errno() == 0) {
                mergeWhole(listing);
            }
            return;
        }
        PartedListings.Reading reading = parted.add(listing);
        if (reading != null) {
            if (!reading.gapless() && listing.errno() == 0) {
                owed(listing.directory(), OwedReason.SCAN);
            }
            // Also of a reading that broke off every name that was read is known to exist, and goes
            // out.
            mergeParts(listing, reading);
        }
    }

    private void failedListing(Listing listing) {
        counts.failedListing(listing.errno());
        if (!Errno.isGone(listing.errno())) {
            event(new Failure(listing.directory(), "list", listing.errno()));
        }
        owed(listing.directory(), OwedReason.SCAN);
    }

    private void mergeWhole(Listing listing) throws Exception {
        pages.open(listing.directory());
        pages.settle(mergeIntoPages(listing.directory(), 0, pages.count(), listing.entries()));
        pages.close();
    }

    private void mergeParts(Listing last, PartedListings.Reading reading) throws Exception {
        byte[] directory = last.directory();
        pages.open(directory);
        // Before anything is merged, so that no page gets too large for memory.
        pages.grow(reading.names());
        PageRange range = new PageRange(pages.depth(), PartedListings.BUCKET_BITS);
        long[] children = {0};
        parted.drain(
                reading,
                range.bucketsTogether(),
                (from, to, entries) ->
                        children[0] +=
                                mergeIntoPages(
                                        directory,
                                        range.firstPage(from),
                                        range.firstPage(to),
                                        entries));
        pages.settle(children[0]);
        pages.close();
    }

    /**
     * Merges entries that belong to the pages {@code from} up to but without {@code to}.
     *
     * @return children in these pages now
     */
    private long mergeIntoPages(byte[] directory, int from, int to, byte[] entries)
            throws Exception {
        byte[][] cut =
                to - from == 1 ? new byte[][] {entries} : cut(entries, pages.depth(), from, to);
        long children = 0;
        for (int page = from; page < to; page++) {
            byte[] merged = merge(directory, pages.get(page), cut[page - from]);
            children += merge.count();
            if (merged != null) {
                pages.put(page, merged);
            }
        }
        return children;
    }

    private static byte[][] cut(byte[] entries, int depth, int from, int to) {
        PackedEntries[] packed = new PackedEntries[to - from];
        EntryCursor cursor = new EntryCursor().reset(entries);
        while (cursor.next()) {
            int number =
                    Pages.pageOf(cursor.buffer(), cursor.nameStart(), cursor.nameLength(), depth);
            int page = number - from;
            if (packed[page] == null) {
                packed[page] = new PackedEntries(4096);
            }
            packed[page].copy(cursor);
        }
        byte[][] cut = new byte[to - from][];
        for (int i = 0; i < cut.length; i++) {
            cut[i] = packed[i] == null ? Pages.NO_PAGE : packed[i].toBytes();
        }
        return cut;
    }

    private byte[] merge(byte[] directory, byte[] page, byte[] entries) {
        sorted.load(entries);
        byte[] merged = merge.merge(page, sorted, options.round(), new Outcomes(directory));
        for (int shard = 0; shard < packers.length; shard++) {
            flush(directory, shard);
        }
        return merged;
    }

    private void flush(byte[] directory, int shard) {
        ItemPacker packer = packers[shard];
        if (packer != null && packer.count() > 0) {
            counts.items += packer.count();
            output.collect(new StreamRecord<>(packer.take(directory, shard)));
        }
    }

    /** Brings the decisions about one directory's names into counts, items and events. */
    private final class Outcomes implements PageMerge.Decisions {
        private final byte[] directory;

        Outcomes(byte[] directory) {
            this.directory = directory;
        }

        @Override
        public void announce(Reason reason, EntryCursor entry) {
            if (reason == Reason.NEW) {
                counts.fresh++;
            } else {
                counts.changed++;
            }
            if (entry.kind() == EntryKind.MOUNT) {
                counts.mounts++;
            }
            directory(entry);
            int shard = sharding.shardOf(entry.inode());
            if (packers[shard] == null) {
                packers[shard] = new ItemPacker();
            }
            packers[shard].add(reason, entry);
            if (packers[shard].length() >= BATCH_BYTES) {
                flush(directory, shard);
            }
        }

        /** Whatever is decided about it: the source lists each directory that it gives. */
        private void directory(EntryCursor entry) {
            if (entry.kind() == EntryKind.PRESENT && entry.type() == FileType.DIRECTORY) {
                counts.directoryNames++;
            }
        }

        @Override
        public void unchanged(EntryCursor entry) {
            counts.unchanged++;
            directory(entry);
        }

        @Override
        public void repeated(EntryCursor entry) {
            counts.repeated++;
            directory(entry);
        }

        @Override
        public void disagreed(EntryCursor entry) {
            counts.disagreed++;
            directory(entry);
            owed(DirectoryPath.child(directory, entry.name()), OwedReason.DISAGREED);
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
                event(new Failure(path, "stat", entry.errno()));
                owed(path, OwedReason.FAILED);
            }
        }

        @Override
        public void absent(byte[] nameBuffer, int nameLength, boolean announcedInThisRound) {
            byte[] name = Arrays.copyOf(nameBuffer, nameLength);
            owed(DirectoryPath.child(directory, name), OwedReason.UNSTEADY);
        }
    }

    private void owed(byte[] path, OwedReason reason) {
        counts.owed(reason.text());
        event(new Owed(path, reason, -1));
    }

    private void event(RoundEvent event) {
        output.collect(EVENTS, new StreamRecord<>(event));
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.getTimestamp() != options.round()) {
            throw new LastingFailureException(
                    "round "
                            + options.round()
                            + " was ended from outside (watermark "
                            + mark.getTimestamp()
                            + "); nothing is committed, start it again");
        }
        int incomplete = parted.dropIncomplete(getKeyedStateBackend());
        if (incomplete > 0) {
            LOG.warn("Readings of {} directories never came to their end.", incomplete);
        }
        int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        long nowMs = getProcessingTimeService().getCurrentProcessingTime();
        event(new Tally(NAME, subtask, counts.toMap(nowMs)));
        for (Map.Entry<String, Map<String, Long>> source : sources.entrySet()) {
            int slash = source.getKey().lastIndexOf('/');
            int reader = Integer.parseInt(source.getKey().substring(slash + 1));
            String name = "source." + source.getKey().substring(0, slash);
            event(new Tally(name, reader, new TreeMap<>(source.getValue())));
        }
        super.processWatermark(mark);
    }
}
