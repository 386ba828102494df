package io.sluice.pipeline.index;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import java.util.Arrays;

/**
 * Goes through a page ({@link PageWriter}) child by child. Damaged bytes give an {@link
 * IllegalArgumentException}. Reusable; not thread-safe.
 */
final class PageReader {
    private final Input in = new Input();
    private byte[] name = new byte[256];
    private int nameLength;
    private long inode;
    private long signature;
    private int flags;
    private int mark;
    private long round;
    private int children;

    /** Begins with the page; an empty array is a page without children, of no round. */
    void start(byte[] page) {
        in.setBuffer(page);
        nameLength = 0;
        inode = 0;
        children = 0;
        round = -1;
        if (page.length == 0) {
            return;
        }
        try {
            int version = in.readByte();
            if (version < PageWriter.WITHOUT_MARKS || version > PageWriter.VERSION) {
                throw new IllegalArgumentException(
                        "a page of version " + version + "; this release knows versions 1 and 2");
            }
            round = in.readVarLong(true);
        } catch (KryoException e) {
            throw damaged(e);
        }
    }

    /** The round in which the page was last written; -1 for none. */
    long round() {
        return round;
    }

    /** Moves to the next child; false at the end. */
    boolean next() {
        if (in.position() >= in.limit()) {
            return false;
        }
        try {
            int shared = in.readVarInt(true);
            int rest = in.readVarInt(true);
            if (shared < 0
                    || shared > nameLength
                    || rest < 0
                    || rest > in.limit() - in.position()) {
                throw new IllegalArgumentException(
                        "damaged page: a name of " + shared + " + " + rest + " bytes");
            }
            int length = shared + rest;
            if (length > name.length) {
                name = Arrays.copyOf(name, length * 2);
            }
            in.readBytes(name, shared, rest);
            nameLength = length;
            inode += in.readVarLong(false);
            signature = in.readLong();
            flags = in.readByte();
            mark = isMarked() ? in.readInt() : 0;
            children++;
            return true;
        } catch (KryoException e) {
            throw damaged(e);
        }
    }

    private IllegalArgumentException damaged(KryoException cause) {
        return new IllegalArgumentException("damaged page, behind child " + children, cause);
    }

    byte[] nameBuffer() {
        return name;
    }

    int nameLength() {
        return nameLength;
    }

    long inode() {
        return inode;
    }

    long signature() {
        return signature;
    }

    boolean isDirectory() {
        return (flags & PageWriter.DIRECTORY) != 0;
    }

    boolean isAnnounced() {
        return (flags & PageWriter.ANNOUNCED) != 0;
    }

    int flags() {
        return flags;
    }

    boolean isMarked() {
        return (flags & PageWriter.MARKED) != 0;
    }

    /** Of the stored data; counts only where it {@link #isMarked}. */
    int mark() {
        return mark;
    }
}
