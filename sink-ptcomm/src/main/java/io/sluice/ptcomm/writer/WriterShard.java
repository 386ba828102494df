package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import java.io.Closeable;
import java.io.IOException;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a subtask has of one of its shards: the stream until there is a receipt, the counts, and the
 * point that the next state is of. Mailbox thread only.
 */
final class WriterShard implements Closeable {
    final int number;
    final ShardCounts counts;
    final LinkState links;

    /** Null when it was finished by an earlier attempt. */
    private ShardStream stream;

    private ReceiverPoint point;

    /** Of the checkpoints that are not known to be complete, by their numbers. */
    private final SortedMap<Long, ReceiverPoint> points = new TreeMap<>();

    private Receipt receipt;

    WriterShard(int number, ShardCounts counts, LinkState links) {
        this.number = number;
        this.counts = counts;
        this.links = links;
    }

    /** The stream runs, in this attempt. */
    void streams(ShardStream running) {
        stream = running;
    }

    /** The stream is finished; the receipt may come twice. */
    void finished(Receipt whole) {
        receipt = whole;
        point = null;
        // They are of this round only; a savepoint must not carry them along.
        links.clear();
    }

    /** Null as long as the stream is not finished. */
    Receipt receipt() {
        return receipt;
    }

    /** The stream; null when it was finished by an earlier attempt. For metrics. */
    ShardStream running() {
        return stream;
    }

    ShardStream stream() {
        if (receipt != null) {
            throw new IllegalStateException("shard " + number + " is finished, and not at its end");
        }
        return stream;
    }

    /** Takes a durable point of the stream, up to which all is settled then, and nothing beyond. */
    void takePoint() throws IOException, InterruptedException {
        if (receipt != null) {
            return;
        }
        ShardOutput.Point taken = stream.point();
        if (taken.receipt() != null) {
            finished(taken.receipt());
        } else {
            point = taken.stream();
        }
    }

    /** What state is to hold, as of the point just taken. */
    ShardProgress progress(long round, String run) throws IOException {
        if (point == null && receipt == null) {
            throw new IllegalStateException("no point was taken of shard " + number);
        }
        QueueMark queue = receipt == null ? stream.saveQueue() : QueueMark.EMPTY;
        return new ShardProgress(round, run, counts.toMap(), queue, point, receipt);
    }

    /** The checkpoint's state has been taken, with the point taken last. */
    void taken(long checkpoint) {
        if (receipt == null) {
            points.put(checkpoint, point);
        }
    }

    /** That checkpoint, and so what came before it, is not gone back behind any more. */
    void completed(long checkpoint) {
        ReceiverPoint reached = points.remove(checkpoint);
        points.headMap(checkpoint).clear();
        if (receipt == null && reached != null) {
            stream.completed(reached);
        }
    }

    @Override
    public void close() throws IOException {
        if (stream != null) {
            stream.close();
        }
    }
}
