package io.sluice.ptcomm.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.FileType;
import java.nio.ByteBuffer;
import java.util.Set;

/**
 * Puts the frames of an FD stream (docs/formats.md) into the caller's buffers, from their position
 * on. The caller keeps the order:
 *
 * <ol>
 *   <li>{@link #head};
 *   <li>{@link #noData}, or {@link #beginData}, then {@link #extent} and {@link #dataHeader} with
 *       the bytes behind it, then {@link #endData};
 *   <li>after data: {@link #torn} if it could not be read whole; {@link #sum};
 *   <li>any number of {@link #block}.
 * </ol>
 *
 * and {@link #endOfStream} at the very end. Digits are written directly: nothing is allocated but
 * by {@link #block}, its name. A buffer that is too small throws {@link
 * java.nio.BufferOverflowException} or {@link IllegalArgumentException} and then holds a torn
 * frame: ask for the bound first. Not bound to a thread.
 */
public final class EntryEncoder {
    /** Hashes in one CHUNKS command: 850,000 bytes. */
    public static final int MAX_CHUNKS_IN_COMMAND = 50_000;

    /** Most bytes of {@link #extent}. */
    public static final int MAX_EXTENT_BYTES = Frame.HEADER_BYTES + 7 + 19 + 1 + 19;

    /** Most characters of a TORN command's text; what is longer is cut. */
    public static final int MAX_TORN_TEXT = 1000;

    /** Most bytes of {@link #torn}. */
    public static final int MAX_TORN_BYTES = Frame.HEADER_BYTES + 5 + 11 + 1 + MAX_TORN_TEXT;

    /** Bytes of {@link #beginData}; more than those of {@link #noData} and {@link #endData}. */
    public static final int MAX_MARK_BYTES = Frame.HEADER_BYTES + 4;

    private static final int HASH_DIGITS = 16;

    /**
     * Beside its path, what is noted of an entry for a bridge has less: it goes in one frame too.
     */
    private static final int NOTES_BYTES = 1024;

    /** Most bytes of {@link #sumEnd}. */
    public static final int MAX_SUM_END_BYTES = Frame.HEADER_BYTES + 4 + 19 + 1 + HASH_DIGITS;

    /** Most bytes that a block, without its frames, may have: receivers keep one in memory. */
    public static final int MAX_BLOCK_BYTES = 16 * 1024 * 1024;

    /** Most bytes of a LAYOUT block before the data: a Bacula plugin keeps it with the name. */
    public static final int MAX_LAYOUT_BYTES = 65_536;

    /** What may ride with an entry, opaque to the stream. */
    public static final Set<String> BLOCK_KINDS = Set.of("ACL", "XATTR", "LAYOUT", "HSM");

    /** Headers and numbers of STAT, TSTAMP, XSTAT and F at their longest, rounded up. */
    private static final int MAX_FIXED_HEAD_BYTES = 512;

    private static final byte[] FNAME = ascii("FNAME:");
    private static final byte[] STAT = ascii("STAT:");
    private static final byte[] TSTAMP = ascii("TSTAMP:");
    private static final byte[] LSTAT = ascii("LSTAT:");
    private static final byte[] XSTAT = ascii("XSTAT:");
    private static final byte[] LINK = ascii("LINK:");
    private static final byte[] DATA = ascii("DATA");
    private static final byte[] EXTENT = ascii("EXTENT:");
    private static final byte[] TORN = ascii("TORN:");
    private static final byte[] CHUNKS = ascii("CHUNKS:");
    private static final byte[] SUM = ascii("SUM:");
    private static final byte[] DELETED = ascii("DELETED:");

    private final byte[] prefix;

