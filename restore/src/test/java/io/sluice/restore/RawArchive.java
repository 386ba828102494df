package io.sluice.restore;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileType;
import io.sluice.common.round.Receipt;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.archive.Manifest;
import io.sluice.ptcomm.archive.SegmentConfig;
import io.sluice.ptcomm.archive.SegmentWriter;
import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.EntryEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** An archive of one round and one shard, its stream put together byte by byte. Text is Latin-1. */
final class RawArchive {
    private static final int PIECE_BYTES = 900_000;

    private final byte[] path;
    private final Archive archive;
    private final SegmentWriter writer;
    private final Compression compression;
    private final ByteArrayOutputStream frames = new ByteArrayOutputStream();
    private int entries;

    RawArchive(byte[] path, Compression compression) throws IOException {
        this.path = path;
        this.compression = compression;
        archive = Archive.openForBackup(path, TestTree.bytes("/source"), 1);
        archive.beginRound(1);
        writer = new SegmentConfig(path, 1, "run", compression).open(0, 0);
    }

    RawArchive frame(char letter, String payload) throws IOException {
        byte[] bytes = payload.getBytes(ISO_8859_1);
        String head = String.format(Locale.ROOT, "%c%06d%n", letter, bytes.length);
        frames.write(head.getBytes(ISO_8859_1));
        frames.write(bytes);
        if (frames.size() > 4 << 20) {
            flush();
        }
        return this;
    }

    private void flush() throws IOException {
        writer.entries(
                ByteBuffer.allocateDirect(frames.size()).put(frames.toByteArray()).flip(), entries);
        frames.reset();
        entries = 0;
    }

    RawArchive command(String text) throws IOException {
        return frame('C', text);
    }

    RawArchive end() throws IOException {
        return frame('F', "");
    }

    /** FNAME to F, as it is told, right or wrong; {@code link} and {@code target} may be null. */
    RawArchive head(
            String name, char letter, char type, String size, int mode, String target, String link)
            throws IOException {
        entries++;
        command("FNAME:" + name);
        command(
                String.format(
                        Locale.ROOT,
                        "STAT:%c %s 0 0 %06o %d",
                        letter,
                        size,
                        mode,
                        link == null ? 1 : 2));
        command("TSTAMP:5 6 7");
        if (target != null) {
            command("LSTAT:" + target);
        }
        command("XSTAT:" + type + " 9 0:0 0:0 5.000000000 6.000000000 7.000000000 -");
        if (link != null) {
            command("LINK:" + link);
        }
        return end();
    }

    RawArchive fileHead(String name, String size) throws IOException {
        return head(name, 'F', 'f', size, 0100644, null, null);
    }

    /** A whole file as it should be, but for its name. */
    RawArchive file(String name, String content) throws IOException {
        byte[] data = content.getBytes(ISO_8859_1);
        fileHead(name, Integer.toString(data.length)).command("DATA").frame('D', content).end();
        DataSum sum = new DataSum();
        sum.update(ByteBuffer.wrap(data));
        return sum(sum);
    }

    RawArchive sum(DataSum sum) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(1 << 20);
        new EntryEncoder(new byte[0]).sum(out, sum);
        frames.write(out.array(), 0, out.position());
        return this;
    }

    RawArchive directory(String name, int permissions) throws IOException {
        return head(name + "/", 'D', 'd', "4096", 040000 | permissions, null, null).end();
    }

    RawArchive symlink(String name, String target) throws IOException {
        return head(name, 'S', 'l', "" + target.length(), 0120777, target, null).end();
    }

    RawArchive link(String name, String to) throws IOException {
        return head(name, 'L', 'f', "1", 0100644, null, to).end();
    }

    /** A file of zeros, delivered in full. */
    RawArchive zeros(String name, long size) throws IOException {
        fileHead(name, Long.toString(size)).command("DATA");
        DataSum sum = new DataSum();
        String piece = "\0".repeat(PIECE_BYTES);
        ByteBuffer bytes = ByteBuffer.allocateDirect(PIECE_BYTES);
        for (long left = size; left > 0; left -= PIECE_BYTES) {
            int n = (int) Math.min(left, PIECE_BYTES);
            frame('D', n == PIECE_BYTES ? piece : piece.substring(0, n));
            sum.update(bytes.duplicate().limit(n));
        }
        return end().sum(sum);
    }

    byte[] commit() throws IOException {
        flush();
        Receipt receipt = writer.finish();
        writer.close();
        archive.commit(manifest(compression, receipt));
        archive.close();
        return path;
    }

    static Manifest manifest(Compression compression, Receipt receipt) {
        return new Manifest(
                Manifest.FORMAT,
                1,
                "run",
                "full",
                null,
                "full",
                "/source",
                "",
                1,
                "inode-hash",
                compression,
                Instant.EPOCH,
                Instant.EPOCH,
                List.of(receipt));
    }

    static Stat stat(FileType type, int permissions, long size) {
        return MemoryRound.stat(type, permissions, 1, size, MemoryRound.TIME);
    }
}
