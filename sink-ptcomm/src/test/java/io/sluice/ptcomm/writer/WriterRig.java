package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.Signature;
import io.sluice.common.entry.Stat;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.common.round.Content;
import io.sluice.common.round.Failure;
import io.sluice.common.round.Owed;
import io.sluice.common.round.Receipt;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import io.sluice.common.serial.ItemBatchSerializer;
import io.sluice.common.serial.RoundEventSerializer;
import io.sluice.common.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.typeinfo.BasicTypeInfo;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;

/** A shard writer over a real tree, without a job around it; the test's thread is its mailbox. */
final class WriterRig implements AutoCloseable {
    static final long ROUND = 3;

    private final byte[] root;
    private final int[] keys;
    private final KeyedOneInputStreamOperatorTestHarness<Integer, ItemBatch, RoundEvent> harness;

    WriterRig(byte[] root, int shards, Content content, ShardReceiverFactory receivers)
            throws Exception {
        this(root, shards, new ShardWriterFactory(options(root, shards, content), receivers), null);
    }

    /** Full content, with queues of that size for all shards together. */
    static WriterRig withQueues(
            byte[] root, int shards, QueueSizes queues, ShardReceiverFactory receivers)
            throws Exception {
        return new WriterRig(
                root,
                shards,
                new ShardWriterFactory(options(root, shards, Content.FULL), queues, receivers),
                null);
    }

    /** One subtask for all shards. */
    static WriterRig of(WriterOptions options, ShardReceiverFactory receivers) throws Exception {
        return new WriterRig(
                options.root(), options.shards(), new ShardWriterFactory(options, receivers), null);
    }

    /** Another run, from what a snapshot of an earlier one holds. */
    static WriterRig restored(
            byte[] root, int shards, ShardReceiverFactory receivers, OperatorSubtaskState state)
            throws Exception {
        WriterOptions options =
                new WriterOptions(
                        root,
                        new byte[0],
                        shards,
                        ROUND,
                        "run-2",
                        Content.FULL,
                        false,
                        2,
                        null,
                        System.currentTimeMillis());
        return new WriterRig(root, shards, new ShardWriterFactory(options, receivers), state);
    }

    /** One of several subtasks of a run, in memory where it does not matter which state it has. */
    static WriterRig subtask(
            WriterOptions options,
            QueueSizes queues,
            Receivers receivers,
            StateBackend backend,
            int parallelism,
            int index,
            OperatorSubtaskState state)
            throws Exception {
        return new WriterRig(
                options.root(),
                options.shards(),
                new ShardWriterFactory(options, queues, receivers),
                backend,
                parallelism,
                index,
                state);
    }

    private WriterRig(
            byte[] root, int shards, ShardWriterFactory factory, OperatorSubtaskState state)
            throws Exception {
        this(root, shards, factory, new EmbeddedRocksDBStateBackend(false), 1, 0, state);
    }

    private WriterRig(
            byte[] root,
            int shards,
            ShardWriterFactory factory,
            StateBackend backend,
            int parallelism,
            int index,
            OperatorSubtaskState state)
            throws Exception {
        this.root = root;
        keys = ShardKeys.of(shards);
        int[] shardKeys = keys;
        harness =
                new KeyedOneInputStreamOperatorTestHarness<>(
                        factory,
                        batch -> shardKeys[batch.shard()],
                        BasicTypeInfo.INT_TYPE_INFO,
                        ShardKeys.KEY_GROUPS,
                        parallelism,
                        index);
        harness.getStreamConfig()
                .setupNetworkInputs(
                        ItemBatchSerializer.TYPE.createSerializer(
                                new ExecutionConfig().getSerializerConfig()));
        harness.getStreamConfig().serializeAllConfigs();
        harness.setStateBackend(backend);
        harness.setup(
                RoundEventSerializer.TYPE.createSerializer(
                        new ExecutionConfig().getSerializerConfig()));
        boolean opened = false;
        try {
            if (state != null) {
                harness.initializeState(state);
            }
            harness.open();
            opened = true;
        } finally {
            if (!opened) {
                harness.close();
            }
        }
    }

    static WriterOptions options(byte[] root, int shards, Content content) {
        return options(root, shards, content, null);
    }

    /** With a throttle file. */
    static WriterOptions options(byte[] root, int shards, Content content, byte[] throttle) {
        return new WriterOptions(
                root,
                new byte[0],
                shards,
                ROUND,
                "run-1",
                content,
                false,
                2,
                null,
                System.currentTimeMillis(),
                throttle);
    }

    /** What a scan sees of a path, packed as an item. */
    static ItemPacker pack(byte[] root, String... paths) throws PosixException {
        ItemPacker packer = new ItemPacker();
        for (String path : paths) {
            add(packer, DirectoryPath.name(bytes(path)), stat(root, path), target(root, path));
        }
        return packer;
    }

