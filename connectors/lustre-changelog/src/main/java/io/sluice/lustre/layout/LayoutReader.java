package io.sluice.lustre.layout;

import static io.sluice.lustre.layout.LayoutFormat.*;

import io.sluice.lustre.LustreFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Takes the bytes of a layout apart. Nothing outside of them is read. */
final class LayoutReader {
    private final byte[] bytes;
    private final ByteBuffer fields;

    LayoutReader(byte[] bytes) {
        this.bytes = bytes;
        fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    Layout layout() throws LustreFormatException {
        need(0, Integer.BYTES, bytes.length, "the magic number");
        int magic = fields.getInt(0);
        if (magic == MAGIC_COMPOSITE || magic == MAGIC_SELF_EXTENDING) {
            return composite();
        }
        Component whole = new Component(0, 0, 0, 0, Component.EOF, 0, 0, 0, "", List.of(), 0, null);
        // The header alone is a wish: a directory's default, or what somebody wants to set.
        boolean objects = bytes.length > headerBytes(0, bytes.length);
        return new Layout(false, 0, 0, List.of(striping(whole, 0, bytes.length, objects)));
    }

    private Layout composite() throws LustreFormatException {
        need(0, HEADER_BYTES, bytes.length, "the header");
        int size = fields.getInt(SIZE);
        if (size != bytes.length) {
            throw wrong(
                    SIZE,
                    "it says that it has "
                            + Integer.toUnsignedString(size)
                            + " bytes, and has "
                            + bytes.length);
        }
        int entries = Short.toUnsignedInt(fields.getShort(ENTRIES));
        if (entries == 0) {
            throw wrong(ENTRIES, "no components");
        }
        int blobs = HEADER_BYTES + entries * ENTRY_BYTES;
        need(HEADER_BYTES, entries * ENTRY_BYTES, bytes.length, "a list of components");
        List<Component> components = new ArrayList<>(entries);
        Component before = null;
        for (int i = 0; i < entries; i++) {
            before = component(HEADER_BYTES + i * ENTRY_BYTES, blobs, before);
            components.add(before);
        }
        return new Layout(
                true,
                Short.toUnsignedInt(fields.getShort(FLAGS)),
                Integer.toUnsignedLong(fields.getInt(GENERATION)),
                components);
    }

    private Component component(int entry, int blobs, Component before)
            throws LustreFormatException {
        int flags = fields.getInt(entry + ENTRY_FLAGS);
        long start = fields.getLong(entry + ENTRY_START);
        long end = fields.getLong(entry + ENTRY_END);
        if (end == END_OF_FILE) {
            end = Component.EOF;
        }
        if (start < 0 || end < start) {
            throw wrong(entry + ENTRY_START, "an extent that ends before it begins");
        }
        long at = Integer.toUnsignedLong(fields.getInt(entry + ENTRY_OFFSET));
        long length = Integer.toUnsignedLong(fields.getInt(entry + ENTRY_SIZE));
        if (at < blobs || at + length > bytes.length) {
            throw wrong(entry + ENTRY_OFFSET, "a component that lies outside");
        }
        int mirror = mirror(fields.getInt(entry + ENTRY_ID), start, before);
        if (before != null && mirror != before.mirror() && (start != 0 || before.end() == 0)) {
            throw wrong(entry + ENTRY_START, "a mirror that is not of the whole file");
        }
        Component extent =
                new Component(
                        mirror,
                        fields.getInt(entry + ENTRY_ID),
                        flags,
                        start,
                        end,
                        0,
                        0,
                        0,
                        "",
                        List.of(),
                        Short.toUnsignedInt(fields.getShort(entry + ENTRY_COMPRESSION)),
                        null);
        boolean objects = (flags & Component.INIT) != 0;
        return striping(extent, (int) at, (int) (at + length), objects);
    }

    /**
     * A mirror's components stand together and have its number in their ids. In a directory's
     * default there are no ids; a mirror then begins where the extents begin anew.
     */
    private static int mirror(int id, long start, Component before) {
        if (before == null) {
            return 0;
        }
        boolean another =
                Component.mirrorId(id) != before.mirrorId()
                        || start < before.start()
                        || (start == 0 && before.end() > 0);
        return before.mirror() + (another ? 1 : 0);
    }

    /** Completes {@code extent} with the plain layout that lies from {@code at} to {@code to}. */
    private Component striping(Component extent, int at, int to, boolean objects)
            throws LustreFormatException {
        int header = headerBytes(at, to);
        if (fields.getInt(at) == MAGIC_FOREIGN) {
            return foreign(extent, at, to);
        }
        int pattern = fields.getInt(at + PATTERN);
        int count = Short.toUnsignedInt(fields.getShort(at + STRIPE_COUNT));
        String pool = header == V3_BYTES ? pool(at + POOL) : "";
        List<Integer> osts = List.of();
        if (objects && (pattern & Component.MDT) == 0) {
            need(at + header, count * OBJECT_BYTES, to, "a list of " + count + " objects");
            // HSM leaves the list where it was, and empties it.
            if ((pattern & Component.RELEASED) == 0) {
                osts = osts(at + header, count);
            }
        }
        return new Component(
                extent.mirror(),
                extent.id(),
                extent.flags(),
                extent.start(),
                extent.end(),
                pattern,
                Integer.toUnsignedLong(fields.getInt(at + STRIPE_SIZE)),
                count,
                pool,
                osts,
                extent.compression(),
                null);
    }

    private Component foreign(Component extent, int at, int to) throws LustreFormatException {
        long length = Integer.toUnsignedLong(fields.getInt(at + FOREIGN_LENGTH));
        if (length > to - at - FOREIGN_BYTES) {
            throw wrong(at + FOREIGN_LENGTH, "a foreign layout of " + length + " bytes is cut off");
        }
        return new Component(
                extent.mirror(),
                extent.id(),
                extent.flags(),
                extent.start(),
                extent.end(),
                Component.FOREIGN,
                0,
                0,
                "",
                List.of(),
                extent.compression(),
                Arrays.copyOfRange(bytes, at, at + FOREIGN_BYTES + (int) length));
    }

    /** How long the part before the objects is; it lies wholly before {@code to}. */
    private int headerBytes(int at, int to) throws LustreFormatException {
        need(at, Integer.BYTES, to, "the magic number");
        int magic = fields.getInt(at);
        int length =
                switch (magic) {
                    case MAGIC_V1 -> V1_BYTES;
                    case MAGIC_V3, MAGIC_SPECIFIC -> V3_BYTES;
                    case MAGIC_FOREIGN -> FOREIGN_BYTES;
                    default ->
                            throw wrong(
                                    at,
                                    "magic number 0x"
                                            + Integer.toHexString(magic)
                                            + " is none of a layout that is known here");
                };
        need(at, length, to, "the header");
        return length;
    }

    private String pool(int at) {
        int length = 0;
        while (length < POOL_BYTES && bytes[at + length] != 0) {
            length++;
        }
        return new String(bytes, at, length, StandardCharsets.ISO_8859_1);
    }

    private List<Integer> osts(int at, int count) throws LustreFormatException {
        List<Integer> osts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int ost = fields.getInt(at + i * OBJECT_BYTES + OBJECT_OST);
            if (ost < 0) {
                throw wrong(
                        at + i * OBJECT_BYTES + OBJECT_OST, "OST " + Integer.toUnsignedString(ost));
            }
            osts.add(ost);
        }
        return osts;
    }

    private void need(int at, int length, int to, String what) throws LustreFormatException {
        if (length > to - at) {
            throw wrong(to, what + " is cut off");
        }
    }

    private static LustreFormatException wrong(int offset, String reason) {
        return new LustreFormatException("layout", offset, reason);
    }
}
