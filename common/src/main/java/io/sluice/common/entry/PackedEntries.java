package io.sluice.common.entry;

import com.esotericsoftware.kryo.io.Output;
import java.util.Arrays;

/**
 * Entries of one directory, packed back to back into one growing buffer, so that a listing is one
 * record and one array. Written here, read by {@link EntryCursor}. Kryo's {@code Output} serves as
 * the byte tool (variable-length integers, no classes).
 *
 * <p>One entry: name length (varint), name, kind (1 byte); then
 *
 * <ul>
 *   <li>PRESENT, MOUNT, RELEASED: length of what follows (varint), signature (8 bytes,
 *       little-endian), attributes ({@link StatCodec}), for symbolic links the length (varint) and
 *       bytes of the target;
 *   <li>UNREADABLE: errno (varint);
 *   <li>GONE: the stored inode (varint, 0 when unknown);
 *   <li>the others: nothing.
 * </ul>
 *
 * Not thread-safe.
 */
public final class PackedEntries {
    private final Output out;
    private final Output body = new Output(256, -1);
    private int count;

    public PackedEntries(int initialBytes) {
        out = new Output(initialBytes, -1);
    }

    public void present(byte[] name, int nameLength, Stat stat, byte[] target) {
        stat(name, nameLength, EntryKind.PRESENT, stat, target);
    }

    public void mount(byte[] name, int nameLength, Stat stat) {
        stat(name, nameLength, EntryKind.MOUNT, stat, null);
    }

    /** A regular file whose data lies on tape alone. */
    public void released(byte[] name, int nameLength, Stat stat) {
        stat(name, nameLength, EntryKind.RELEASED, stat, null);
    }

    private void stat(byte[] name, int nameLength, EntryKind kind, Stat stat, byte[] target) {
        head(name, nameLength, kind);
        body.reset();
        body.writeLong(Signature.of(stat));
        StatCodec.write(stat, body);
        if (target != null) {
            body.writeVarInt(target.length, true);
            body.writeBytes(target);
        }
        out.writeVarInt(body.position(), true);
        out.writeBytes(body.getBuffer(), 0, body.position());
    }

    public void unreadable(byte[] name, int nameLength, int errno) {
        head(name, nameLength, EntryKind.UNREADABLE);
        out.writeVarInt(errno, true);
    }

    /** A name left out; {@code kind} is one that carries nothing. */
    public void leftOut(byte[] name, int nameLength, EntryKind kind) {
        if (kind.hasStat() || kind == EntryKind.UNREADABLE || kind == EntryKind.GONE) {
            throw new IllegalArgumentException(kind + " carries more than a name");
        }
        head(name, nameLength, kind);
    }

    public void gone(byte[] name, int nameLength, long inode) {
        head(name, nameLength, EntryKind.GONE);
        out.writeVarLong(inode, true);
    }

    /** Copies the entry that the cursor stands on. */
    public void copy(EntryCursor from) {
        out.writeBytes(from.buffer(), from.start(), from.end() - from.start());
        count++;
    }

    /** Copies all entries of another, which keeps them. */
    public void append(PackedEntries other) {
        out.writeBytes(other.out.getBuffer(), 0, other.out.position());
        count += other.count;
    }

    private void head(byte[] name, int nameLength, EntryKind kind) {
        out.writeVarInt(nameLength, true);
        out.writeBytes(name, 0, nameLength);
        out.writeByte(kind.ordinal());
        count++;
    }

    public int count() {
        return count;
    }

    /** Bytes so far. */
    public int length() {
        return out.position();
    }

    public byte[] toBytes() {
        return Arrays.copyOf(out.getBuffer(), out.position());
    }

    public void clear() {
        out.reset();
        count = 0;
    }
}
