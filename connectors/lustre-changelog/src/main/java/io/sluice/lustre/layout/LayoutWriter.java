package io.sluice.lustre.layout;

import static io.sluice.lustre.layout.LayoutFormat.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Puts the wishes of components together to bytes that a client accepts for a new file. */
final class LayoutWriter {
    private LayoutWriter() {}

    /**
     * @param components at least one; just one if not {@code composite}
     */
    static byte[] write(boolean composite, List<Component> components) {
        List<Component> clean = components.stream().map(Component::clean).toList();
        int at = composite ? HEADER_BYTES + clean.size() * ENTRY_BYTES : 0;
        int size = at;
        for (Component component : clean) {
            size += stripingBytes(component);
        }
        ByteBuffer into = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        if (composite) {
            writeHeader(into, size, clean);
        }
        for (int i = 0; i < clean.size(); i++) {
            Component component = clean.get(i);
            if (composite) {
                writeEntry(into, HEADER_BYTES + i * ENTRY_BYTES, component, at);
            }
            writeStriping(into, at, component);
            at += stripingBytes(component);
        }
        return into.array();
    }

    private static int stripingBytes(Component component) {
        if (component.foreign() != null) {
            return component.foreign().length;
        }
        return component.pool().isEmpty() ? V1_BYTES : V3_BYTES;
    }

    private static void writeHeader(ByteBuffer into, int size, List<Component> components) {
        int mirrors = (int) components.stream().mapToInt(Component::mirror).distinct().count();
        into.putInt(0, MAGIC_COMPOSITE)
                .putInt(SIZE, size)
                .putShort(FLAGS, mirrors > 1 ? MIRRORS_IN_SYNC : 0)
                .putShort(ENTRIES, (short) components.size())
                .putShort(MIRRORS, (short) (mirrors - 1));
    }

    private static void writeEntry(ByteBuffer into, int entry, Component component, int at) {
        into.putInt(entry + ENTRY_ID, component.id())
                .putInt(entry + ENTRY_FLAGS, component.flags())
                .putLong(entry + ENTRY_START, component.start())
                .putLong(
                        entry + ENTRY_END,
                        component.end() == Component.EOF ? END_OF_FILE : component.end())
                .putInt(entry + ENTRY_OFFSET, at)
                .putInt(entry + ENTRY_SIZE, stripingBytes(component))
                .putShort(entry + ENTRY_COMPRESSION, (short) component.compression());
    }

    private static void writeStriping(ByteBuffer into, int at, Component component) {
        if (component.foreign() != null) {
            into.put(at, component.foreign());
            return;
        }
        into.putInt(at, component.pool().isEmpty() ? MAGIC_V1 : MAGIC_V3)
                .putInt(at + PATTERN, component.pattern())
                .putInt(at + STRIPE_SIZE, (int) component.stripeSize())
                .putShort(at + STRIPE_COUNT, (short) component.stripeCount())
                .putShort(at + STRIPE_OFFSET, ANY_OST);
        if (!component.pool().isEmpty()) {
            into.put(at + POOL, component.pool().getBytes(StandardCharsets.ISO_8859_1));
        }
    }
}