    /**
     * @param prefix stands before each path in the stream: empty for an archive, else it begins
     *     with a slash and does not end with one
     */
    public EntryEncoder(byte[] prefix) {
        this.prefix = prefix.clone();
        StreamPath.checkPrefix(prefix);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    /**
     * Whether a frame can carry the path, also as a tombstone; the shortest that fails has nearly a
     * million bytes.
     */
    public boolean fits(byte[] path) {
        return DELETED.length + pathBytes(path) + NOTES_BYTES <= Frame.MAX_PAYLOAD_BYTES;
    }

    /** An upper bound for the bytes of {@link #head}. */
    public int maxHeadBytes(byte[] path, byte[] target, byte[] linkTo) {
        return MAX_FIXED_HEAD_BYTES
                + pathBytes(path)
                + (target == null ? 0 : target.length)
                + (linkTo == null ? 0 : pathBytes(linkTo));
    }

    /** An upper bound for the bytes of {@link #deleted}. */
    public int maxDeletedBytes(byte[] path) {
        return Frame.HEADER_BYTES + DELETED.length + pathBytes(path);
    }

    /** The bytes of {@link #sum}. */
    public int maxSumBytes(DataSum sum) {
        int commands = (sum.chunks() + MAX_CHUNKS_IN_COMMAND - 1) / MAX_CHUNKS_IN_COMMAND;
        return Math.addExact(
                MAX_SUM_END_BYTES,
                Math.multiplyExact(sum.chunks(), HASH_DIGITS + 1)
                        + commands * (Frame.HEADER_BYTES + CHUNKS.length));
    }

    /** An upper bound for the bytes of {@link #block} with so much content. */
    public static int maxBlockBytes(int length) {
        int frames = length / Frame.MAX_PAYLOAD_BYTES + 1;
        return length + (frames + 2) * Frame.HEADER_BYTES + 6;
    }

    private int pathBytes(byte[] path) {
        return prefix.length + path.length + 2;
    }

    /**
     * FNAME up to the F that ends the head.
     *
     * @param path relative to the root, without a slash at either end; empty for the root
     * @param target of a symbolic link, else null
     * @param linkTo null, or the path of the earlier name in this stream that has the data
     * @throws IllegalArgumentException for a path beyond what a frame holds, or attributes that no
     *     stream can carry
     */
    public void head(ByteBuffer out, byte[] path, Stat stat, byte[] target, byte[] linkTo) {
        FileType type = stat.type();
        byte letter = streamType(stat, linkTo != null);
        if (path.length == 0 && type != FileType.DIRECTORY) {
            throw new IllegalArgumentException("the root is no directory");
        }
        path(out, FNAME, path, type == FileType.DIRECTORY);

        int begun = command(out, STAT);
        out.put(letter).put((byte) ' ');
        FrameWriter.unsigned(out, stat.size());
        number(out, Integer.toUnsignedLong(stat.uid()));
        number(out, Integer.toUnsignedLong(stat.gid()));
        out.put((byte) ' ');
        FrameWriter.mode(out, stat.mode());
        number(out, Integer.toUnsignedLong(stat.links()));
        end(out, begun);

        begun = command(out, TSTAMP);
        FrameWriter.signed(out, stat.accessed().seconds());
        out.put((byte) ' ');
        FrameWriter.signed(out, stat.modified().seconds());
        out.put((byte) ' ');
        FrameWriter.signed(out, stat.changed().seconds());
        end(out, begun);

        if (letter == 'S') {
            begun = command(out, LSTAT);
            out.put(target);
            end(out, begun);
        }

        begun = command(out, XSTAT);
        out.put((byte) type.letter());
        number(out, stat.inode());
        device(out, stat.deviceMajor(), stat.deviceMinor());
        device(out, stat.rdevMajor(), stat.rdevMinor());
        time(out, stat.accessed());
        time(out, stat.modified());
        time(out, stat.changed());
        time(out, stat.born());
        end(out, begun);

        if (linkTo != null) {
            path(out, LINK, linkTo, false);
        }
        FrameWriter.header(out, Frame.END, 0);
    }

    private static byte streamType(Stat stat, boolean link) {
        if (stat.size() < 0) {
            throw new IllegalArgumentException("a size of " + stat.size());
        }
        FileType type = stat.type();
        if (link && type != FileType.DIRECTORY && type != FileType.UNKNOWN) {
            return 'L';
        }
        if (link || type == FileType.UNKNOWN) {
            throw new IllegalArgumentException(
                    "mode " + Integer.toOctalString(stat.mode()) + (link ? " with a link" : ""));
        }
        return switch (type) {
            case REGULAR -> (byte) (stat.size() > 0 ? 'F' : 'E');
            case DIRECTORY -> (byte) 'D';
            case SYMLINK -> (byte) 'S';
            default -> (byte) 'E';
        };
    }

    /** The entry has no data here. */
    public void noData(ByteBuffer out) {
        FrameWriter.header(out, Frame.END, 0);
    }

    /** Data follows; only for a regular file with a size, and no link. */
    public void beginData(ByteBuffer out) {
        end(out, command(out, DATA));
    }

    /**
     * The next {@code length} bytes of data belong at {@code offset}. A file that is one hole has a
     * single one at its size, with length 0.
     */
    public void extent(ByteBuffer out, long offset, long length) {
        int begun = command(out, EXTENT);
        FrameWriter.unsigned(out, offset);
        number(out, length);
        end(out, begun);
    }

    /**
     * The header of a frame with {@code length} bytes of data, at most {@link
     * Frame#MAX_PAYLOAD_BYTES}: they must follow.
     */
    public void dataHeader(ByteBuffer out, int length) {
        FrameWriter.header(out, Frame.DATA, length);
    }

    /** The data ends. */
    public void endData(ByteBuffer out) {
        FrameWriter.header(out, Frame.END, 0);
    }

    /** The data was filled up or cut; only after data. What is not printable ASCII becomes '?'. */
    public void torn(ByteBuffer out, int errno, String text) {
        int begun = command(out, TORN);
        FrameWriter.unsigned(out, Math.max(0, errno));
        out.put((byte) ' ');
        int length = Math.min(text.length(), MAX_TORN_TEXT);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            out.put((byte) (c >= ' ' && c <= '~' ? c : '?'));
        }
        end(out, begun);
    }

