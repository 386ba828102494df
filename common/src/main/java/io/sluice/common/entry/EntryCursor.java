package io.sluice.common.entry;

import com.esotericsoftware.kryo.io.Input;
import io.sluice.common.posix.FileType;
import java.util.Arrays;

/**
 * Goes through packed entries ({@link PackedEntries}) without making an object for each: fields are
 * decoded when asked for. Reusable; not thread-safe. Bytes that are not packed entries give an
 * {@link IllegalArgumentException} or Kryo's own exception, never a wrong answer beyond their end.
 */
public final class EntryCursor {
    private final Input in = new Input();
    private byte[] bytes;
    private int limit;
    private int start;
    private int end;
    private int name;
    private int nameLength;
    private int body;
    private EntryKind kind;

    /** Begins at {@code from}; the bytes are read in place and must not change meanwhile. */
    public EntryCursor reset(byte[] packed, int from, int to) {
        bytes = packed;
        limit = to;
        end = from;
        in.setBuffer(packed, from, to - from);
        return this;
    }

    public EntryCursor reset(byte[] packed) {
        return reset(packed, 0, packed.length);
    }

    /** Moves to the next entry; false at the end. */
    public boolean next() {
        if (end >= limit) {
            return false;
        }
        at(end);
        return true;
    }

    /** Moves to the entry that starts at {@code position}, as {@link #start} told it. */
    public void at(int position) {
        start = position;
        in.setPosition(position);
        nameLength = in.readVarInt(true);
        name = in.position();
        if (nameLength < 0 || nameLength >= limit - name) {
            throw new IllegalArgumentException(
                    "a name of " + nameLength + " bytes does not fit at " + position);
        }
        in.setPosition(name + nameLength);
        kind = EntryKind.of(in.readByte());
        body = in.position();
        switch (kind) {
            case PRESENT, MOUNT, RELEASED -> {
                int length = in.readVarInt(true);
                body = in.position();
                if (length < Long.BYTES || length > limit - body) {
                    throw new IllegalArgumentException(
                            "attributes of " + length + " bytes do not fit at " + body);
                }
                end = body + length;
            }
            case UNREADABLE -> {
                in.readVarInt(true);
                end = in.position();
            }
            case GONE -> {
                in.readVarLong(true);
                end = in.position();
            }
            default -> end = body;
        }
    }

    public EntryKind kind() {
        return kind;
    }

    public byte[] name() {
        return Arrays.copyOfRange(bytes, name, name + nameLength);
    }

    /** Where the name starts in {@link #buffer}. */
    public int nameStart() {
        return name;
    }

    public int nameLength() {
        return nameLength;
    }

    public byte[] buffer() {
        return bytes;
    }

    /** First byte of the packed entry in {@link #buffer}. */
    public int start() {
        return start;
    }

    /** Behind its last byte. */
    public int end() {
        return end;
    }

    public int errno() {
        require(kind == EntryKind.UNREADABLE);
        in.setPosition(body);
        return in.readVarInt(true);
    }

    public long signature() {
        require(kind.hasStat());
        in.setPosition(body);
        return in.readLong();
    }

    public long inode() {
        require(kind.hasStat() || kind == EntryKind.GONE);
        in.setPosition(kind.hasStat() ? body + Long.BYTES : body);
        return in.readVarLong(true);
    }

    public FileType type() {
        require(kind.hasStat());
        in.setPosition(body + Long.BYTES);
        in.readVarLong(true);
        return FileType.ofMode(in.readVarInt(true));
    }

    public Stat stat() {
        require(kind.hasStat());
        in.setPosition(body + Long.BYTES);
        Stat stat = StatCodec.read(in);
        if (in.position() > end) {
            throw new IllegalArgumentException("attributes run beyond their end at " + end);
        }
        return stat;
    }

    /** The target of a symbolic link, or null when it did not travel. */
    public byte[] target() {
        Stat ignored = stat();
        if (in.position() == end) {
            return null;
        }
        int length = in.readVarInt(true);
        if (length < 0 || length != end - in.position()) {
            throw new IllegalArgumentException(
                    "a target of " + length + " bytes does not fit at " + in.position());
        }
        return Arrays.copyOfRange(bytes, in.position(), end);
    }

    private void require(boolean holds) {
        if (!holds) {
            throw new IllegalStateException("a name of kind " + kind + " does not carry that");
        }
    }
}
