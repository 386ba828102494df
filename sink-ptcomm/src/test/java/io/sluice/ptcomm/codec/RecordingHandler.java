package io.sluice.ptcomm.codec;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Keeps what a decoder tells as {@link SampleEntry}s. */
public final class RecordingHandler implements EntryHandler {
    private final List<SampleEntry> entries = new ArrayList<>();
    private final List<Long> extents = new ArrayList<>();
    private final List<String> blocks = new ArrayList<>();
    private final StringBuilder data = new StringBuilder();
    private final boolean wanted;
    private StreamEntry head;
    private String torn;

    public RecordingHandler() {
        this(true);
    }

    public RecordingHandler(boolean wanted) {
        this.wanted = wanted;
    }

    public List<SampleEntry> entries() {
        return entries;
    }

    @Override
    public boolean entry(StreamEntry entry) {
        head = entry;
        extents.clear();
        blocks.clear();
        data.setLength(0);
        torn = null;
        return wanted;
    }

    @Override
    public void extent(long offset, long length) {
        extents.add(offset);
        extents.add(length);
    }

    @Override
    public void data(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        data.append(SampleEntry.text(copy));
    }

    @Override
    public void torn(int errno, String text) {
        torn = errno + " " + text;
    }

    @Override
    public void block(String kind, byte[] content) {
        blocks.add(kind + " " + HexFormat.of().formatHex(content));
    }

    @Override
    public void end(DataState state) {
        entries.add(
                new SampleEntry(
                        SampleEntry.text(head.path()),
                        head.stat(),
                        SampleEntry.text(head.target()),
                        SampleEntry.text(head.linkTo()),
                        List.copyOf(extents),
                        data.toString(),
                        torn,
                        List.copyOf(blocks),
                        state,
                        false));
    }

    @Override
    public void deleted(byte[] path, boolean directory) {
        entries.add(SampleEntry.tombstone(SampleEntry.text(path), directory));
    }
}
