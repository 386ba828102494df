package io.sluice.ptcomm.archive;

import io.sluice.common.SluiceException;
import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.codec.EntryDecoder;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.ProtocolException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A round of an open archive, to be read shard by shard. Its streams may be read by several threads
 * at once.
 */
public final class ArchiveRound {
    /**
     * A segment up to this size is checked as a whole before its entries are told, so that a wrong
     * name or mode is not believed; it is then read a second time from the page cache. A larger one
     * is mostly a single file's data, which has sums of its own, and is checked as it is read.
     */
    public static final long CHECKED_FIRST_BYTES = 2 * SegmentWriter.SEGMENT_BYTES;

    private final Path directory;
    private final Manifest manifest;

    ArchiveRound(Path directory, Manifest manifest) {
        this.directory = directory;
        this.manifest = manifest;
    }

    public Manifest manifest() {
        return manifest;
    }

    /** Reads all shards, one after the other. */
    public void read(EntryHandler handler, DamageListener listener) throws IOException {
        for (int shard = 0; shard < manifest.shards(); shard++) {
            read(shard, handler, listener);
        }
    }

    /**
     * Reads one shard's stream. A segment that is damaged or missing is told once, after those of
     * its entries that could be read, the last of which may lack its end; what the handler throws
     * ends the reading.
     */
    public void read(int shard, EntryHandler handler, DamageListener listener) throws IOException {
        requireStreams();
        List<Receipt.Segment> segments = manifest.receipts().get(shard).segments();
        try (SegmentReader.Buffers buffers = new SegmentReader.Buffers()) {
            FrameReader frames = new FrameReader();
            EntryDecoder decoder = new EntryDecoder(frames, manifest.prefixBytes(), handler);
            for (int i = 0; i < segments.size(); i++) {
                Receipt.Segment segment = segments.get(i);
                String before = null;
                listener.segment(i);
                if (segment.length() <= CHECKED_FIRST_BYTES) {
                    before = stored(segment, buffers);
                    if (before != null && !before.equals(SegmentReader.MISSING)) {
                        listener.suspect(shard, segment.name());
                    }
                }
                decoder.restart();
                boolean last = i == segments.size() - 1;
                String after = decode(segment, last, frames, decoder, buffers);
                String detail = both(before, after);
                long unseen = segment.entries() - decoder.entries();
                if (detail == null && unseen != 0) {
                    detail = decoder.entries() + " entries instead of " + segment.entries();
                }
                if (detail != null) {
                    listener.damaged(
                            new Damage(
                                    manifest.round(),
                                    shard,
                                    segment.name(),
                                    detail,
                                    Math.max(0, unseen)));
                }
            }
        }
    }

    private void requireStreams() {
        if (!manifest.bridges().isEmpty()) {
            throw new SluiceException(
                    "the streams of round "
                            + manifest.round()
                            + " went to bridges ("
                            + String.join(", ", manifest.bridges())
                            + ") and are not in this archive: restore from what they fed");
        }
    }

    private static String both(String before, String after) {
        if (before == null || after == null || before.equals(after)) {
            return after == null ? before : after;
        }
        return before + "; " + after;
    }

    /** Compares the stored bytes of all segments with the manifest, without reading entries. */
    public void checkStored(DamageListener listener) throws IOException {
        requireStreams();
        try (SegmentReader.Buffers buffers = new SegmentReader.Buffers()) {
            for (Receipt receipt : manifest.receipts()) {
                for (Receipt.Segment segment : receipt.segments()) {
                    String detail = stored(segment, buffers);
                    if (detail != null) {
                        listener.damaged(
                                new Damage(
                                        manifest.round(),
                                        receipt.shard(),
                                        segment.name(),
                                        detail,
                                        segment.entries()));
                    }
                }
            }
        }
    }

    /** What is wrong with the stored bytes, or null. */
    private String stored(Receipt.Segment segment, SegmentReader.Buffers buffers)
            throws IOException {
        try (SegmentReader reader =
                new SegmentReader(directory, segment, manifest.compression(), buffers)) {
            reader.check();
            return null;
        } catch (DamagedSegmentException e) {
            return e.getMessage();
        }
    }

    /** Reads the entries; what is wrong with them or with the bytes, or null. */
    private String decode(
            Receipt.Segment segment,
            boolean last,
            FrameReader frames,
            EntryDecoder decoder,
            SegmentReader.Buffers buffers)
            throws IOException {
        try (SegmentReader reader =
                new SegmentReader(directory, segment, manifest.compression(), buffers)) {
            frames.restart(reader);
            if (last) {
                decoder.readStream();
            } else {
                decoder.readPart();
            }
            reader.check();
            return null;
        } catch (DamagedSegmentException | ProtocolException e) {
            return e.getMessage();
        }
    }
}