    static void add(ItemPacker packer, byte[] name, Stat stat, byte[] target) {
        PackedEntries packed = new PackedEntries(256);
        packed.present(name, name.length, stat, target);
        EntryCursor cursor = new EntryCursor().reset(packed.toBytes());
        cursor.next();
        packer.add(Reason.NEW, cursor);
    }

    /** Of a new entry as it is now. */
    static Outcome outcome(byte[] root, String name) throws PosixException {
        Stat stat = stat(root, name);
        return new Outcome(
                new Item(
                        new byte[0],
                        bytes(name),
                        Reason.NEW,
                        EntryKind.PRESENT,
                        Signature.of(stat),
                        stat,
                        null,
                        null));
    }

    static Stat stat(byte[] root, String path) throws PosixException {
        byte[] whole = DirectoryPath.child(root, bytes(path));
        int fd =
                Posix.open(
                        Posix.AT_FDCWD,
                        path.isEmpty() ? root : whole,
                        Posix.O_PATH | Posix.O_NOFOLLOW,
                        0);
        try {
            Statx statx = new Statx();
            Posix.stat(fd, statx);
            return Stat.of(statx);
        } finally {
            Posix.close(fd);
        }
    }

    private static byte[] target(byte[] root, String path) throws PosixException {
        return stat(root, path).type() == FileType.SYMLINK
                ? Posix.readlink(Posix.AT_FDCWD, DirectoryPath.child(root, bytes(path)))
                : null;
    }

    /** A batch for a shard, of paths in one directory as they are now. */
    ItemBatch look(int shard, String... paths) throws PosixException {
        byte[] directory = DirectoryPath.parent(bytes(paths[0]));
        return pack(root, paths).take(directory, shard);
    }

    WriterRig send(ItemBatch batch) throws Exception {
        harness.processElement(new StreamRecord<>(batch));
        return this;
    }

    /** Sends paths as they are now. */
    WriterRig send(int shard, String... paths) throws Exception {
        return send(look(shard, paths));
    }

    /** Lets the round's watermark come. */
    void end() throws Exception {
        harness.processWatermark(new Watermark(ROUND));
    }

    void watermark(long time) throws Exception {
        harness.processWatermark(new Watermark(time));
    }

    OperatorSubtaskState snapshot() throws Exception {
        return snapshot(1);
    }

    OperatorSubtaskState snapshot(long checkpoint) throws Exception {
        harness.prepareSnapshotPreBarrier(checkpoint);
        return harness.snapshot(checkpoint, checkpoint);
    }

    void completed(long checkpoint) throws Exception {
        harness.notifyOfCompletedCheckpoint(checkpoint);
    }

    boolean hasMail() throws Exception {
        return harness.getTaskMailbox().hasMail();
    }

    /** Processes one mail, waited for. */
    void mail() throws Exception {
        harness.getTaskMailbox().take(TaskMailbox.MIN_PRIORITY).run();
    }

    boolean hasPassedTheWatermark() {
        return harness.getOutput().stream().anyMatch(Watermark.class::isInstance);
    }

    /** Ends the round and waits for its end. */
    WriterRig finish() throws Exception {
        end();
        while (!hasPassedTheWatermark()) {
            mail();
        }
        return this;
    }

    List<RoundEvent> events() {
        return harness.extractOutputValues();
    }

    List<Receipt> receipts() {
        return events().stream()
                .filter(Receipt.class::isInstance)
                .map(Receipt.class::cast)
                .toList();
    }

    /** The counts of all shards, added up. */
    Map<String, Long> counts() {
        Map<String, Long> sums = new TreeMap<>();
        for (RoundEvent event : events()) {
            if (event instanceof Tally tally) {
                tally.counts().forEach((name, n) -> sums.merge(name, n, Long::sum));
            }
        }
        return sums;
    }

    /** Owed paths but the racy ones (all that a test makes is new), and failures. */
    List<String> notes() {
        List<String> notes = new ArrayList<>();
        for (RoundEvent event : events()) {
            if (event instanceof Owed owed && !owed.reason().text().equals("racy")) {
                notes.add("owed " + owed.reason().text() + " " + Text.escape(owed.path()));
            } else if (event instanceof Failure failure) {
                notes.add(
                        "failed "
                                + failure.operation()
                                + " "
                                + failure.errno()
                                + " "
                                + Text.escape(failure.path()));
            }
        }
        return notes;
    }

    /** Polls, since nothing tells that a mailbox waits for mail. */
    static void awaitYield(Thread thread) {
        int seen = 0;
        while (seen < 200) {
            seen = isYielding(thread) ? seen + 1 : 0;
            Thread.onSpinWait();
        }
    }

    private static boolean isYielding(Thread thread) {
        return thread.getState().name().endsWith("WAITING")
                && Stream.of(thread.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("yield"));
    }

    @Override
    public void close() throws Exception {
        harness.close();
    }
}
