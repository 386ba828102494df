package io.sluice.restore;

import io.sluice.common.text.Text;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Links of a stream that live are not the same file as the name that carries their data. That is a
 * difference where that name still counts; where a younger round of the chain has deleted or
 * replaced it, the data is compared with the link instead. The stream is read again for them, as
 * often as a given memory takes. One thread.
 */
final class LinkChecks implements Closeable {
    private static final int BATCH_BYTES = 4 << 20;
    private static final int LINK_BYTES = 200;

    private final SpillSorter links;
    private final VerifyTally tally;

    LinkChecks(Path spillDirectory, VerifyTally tally) {
        this.links = new SpillSorter(spillDirectory, SpillSorter.DEFAULT_RUN_BYTES / 8);
        this.tally = tally;
    }

    void add(byte[] path, byte[] dataName) throws IOException {
        links.add(new RecordWriter().path(dataName).path(path).toBytes());
    }

    static void differ(byte[] path, byte[] earlier, VerifyTally tally) {
        tally.difference(
                path, Difference.Kind.LINK, "the same as " + Text.quote(earlier), "another");
    }

    /** Compares them all; nothing is added afterwards. */
    void settle(RoundStreams streams, int shard, Winners winners, LiveEntry live, RestoreEnd end)
            throws IOException {
        Map<ByteBuffer, List<byte[]>> batch = new HashMap<>();
        long bytes = 0;
        try (SpillSorter.Sorted sorted = links.sorted()) {
            for (byte[] record = sorted.next(); record != null; record = sorted.next()) {
                RecordReader reader = new RecordReader(record);
                byte[] dataName = reader.path();
                ByteBuffer key = ByteBuffer.wrap(dataName);
                if (bytes >= BATCH_BYTES && !batch.containsKey(key)) {
                    settle(batch, streams, shard, winners, live, end);
                    batch.clear();
                    bytes = 0;
                }
                batch.computeIfAbsent(key, none -> new ArrayList<>()).add(reader.path());
                bytes += LINK_BYTES + record.length;
            }
        }
        if (!batch.isEmpty()) {
            settle(batch, streams, shard, winners, live, end);
        }
    }

    private void settle(
            Map<ByteBuffer, List<byte[]>> batch,
            RoundStreams streams,
            int shard,
            Winners winners,
            LiveEntry live,
            RestoreEnd end)
            throws IOException {
        // What is damaged has been told by the first reading.
        Winners.Cursor cursor = winners.cursor(shard, damage -> {});
        Again again = new Again(batch, cursor, live, end);
        streams.read(shard, again, cursor);
        again.breakOff();
        batch.forEach((name, paths) -> differ(paths, name.array()));
    }

    private void differ(List<byte[]> paths, byte[] earlier) {
        paths.forEach(path -> differ(path, earlier, tally));
    }

    @Override
    public void close() throws IOException {
        links.close();
    }

    private final class Again implements EntryHandler {
        private final Map<ByteBuffer, List<byte[]>> batch;
        private final Winners.Cursor cursor;
        private final LiveEntry live;
        private final RestoreEnd end;
        private boolean open;

        Again(
                Map<ByteBuffer, List<byte[]>> batch,
                Winners.Cursor cursor,
                LiveEntry live,
                RestoreEnd end) {
            this.batch = batch;
            this.cursor = cursor;
            this.live = live;
            this.end = end;
        }

        @Override
        public boolean entry(StreamEntry entry) throws IOException {
            end.checkStopped();
            breakOff();
            boolean counts = cursor.next();
            List<byte[]> paths =
                    entry.isLink() ? null : batch.remove(ByteBuffer.wrap(entry.path()));
            if (paths == null) {
                return false;
            }
            if (counts) {
                differ(paths, entry.path());
                return false;
            }
            byte[] first = paths.get(0);
            for (byte[] path : paths.subList(1, paths.size())) {
                if (!live.isSame(path, first)) {
                    differ(path, first, tally);
                }
            }
            live.beginContent(new StreamEntry(first, entry.stat(), entry.target(), null));
            open = true;
            return true;
        }

        @Override
        public void extent(long offset, long length) {
            live.extent(offset);
        }

        @Override
        public void data(ByteBuffer bytes) throws IOException {
            end.checkStopped();
            live.data(bytes);
        }

        @Override
        public void torn(int errno, String text) {}

        @Override
        public void block(String kind, byte[] content) {
            live.block(kind, content);
        }

        @Override
        public void end(DataState state) {
            if (open) {
                live.end(state == DataState.INTACT);
                open = false;
            }
        }

        @Override
        public void deleted(byte[] path, boolean directory) {
            breakOff();
            cursor.next();
        }

        private void breakOff() {
            if (open) {
                live.end(false);
                open = false;
            }
        }
    }
}
