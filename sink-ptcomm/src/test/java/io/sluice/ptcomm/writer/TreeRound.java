package io.sluice.ptcomm.writer;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.Stat;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.PosixException;
import io.sluice.common.round.Content;
import io.sluice.common.round.Receipt;
import io.sluice.common.testing.TestTree;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.archive.Manifest;
import io.sluice.ptcomm.archive.SegmentConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Backs a small tree up into a new archive through the writer's own threads, without a job around
 * them: one round, one shard; the calling thread is the mailbox.
 */
public final class TreeRound {
    private static final int READERS = 2;

    private final TestTree tree;
    private final Content content;
    private final ItemPacker packer = new ItemPacker();
    private final List<ItemBatch> items = new ArrayList<>();
    private final Map<Long, byte[]> firstNames = new HashMap<>();
    private final BlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>();
    private final List<String> reports = new ArrayList<>();
    private Receipt receipt;
    private Throwable problem;

    private TreeRound(TestTree tree, Content content) {
        this.tree = tree;
        this.content = content;
    }

    /**
     * @param sliceBytes of a slice's buffer: small ones leave much to the writing thread
     * @return what was not stored as it was, a line each
     */
    public static List<String> write(TestTree tree, byte[] archive, Content content, int sliceBytes)
            throws Exception {
        TreeRound round = new TreeRound(tree, content);
        round.look(DirectoryPath.ABOVE_ROOT, new byte[0]);
        round.run(archive, sliceBytes);
        return round.reports;
    }

    private void look(byte[] directory, byte[] name) throws PosixException {
        byte[] path = DirectoryPath.child(directory, name);
        Stat stat = Stat.of(tree.stat(path));
        byte[] target = stat.type() == FileType.SYMLINK ? tree.target(path) : null;
        PackedEntries packed = new PackedEntries(256);
        packed.present(name, name.length, stat, target);
        EntryCursor cursor = new EntryCursor().reset(packed.toBytes());
        cursor.next();
        packer.add(Reason.NEW, cursor);
        items.add(packer.take(directory, 0));
        if (stat.type() == FileType.DIRECTORY) {
            for (byte[] child : tree.names(path)) {
                look(path, child);
            }
        }
    }

    private void run(byte[] path, int sliceBytes) throws Exception {
        WriterOptions options =
                new WriterOptions(
                        tree.path(),
                        new byte[0],
                        1,
                        1,
                        "run",
                        content,
                        false,
                        READERS,
                        null,
                        System.currentTimeMillis());
        BufferSizes sizes = new BufferSizes(2, sliceBytes, BufferSizes.of(1, 1).frameBytes(), 2, 1);
        Map<Long, ItemBatch> overflow = new HashMap<>();
        ItemQueue queue =
                new ItemQueue(
                        new QueueSizes(sliceBytes, sliceBytes),
                        new ItemQueue.State() {
                            @Override
                            public void put(long number, ItemBatch batch) {
                                overflow.put(number, batch);
                            }

                            @Override
                            public ItemBatch get(long number) {
                                return overflow.get(number);
                            }

                            @Override
                            public void remove(long number) {
                                overflow.remove(number);
                            }
                        },
                        item -> firstNames.putIfAbsent(item.stat().inode(), item.path()));
        try (Archive archive = Archive.openForBackup(path, tree.path(), 1)) {
            archive.beginRound(1);
            SegmentConfig config = new SegmentConfig(path, 1, "run", Compression.NONE);
            try (ReaderPool readers = new ReaderPool(READERS, options);
                    ShardStream stream =
                            new ShardStream(
                                    0,
                                    sizes,
                                    queue,
                                    Claims.none(),
                                    options,
                                    new PointedReceiver(config.open(0, 0)),
                                    readers,
                                    listener(),
                                    ledger())) {
                for (ItemBatch item : items) {
                    while (stream.isFull()) {
                        mailbox.take().run();
                    }
                    stream.offer(item);
                }
                stream.end();
                while (receipt == null && problem == null) {
                    mailbox.take().run();
                }
            }
            if (problem != null) {
                throw new IOException("the writer failed", problem);
            }
            archive.commit(
                    new Manifest(
                            Manifest.FORMAT,
                            1,
                            "run",
                            "full",
                            null,
                            content.text(),
                            "/source",
                            "",
                            1,
                            "inode-hash",
                            Compression.NONE,
                            Instant.EPOCH,
                            Instant.EPOCH,
                            List.of(receipt)));
        }
    }

    private ShardStream.Listener listener() {
        return new ShardStream.Listener() {
            @Override
            public void written(ShardStream stream, Slice slice) {
                mailbox.add(() -> settle(stream, slice));
            }

            @Override
            public void begunFinished(ShardStream stream, Claim claim) {
                throw new IllegalStateException("nothing was begun");
            }

            @Override
            public void finished(ShardStream stream, Receipt finished) {
                mailbox.add(() -> receipt = finished);
            }

            @Override
            public void failed(ShardStream stream, Throwable failure) {
                mailbox.add(() -> problem = failure);
            }
        };
    }

    private ShardStream.Ledger ledger() {
        return new ShardStream.Ledger() {
            @Override
            public void settle(Outcome outcome) {
                report(outcome);
            }

            @Override
            public void settleUnclaimed(Claim claim) {
                throw new IllegalStateException("nothing was claimed");
            }
        };
    }

    private static void settle(ShardStream stream, Slice slice) {
        try {
            stream.settle(slice);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void report(Outcome outcome) {
        if (outcome.state != Outcome.State.STORED || outcome.operation != null) {
            reports.add(
                    Text.quote(outcome.item.path())
                            + ": "
                            + outcome.state
                            + " "
                            + outcome.operation
                            + " "
                            + outcome.errno
                            + " "
                            + outcome.owed);
        }
    }
}
