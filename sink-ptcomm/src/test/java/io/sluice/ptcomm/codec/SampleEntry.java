package io.sluice.ptcomm.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** One entry or tombstone of a test stream, whole in memory; equal by all its bytes. */
public record SampleEntry(
        String path,
        Stat stat,
        String target,
        String linkTo,
        List<Long> extents,
        String data,
        String torn,
        List<String> blocks,
        DataState state,
        boolean deleted) {

    private static final HexFormat HEX = HexFormat.of();

    /** Bytes as text that keeps them: ISO 8859-1 has a character for each. */
    public static String text(byte[] bytes) {
        return bytes == null
                ? null
                : new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    public static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    public static Stat stat(int mode, long size) {
        return new Stat(
                mode,
                1,
                1000,
                -2,
                0xfedcba9876543210L,
                size,
                new Timestamp(1700000000, 1),
                new Timestamp(-2, 500_000_000),
                new Timestamp(4102444800L, 999_999_999),
                null,
                8,
                1,
                0,
                0);
    }

    public static SampleEntry file(String path, String data) {
        return new SampleEntry(
                text(path.getBytes(UTF_8)),
                stat(0100644, data.length()),
                null,
                null,
                List.of(),
                data,
                null,
                List.of(),
                DataState.INTACT,
                false);
    }

    public static SampleEntry of(String path, int mode, String target, String linkTo) {
        return new SampleEntry(
                path,
                stat(mode, target == null ? 0 : target.length()),
                target,
                linkTo,
                List.of(),
                "",
                null,
                List.of(),
                DataState.INTACT,
                false);
    }

    public static SampleEntry tombstone(String path, boolean directory) {
        return new SampleEntry(
                path + (directory ? "/" : ""),
                null,
                null,
                null,
                List.of(),
                "",
                null,
                List.of(),
                DataState.INTACT,
                true);
    }

    public SampleEntry withPath(String other) {
        return new SampleEntry(
                other, stat, target, linkTo, extents, data, torn, blocks, state, deleted);
    }

    public SampleEntry withoutAccessTime() {
        if (stat == null) {
            return this;
        }
        Stat s = stat;
        Stat without =
                new Stat(
                        s.mode(),
                        s.links(),
                        s.uid(),
                        s.gid(),
                        s.inode(),
                        s.size(),
                        new Timestamp(0, 0),
                        s.modified(),
                        s.changed(),
                        s.born(),
                        s.deviceMajor(),
                        s.deviceMinor(),
                        s.rdevMajor(),
                        s.rdevMinor());
        return new SampleEntry(
                path, without, target, linkTo, extents, data, torn, blocks, state, deleted);
    }

    public SampleEntry withSize(long size) {
        Stat s = stat;
        return new SampleEntry(
                path,
                new Stat(
                        s.mode(),
                        s.links(),
                        s.uid(),
                        s.gid(),
                        s.inode(),
                        size,
                        s.accessed(),
                        s.modified(),
                        s.changed(),
                        s.born(),
                        s.deviceMajor(),
                        s.deviceMinor(),
                        s.rdevMajor(),
                        s.rdevMinor()),
                target,
                linkTo,
                extents,
                data,
                torn,
                blocks,
                state,
                deleted);
    }

    /** Pairs of offset and length; the data is theirs, one behind the other. */
    public SampleEntry withExtents(long size, Long... pairs) {
        SampleEntry s = withSize(size);
        return new SampleEntry(
                s.path, s.stat, target, linkTo, List.of(pairs), data, torn, blocks, state, deleted);
    }

    public SampleEntry withTorn(String errnoAndText) {
        return new SampleEntry(
                path, stat, target, linkTo, extents, data, errnoAndText, blocks, state, deleted);
    }

    public SampleEntry withBlock(String kind, byte[] content) {
        List<String> more = new ArrayList<>(blocks);
        more.add(kind + " " + HEX.formatHex(content));
        return new SampleEntry(
                path, stat, target, linkTo, extents, data, torn, List.copyOf(more), state, deleted);
    }

    /** Writes the entry in data frames of at most {@code frameBytes}. */
    public void encode(EntryEncoder encoder, ByteBuffer out, int frameBytes) {
        if (deleted) {
            boolean directory = path.endsWith("/");
            String plain = directory ? path.substring(0, path.length() - 1) : path;
            encoder.deleted(out, bytes(plain), directory);
            return;
        }
        byte[] path = bytes(this.path);
        byte[] target = bytes(this.target);
        byte[] linkTo = bytes(this.linkTo);
        int before = out.position();
        encoder.head(out, path, stat, target, linkTo);
        if (out.position() - before > encoder.maxHeadBytes(path, target, linkTo)) {
            throw new AssertionError("a head beyond its bound");
        }
        if (data.isEmpty() && extents.isEmpty()) {
            encoder.noData(out);
        } else {
            DataSum sum = new DataSum();
            encoder.beginData(out);
            byte[] data = bytes(this.data);
            if (extents.isEmpty()) {
                frames(encoder, out, sum, data, 0, data.length, frameBytes);
            }
            int at = 0;
            for (int i = 0; i < extents.size(); i += 2) {
                encoder.extent(out, extents.get(i), extents.get(i + 1));
                sum.extent(extents.get(i), extents.get(i + 1));
                int length = Math.toIntExact(extents.get(i + 1));
                frames(encoder, out, sum, data, at, length, frameBytes);
                at += length;
            }
            encoder.endData(out);
            if (torn != null) {
                int blank = torn.indexOf(' ');
                encoder.torn(
                        out, Integer.parseInt(torn.substring(0, blank)), torn.substring(blank + 1));
            }
            encoder.sum(out, sum);
        }
        for (String block : blocks) {
            int blank = block.indexOf(' ');
            encoder.block(out, block.substring(0, blank), HEX.parseHex(block.substring(blank + 1)));
        }
    }

    private static void frames(
            EntryEncoder encoder,
            ByteBuffer out,
            DataSum sum,
            byte[] data,
            int from,
            int length,
            int frameBytes) {
        int at = from;
        while (at < from + length) {
            int n = Math.min(frameBytes, from + length - at);
            encoder.dataHeader(out, n);
            out.put(data, at, n);
            sum.update(data, at, n);
            at += n;
        }
    }

    /** Encodes entries as a stream, with its final F if wanted. */
    public static byte[] stream(
            byte[] prefix, List<SampleEntry> entries, int frameBytes, boolean end) {
        EntryEncoder encoder = new EntryEncoder(prefix);
        int room = 64;
        for (SampleEntry e : entries) {
            room += 4096 + 4 * e.path.length() + 10 * e.data.length() + 50 * e.extents.size();
            room += 2 * (e.target == null ? 0 : e.target.length());
            room += 2 * (e.linkTo == null ? 0 : e.linkTo.length());
            room += e.blocks.stream().mapToInt(b -> b.length() + 64).sum();
        }
        ByteBuffer out = ByteBuffer.allocate(room);
        for (SampleEntry e : entries) {
            e.encode(encoder, out, frameBytes);
        }
        if (end) {
            encoder.endOfStream(out);
        }
        byte[] bytes = new byte[out.position()];
        out.get(0, bytes);
        return bytes;
    }
}
