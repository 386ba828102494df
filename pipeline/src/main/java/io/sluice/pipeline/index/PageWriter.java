package io.sluice.pipeline.index;

import com.esotericsoftware.kryo.io.Output;

/**
 * Packs a page: the stored children of a directory, or of one part of a large one, sorted by name
 * (unsigned bytes).
 *
 * <p>Version 2 has marks. Version 1 has none, and is written where there are none; integers as Kryo
 * writes them: version (1 byte); round in which the page was last written (varint); then for each
 * child: length of the prefix shared with the name before (varint); length (varint) and bytes of
 * the rest; inode as the difference to the one before (varint, zigzag); signature (8 bytes,
 * little-endian); flags (1 byte); with the flag {@link #MARKED} the mark (4 bytes, little-endian).
 * About 20 bytes and the rest of the name. There is no count: the page ends with its bytes.
 *
 * <p>Reusable; not thread-safe.
 */
final class PageWriter {
    static final int VERSION = 2;

    /** Of a page without marks. */
    static final int WITHOUT_MARKS = 1;

    /** The child is a directory. */
    static final int DIRECTORY = 1;

    /** Stored without its data, because that was released to tape. */
    static final int STUB = 2;

    /** It went out in the round that the page was last written in, as the three that follow. */
    static final int ANNOUNCED = 4;

    /** An answer of that round says that the name does not exist any more. */
    static final int GONE = 8;

    /** It was a directory, and an answer of that round says that it is something else now. */
    static final int REPLACED = 16;

    /** That round's listing of the directory did not show the name, which proves nothing. */
    static final int UNSEEN = 32;

    /** There is a mark of the stored data, {@link DataMark}. */
    static final int MARKED = 64;

    /** What holds in the page's round only. */
    static final int OF_ROUND = ANNOUNCED | GONE | REPLACED | UNSEEN;

    private final Output out = new Output(4096, -1);
    private byte[] previousName = new byte[256];
    private int previousLength;
    private long previousInode;
    private int count;
    private boolean marked;

    void start(long round) {
        out.reset();
        out.writeByte(WITHOUT_MARKS);
        out.writeVarLong(round, true);
        previousLength = 0;
        previousInode = 0;
        count = 0;
        marked = false;
    }

    /** Adds a child without a mark; its name is greater than the last one's. */
    void add(byte[] buffer, int name, int nameLength, long inode, long signature, int flags) {
        add(buffer, name, nameLength, inode, signature, flags & ~MARKED, 0);
    }

    /**
     * Adds a child; its name is greater than the last one's.
     *
     * @param mark counts with the flag {@link #MARKED} only
     */
    void add(
            byte[] buffer,
            int name,
            int nameLength,
            long inode,
            long signature,
            int flags,
            int mark) {
        int shared = 0;
        int limit = Math.min(previousLength, nameLength);
        while (shared < limit && previousName[shared] == buffer[name + shared]) {
            shared++;
        }
        out.writeVarInt(shared, true);
        out.writeVarInt(nameLength - shared, true);
        out.writeBytes(buffer, name + shared, nameLength - shared);
        out.writeVarLong(inode - previousInode, false);
        out.writeLong(signature);
        out.writeByte(flags);
        if ((flags & MARKED) != 0) {
            out.writeInt(mark);
            marked = true;
        }
        if (previousName.length < nameLength) {
            previousName = new byte[nameLength * 2];
        }
        System.arraycopy(buffer, name, previousName, 0, nameLength);
        previousLength = nameLength;
        previousInode = inode;
        count++;
    }

    int count() {
        return count;
    }

    byte[] toBytes() {
        byte[] page = out.toBytes();
        page[0] = (byte) (marked ? VERSION : WITHOUT_MARKS);
        return page;
    }
}
