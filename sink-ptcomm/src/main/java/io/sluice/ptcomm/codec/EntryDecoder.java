package io.sluice.ptcomm.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sluice.ptcomm.codec.EntryHandler.DataState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads an FD stream strictly, as docs/formats.md has it, and tells a handler. Every breach is a
 * {@link ProtocolException} with the byte of the frame and what was due there; a checksum that
 * differs is told by {@link DataState#DAMAGED}. Memory: the reader's buffer, one head, one block,
 * and eight bytes for each 16 MiB of the current entry's data. Not thread-safe.
 */
public final class EntryDecoder {
    private static final byte[] FNAME = "FNAME:".getBytes(US_ASCII);
    private static final byte[] DELETED = "DELETED:".getBytes(US_ASCII);
    private static final byte[] DATA = "DATA".getBytes(US_ASCII);
    private static final String LAYOUT = "LAYOUT";
    private static final byte[] EXTENT = "EXTENT:".getBytes(US_ASCII);
    private static final byte[] TORN = "TORN:".getBytes(US_ASCII);
    private static final byte[] CHUNKS = "CHUNKS:".getBytes(US_ASCII);
    private static final byte[] SUM = "SUM:".getBytes(US_ASCII);

    private static final String NEXT_ENTRY = "FNAME, DELETED or the final F";

    private final EntryFrames frames;
    private final CommandText text;
    private final HeadDecoder head;
    private final EntryHandler handler;
    private final DataSum sum = new DataSum();

    private long entries;
    private boolean wanted;

    /** Whether the current frame has been looked at and belongs to what follows. */
    private boolean ahead;

    /** Data bytes of the current entry, whether wanted or not. */
    private long dataBytes;

    /**
     * @param prefix stands before each path in the stream; see {@link EntryEncoder}
     */
    public EntryDecoder(FrameReader frames, byte[] prefix, EntryHandler handler) {
        this.frames = new EntryFrames(frames);
        this.text = this.frames.text();
        this.head = new HeadDecoder(this.frames, prefix);
        this.handler = handler;
    }

    /** Begins with the reader's next frame; for a reader that was restarted. */
    public void restart() {
        entries = 0;
        ahead = false;
    }

    /** Entries and tombstones told completely since the beginning or {@link #restart}. */
    public long entries() {
        return entries;
    }

    /** Reads a whole stream: entries, the final F, and the end of the channel. */
    public void readStream() throws IOException {
        while (readEntry()) {
            // the handler has it
        }
        if (frames.next()) {
            throw frames.problem("expected nothing after the final F");
        }
    }

    /** Reads a part of a stream: whole entries up to the end of the channel, and no final F. */
    public void readPart() throws IOException {
        while (ahead || frames.next()) {
            ahead = true;
            if (frames.letter() == Frame.END || !readEntry()) {
                throw frames.problem("expected FNAME or DELETED");
            }
        }
    }

    /**
     * Reads one entry or tombstone.
     *
     * @return false at the final F
     */
    public boolean readEntry() throws IOException {
        if (!ahead && !frames.next()) {
            throw frames.problemAtEnd("expected " + NEXT_ENTRY);
        }
        ahead = false;
        if (frames.letter() == Frame.END) {
            return false;
        }
        if (frames.letter() != Frame.COMMAND) {
            throw frames.problem("expected " + NEXT_ENTRY);
        }
        if (text.startsWith(DELETED)) {
            byte[] named = text.rest();
            boolean directory = named.length > 0 && named[named.length - 1] == '/';
            handler.deleted(head.path(named, directory, false), directory);
        } else if (text.startsWith(FNAME)) {
            entry();
        } else {
            throw frames.problem("expected " + NEXT_ENTRY);
        }
        entries++;
        return true;
    }

    private void entry() throws IOException {
        StreamEntry entry = head.decode();
        wanted = handler.entry(entry);
        DataState state = wanted ? DataState.INTACT : DataState.NOT_READ;
        frames.require("DATA or an F");
        while (frames.letter() == Frame.COMMAND && LAYOUT.equals(text.blockKind())) {
            // Before the data, since a file gets its layout before its first byte.
            block(LAYOUT);
            frames.require("DATA or an F");
        }
        if (frames.letter() != Frame.END) {
            if (frames.letter() != Frame.COMMAND || !text.is(DATA)) {
                throw frames.problem("expected DATA or an F");
            }
            if (head.letter() != 'F') {
                throw frames.problem("expected an F, for this type has no data");
            }
            data(entry.stat().size());
            boolean intact = sums();
            if (wanted && !intact) {
                state = DataState.DAMAGED;
            }
        }
        blocks();
        handler.end(state);
    }

    private void data(long size) throws IOException {
        sum.reset();
        dataBytes = 0;
        boolean extents = false;
        // Where the next data must end: the size, or the end of the current extent.
        long due = size;
        long extentEnd = 0;
        boolean hole = false;
        while (true) {
            frames.require("the file's data");
            switch (frames.letter()) {
                case Frame.DATA -> {
                    ByteBuffer bytes = frames.payload();
                    int length = bytes.remaining();
                    if (length > due) {
                        throw frames.problem("expected at most " + due + " more bytes of data");
                    }
                    due -= length;
                    dataBytes += length;
                    if (wanted && length > 0) {
                        sum.update(bytes);
                        handler.data(bytes);
                    }
                }
                case Frame.COMMAND -> {
                    if (!text.startsWith(EXTENT)) {
                        throw frames.problem("expected EXTENT, data or an F");
                    }
                    if (extents ? due > 0 : dataBytes > 0) {
                        throw frames.problem(
                                extents
                                        ? "expected " + due + " more bytes of the extent"
                                        : "expected no EXTENT after data without one");
                    }
                    long offset = text.number();
                    text.expect(' ');
                    long length = text.number();
                    text.expectEnd();
                    boolean wholeHole = length == 0 && offset == size && !extents;
                    if (hole || (length == 0 && !wholeHole)) {
                        throw text.problem("expected no empty extent beside others");
                    }
                    if (offset < extentEnd || length > size - offset) {
                        throw text.problem(
                                "expected an extent from byte " + extentEnd + " to " + size);
                    }
                    hole = wholeHole;
                    extents = true;
                    extentEnd = offset + length;
                    due = length;
                    if (wanted) {
                        sum.extent(offset, length);
                        handler.extent(offset, length);
                    }
                }
                default -> {
                    if (due > 0) {
                        throw frames.problem("expected " + due + " more bytes of data");
                    }
                    return;
                }
            }
        }
    }

    /** What follows data: TORN, CHUNKS, SUM; whether the sums agree with the data. */
    private boolean sums() throws IOException {
        frames.command("SUM");
        if (text.startsWith(TORN)) {
            int errno = (int) Math.min(text.number(), Integer.MAX_VALUE);
            text.expect(' ');
            String reason = new String(text.rest(), US_ASCII);
            if (wanted) {
                handler.torn(errno, reason);
            }
            frames.command("SUM");
        }
        boolean intact = true;
        long chunks = (dataBytes + DataSum.CHUNK_BYTES - 1) / DataSum.CHUNK_BYTES;
        long told = 0;
        while (text.startsWith(CHUNKS)) {
            do {
                if (chunks < 2 || told == chunks) {
                    throw text.problem("expected the hashes of " + (chunks < 2 ? 0 : chunks));
                }
                long hash = text.hash();
                intact &= !wanted || hash == sum.chunkHash((int) told);
                told++;
            } while (text.skip(' '));
            text.expectEnd();
            frames.command("SUM");
        }
        if (!text.startsWith(SUM)) {
            throw frames.problem("expected SUM");
        }
        if (chunks > 1 && told < chunks) {
            throw text.problem("expected the hashes of " + chunks + " chunks before");
        }
        long bytes = text.number();
        if (bytes != dataBytes) {
            throw text.problem("expected " + dataBytes + " bytes");
        }
        text.expect(' ');
        long root = text.hash();
        text.expectEnd();
        return intact && (!wanted || root == sum.root());
    }

    /** Reads all blocks, and one frame more, which begins what follows. */
    private void blocks() throws IOException {
        while (frames.next()) {
            ahead = true;
            String kind = frames.letter() == Frame.COMMAND ? text.blockKind() : null;
            if (kind == null) {
                return;
            }
            ahead = false;
            block(kind);
        }
    }

    private void block(String kind) throws IOException {
        // Grows with the bytes that are really there.
        ByteArrayOutputStream content = new ByteArrayOutputStream(0);
        long length = 0;
        frames.require("a block's data");
        if (frames.letter() != Frame.DATA) {
            throw frames.problem("expected a block's data");
        }
        do {
            ByteBuffer bytes = frames.payload();
            length += bytes.remaining();
            if (length > EntryEncoder.MAX_BLOCK_BYTES) {
                throw frames.problem(
                        "expected at most " + EntryEncoder.MAX_BLOCK_BYTES + " bytes of a block");
            }
            if (wanted) {
                byte[] part = new byte[bytes.remaining()];
                bytes.get(part);
                content.writeBytes(part);
            }
            frames.require("the F that ends a block");
        } while (frames.letter() == Frame.DATA);
        if (frames.letter() != Frame.END) {
            throw frames.problem("expected the F that ends a block");
        }
        if (wanted) {
            handler.block(kind, content.toByteArray());
        }
    }
}
