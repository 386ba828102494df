package io.sluice.restore;

import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Wants every entry's data, so that its checksum is compared, counts, and passes each call of an
 * entry that is not outdated on to a {@link LiveEntry} if there is one. One thread.
 */
final class CheckingHandler implements EntryHandler {
    private final LiveEntry live;
    private final VerifyTally tally;
    private final RestoreEnd end;
    private final Winners.Cursor cursor;
    private byte[] open;
    private boolean compared;
    private long entries;
    private long bytes;
    private long torn;

    /**
     * @param live or null
     * @param cursor follows the same reading
     */
    CheckingHandler(LiveEntry live, Winners.Cursor cursor, VerifyTally tally, RestoreEnd end) {
        this.cursor = cursor;
        this.live = live;
        this.tally = tally;
        this.end = end;
    }

    @Override
    public boolean entry(StreamEntry entry) throws IOException {
        end.checkStopped();
        breakOff();
        open = entry.path();
        entries++;
        compared = cursor.next() && live != null;
        if (compared) {
            live.begin(entry);
        }
        return true;
    }

    @Override
    public void extent(long offset, long length) {
        if (compared) {
            live.extent(offset);
        }
    }

    @Override
    public void data(ByteBuffer data) throws IOException {
        end.checkStopped();
        bytes += data.remaining();
        if (compared) {
            live.data(data);
        }
    }

    @Override
    public void torn(int errno, String text) {
        torn++;
    }

    @Override
    public void block(String kind, byte[] content) {
        if (compared) {
            live.block(kind, content);
        }
    }

    @Override
    public void end(DataState state) {
        if (state == DataState.DAMAGED) {
            tally.damaged(open, "its data differs from its checksum");
        }
        if (compared) {
            live.end(state == DataState.INTACT);
        }
        open = null;
    }

    @Override
    public void deleted(byte[] path, boolean directory) {
        breakOff();
        cursor.next();
        entries++;
    }

    private void breakOff() {
        if (open != null) {
            entries--;
            tally.damaged(open, "its end is lost in a damaged segment");
            if (compared) {
                live.end(false);
            }
            open = null;
        }
    }

    /** The shard's stream is over. */
    void finish(int shard, long expected) {
        breakOff();
        tally.shard(shard, entries, expected, bytes, torn);
    }
}