    /** All CHUNKS commands and SUM; only after data, and then always. */
    public void sum(ByteBuffer out, DataSum sum) {
        int next = 0;
        while (next < sum.chunks()) {
            int written = chunks(out, sum, next);
            if (written == next) {
                break;
            }
            next = written;
        }
        sumEnd(out, sum);
    }

    /**
     * {@link #sum} in pieces: one CHUNKS command with the hashes from {@code from} on, as many as
     * one command and the buffer hold; nothing for data of one chunk.
     *
     * @return the first chunk that is still due; when all are told, the number of chunks
     */
    public int chunks(ByteBuffer out, DataSum sum, int from) {
        if (sum.chunks() < 2) {
            return sum.chunks();
        }
        int room = (out.remaining() - Frame.HEADER_BYTES - CHUNKS.length + 1) / (HASH_DIGITS + 1);
        int count = Math.min(Math.min(sum.chunks() - from, MAX_CHUNKS_IN_COMMAND), room);
        if (count <= 0) {
            return from;
        }
        int begun = command(out, CHUNKS);
        for (int i = from; i < from + count; i++) {
            if (i > from) {
                out.put((byte) ' ');
            }
            FrameWriter.hash(out, sum.chunkHash(i));
        }
        end(out, begun);
        return from + count;
    }

    /** The SUM that follows the last {@link #chunks}. */
    public void sumEnd(ByteBuffer out, DataSum sum) {
        int begun = command(out, SUM);
        FrameWriter.unsigned(out, sum.bytes());
        out.put((byte) ' ');
        FrameWriter.hash(out, sum.root());
        end(out, begun);
    }

    /**
     * A block that rides with the entry.
     *
     * @param kind one of {@link #BLOCK_KINDS}
     * @param content at most {@link #MAX_BLOCK_BYTES}
     */
    public void block(ByteBuffer out, String kind, byte[] content) {
        if (!BLOCK_KINDS.contains(kind)) {
            throw new IllegalArgumentException("no kind of block: " + kind);
        }
        if (content.length > MAX_BLOCK_BYTES) {
            throw new IllegalArgumentException(
                    kind + " of " + content.length + " bytes; a block has " + MAX_BLOCK_BYTES);
        }
        end(out, command(out, ascii(kind)));
        int at = 0;
        do {
            int length = Math.min(content.length - at, Frame.MAX_PAYLOAD_BYTES);
            FrameWriter.header(out, Frame.DATA, length);
            out.put(content, at, length);
            at += length;
        } while (at < content.length);
        FrameWriter.header(out, Frame.END, 0);
    }

    /** A tombstone; the root has none. */
    public void deleted(ByteBuffer out, byte[] path, boolean directory) {
        if (path.length == 0) {
            throw new IllegalArgumentException("a tombstone for the root");
        }
        path(out, DELETED, path, directory);
    }

    /** Nothing follows. */
    public void endOfStream(ByteBuffer out) {
        FrameWriter.header(out, Frame.END, 0);
    }

    private void path(ByteBuffer out, byte[] command, byte[] path, boolean directory) {
        int begun = command(out, command);
        out.put(prefix).put((byte) '/').put(path);
        if (directory && path.length > 0) {
            out.put((byte) '/');
        }
        end(out, begun);
    }

    private static int command(ByteBuffer out, byte[] name) {
        int begun = FrameWriter.begin(out);
        out.put(name);
        return begun;
    }

    private static void end(ByteBuffer out, int begun) {
        FrameWriter.end(out, Frame.COMMAND, begun);
    }

    private static void number(ByteBuffer out, long unsigned) {
        out.put((byte) ' ');
        FrameWriter.unsigned(out, unsigned);
    }

    private static void device(ByteBuffer out, int major, int minor) {
        number(out, Integer.toUnsignedLong(major));
        out.put((byte) ':');
        FrameWriter.unsigned(out, Integer.toUnsignedLong(minor));
    }

    private static void time(ByteBuffer out, Timestamp time) {
        out.put((byte) ' ');
        if (time == null) {
            out.put((byte) '-');
        } else {
            FrameWriter.signed(out, time.seconds());
            out.put((byte) '.');
            if (time.nanos() < 0 || time.nanos() > 999_999_999) {
                throw new IllegalArgumentException("no time: " + time);
            }
            FrameWriter.padded(out, time.nanos(), 9);
        }
    }
}
