package io.sluice.bacula.restore;

import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.EntryEncoder;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameWriter;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What the FD plugin gives back of entries that were stored: as the stream had them, but for what
 * Bacula makes of them. A layout comes before the data; data comes in pieces as the core wrote them
 * to the volume, each with its place if the file has extents; and a hole at a file's end has a zero
 * byte behind it.
 */
final class VolumeStream implements EntryHandler {
    private static final int MAX_PIECE_BYTES = 65_536;

    private final EntryEncoder encoder;
    private final Random random;
    private final List<byte[]> entries = new ArrayList<>();
    private final DataSum sum = new DataSum();

    private ByteArrayOutputStream out;
    private StreamEntry entry;
    private List<byte[]> blocks;
    private boolean data;
    private boolean extents;
    private boolean summed;
    private long position;

    /**
     * @param prefix what stands before each path: Where, the namespace and the original path
     * @param random cuts the data
     */
    VolumeStream(String prefix, Random random) {
        encoder = new EntryEncoder(prefix.getBytes(StandardCharsets.UTF_8));
        this.random = random;
    }

    /** The frames of each entry, to be put into any order. */
    List<byte[]> entries() {
        return entries;
    }

    /** All entries and FINISH. */
    static byte[] stream(List<byte[]> entries) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        entries.forEach(all::writeBytes);
        all.writeBytes(command("FINISH\n"));
        return all.toByteArray();
    }

    static byte[] command(String text) {
        return frame(Frame.COMMAND, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    static byte[] frame(byte letter, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(Frame.HEADER_BYTES + payload.length);
        FrameWriter.header(frame, letter, payload.length);
        return frame.put(payload).array();
    }

    private interface Encoding {
        void into(ByteBuffer buffer);
    }

    private static byte[] encoded(int bytes, Encoding encoding) {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        encoding.into(buffer);
        byte[] result = new byte[buffer.flip().remaining()];
        buffer.get(result);
        return result;
    }

    private void put(int bytes, Encoding encoding) {
        out.writeBytes(encoded(bytes, encoding));
    }

    @Override
    public boolean entry(StreamEntry told) {
        entry = told;
        out = new ByteArrayOutputStream();
        blocks = new ArrayList<>();
        data = false;
        extents = false;
        summed = false;
        position = 0;
        sum.reset();
        byte[] path = entry.path();
        put(
                encoder.maxHeadBytes(path, entry.target(), entry.linkTo()),
                buffer -> encoder.head(buffer, path, entry.stat(), entry.target(), entry.linkTo()));
        return true;
    }

    private void begin() {
        if (!data) {
            put(100, encoder::beginData);
            data = true;
        }
    }

    @Override
    public void extent(long offset, long length) {
        begin();
        extents = true;
        position = offset;
        sum.extent(offset, length);
    }

    @Override
    public void data(ByteBuffer bytes) {
        begin();
        sum.update(bytes);
        ByteBuffer rest = bytes.duplicate();
        while (rest.hasRemaining()) {
            byte[] piece =
                    new byte[Math.min(rest.remaining(), 1 + random.nextInt(MAX_PIECE_BYTES))];
            rest.get(piece);
            piece(piece);
        }
    }

    private void piece(byte[] piece) {
        if (extents) {
            put(100, buffer -> encoder.extent(buffer, position, piece.length));
        }
        out.writeBytes(frame(Frame.DATA, piece));
        position += piece.length;
    }

    private void endData() {
        if (!data || summed) {
            return;
        }
        summed = true;
        long size = entry.stat().size();
        if ((extents && position < size) || sum.bytes() == 0) {
            position = size - 1;
            piece(new byte[1]);
        }
        put(100, encoder::endData);
    }

    private void putSum() {
        endData();
        if (data && blocks != null) {
            put(encoder.maxSumBytes(sum), buffer -> encoder.sum(buffer, sum));
            blocks.forEach(out::writeBytes);
            blocks = null;
        }
    }

    @Override
    public void torn(int errno, String text) {
        endData();
        put(EntryEncoder.MAX_TORN_BYTES, buffer -> encoder.torn(buffer, errno, text));
    }

    /** A layout, which goes before the data: so it must be told before it. */
    @Override
    public void block(String kind, byte[] content) {
        byte[] block =
                encoded(
                        EntryEncoder.maxBlockBytes(content.length),
                        buffer -> encoder.block(buffer, kind, content));
        if (kind.equals("LAYOUT") || !data) {
            if (!kind.equals("LAYOUT") && !summed) {
                put(100, encoder::noData);
                summed = true;
            }
            out.writeBytes(block);
        } else {
            putSum();
            out.writeBytes(block);
        }
    }

    @Override
    public void end(DataState state) {
        if (data) {
            putSum();
        } else if (!summed) {
            put(100, encoder::noData);
        }
        entries.add(out.toByteArray());
    }

    /** Bacula restores none. */
    @Override
    public void deleted(byte[] path, boolean directory) {}
}
