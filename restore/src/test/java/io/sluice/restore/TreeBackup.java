package io.sluice.restore;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.round.Receipt;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.archive.Manifest;
import io.sluice.ptcomm.archive.SegmentConfig;
import io.sluice.ptcomm.archive.SegmentWriter;
import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.EntryEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Backs a small tree up into an archive, as plainly as can be: whole files. */
final class TreeBackup {
    private static final int SHARDS = 3;
    private static final byte[] NO_PREFIX = {};

    private final TestTree tree;
    private final EntryEncoder encoder = new EntryEncoder(NO_PREFIX);
    private final List<SegmentWriter> writers = new ArrayList<>();
    private final Map<Long, byte[]> firstNames = new HashMap<>();
    private final Changes changes;

    /**
     * What a round that is no full one holds.
     *
     * @param base the round that it builds on
     * @param stored paths whose entries it has, as Latin-1
     * @param deleted tombstones, as Latin-1
     */
    record Changes(int base, Set<String> stored, Set<String> deleted) {}

    private TreeBackup(TestTree tree, Changes changes) {
        this.tree = tree;
        this.changes = changes;
    }

    /** A full round. */
    static void run(TestTree tree, byte[] archive, Compression compression) throws IOException {
        new TreeBackup(tree, null).run(archive, compression);
    }

    /** A round of changes; its number. */
    static int run(TestTree tree, byte[] archive, Compression compression, Changes changes)
            throws IOException {
        return new TreeBackup(tree, changes).run(archive, compression);
    }

    private int run(byte[] path, Compression compression) throws IOException {
        try (Archive archive = Archive.openForBackup(path, tree.path(), SHARDS)) {
            int round = archive.nextRound();
            archive.beginRound(round);
            SegmentConfig config = new SegmentConfig(path, round, "run", compression);
            for (int shard = 0; shard < SHARDS; shard++) {
                writers.add(config.open(shard, 0));
            }
            store(DirectoryPath.ROOT);
            if (changes != null) {
                for (String name : changes.deleted) {
                    delete(name.getBytes(ISO_8859_1));
                }
            }
            List<Receipt> receipts = new ArrayList<>();
            for (SegmentWriter writer : writers) {
                receipts.add(writer.finish());
                writer.close();
            }
            archive.commit(
                    new Manifest(
                            Manifest.FORMAT,
                            round,
                            "run",
                            changes == null ? "full" : "incremental",
                            changes == null ? null : changes.base,
                            "full",
                            "/source",
                            "",
                            SHARDS,
                            "inode-hash",
                            compression,
                            Instant.EPOCH.plusSeconds(round),
                            Instant.EPOCH.plusSeconds(round),
                            receipts));
            return round;
        }
    }

    private void delete(byte[] path) throws IOException {
        ByteBuffer out = ByteBuffer.allocateDirect(1 << 16);
        encoder.deleted(out, path, false);
        writers.get(Math.floorMod(Arrays.hashCode(path), SHARDS)).entries(out.flip(), 1);
    }

    private void store(byte[] path) throws IOException {
        Stat stat = Stat.of(tree.stat(path));
        if (changes == null || changes.stored.contains(new String(path, ISO_8859_1))) {
            store(path, stat);
        }
        if (stat.type() == FileType.DIRECTORY) {
            for (byte[] name : tree.names(path)) {
                store(DirectoryPath.child(path, name));
            }
        }
    }

    private void store(byte[] path, Stat stat) throws IOException {
        SegmentWriter writer = writers.get((int) Long.remainderUnsigned(stat.inode(), SHARDS));
        ByteBuffer out = ByteBuffer.allocateDirect(4 << 20);
        byte[] target = stat.type() == FileType.SYMLINK ? target(path) : null;
        byte[] earlier =
                stat.type() == FileType.REGULAR && stat.links() > 1
                        ? firstNames.putIfAbsent(stat.inode(), path)
                        : null;
        encoder.head(out, path, stat, target, earlier);
        if (stat.type() == FileType.REGULAR && stat.size() > 0 && earlier == null) {
            data(path, out);
        } else {
            encoder.noData(out);
        }
        writer.entries(out.flip(), 1);
    }

    private byte[] target(byte[] path) throws IOException {
        int parent = Posix.openDirectoryOrErrno(tree.descriptor(), DirectoryPath.parent(path), 0);
        byte[] target = Posix.readlink(parent, DirectoryPath.name(path));
        Posix.close(parent);
        return target;
    }

    /** The runs of data of a sparse file, else all of it. */
    private void data(byte[] path, ByteBuffer out) throws IOException {
        int parent = Posix.openDirectoryOrErrno(tree.descriptor(), DirectoryPath.parent(path), 0);
        int flags = Posix.O_RDONLY | Posix.O_NOATIME;
        int fd = Posix.open(parent, DirectoryPath.name(path), flags, 0);
        Posix.close(parent);
        long size = tree.stat(path).size();
        DataSum sum = new DataSum();
        encoder.beginData(out);
        boolean sparse = Posix.seekOrErrno(fd, 0, Posix.SEEK_HOLE) < size;
        long at = 0;
        while (at < size) {
            long from = sparse ? Posix.seekOrErrno(fd, at, Posix.SEEK_DATA) : 0;
            if (from < 0) {
                if (at == 0) {
                    encoder.extent(out, size, 0);
                    sum.extent(size, 0);
                }
                break;
            }
            at = sparse ? Posix.seekOrErrno(fd, from, Posix.SEEK_HOLE) : size;
            int length = Math.toIntExact(at - from);
            NativeBuffer bytes = new NativeBuffer(length);
            Posix.preadOrErrno(fd, bytes, 0, length, from);
            if (sparse) {
                encoder.extent(out, from, length);
                sum.extent(from, length);
            }
            for (int cut = 0; cut < length; cut += 500_000) {
                ByteBuffer piece = bytes.bytes().slice(cut, Math.min(500_000, length - cut));
                sum.update(piece.duplicate());
                encoder.dataHeader(out, piece.remaining());
                out.put(piece);
            }
        }
        Posix.close(fd);
        encoder.endData(out);
        encoder.sum(out, sum);
    }
}
