package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.round.Content;
import io.sluice.common.round.OwedReason;
import io.sluice.ptcomm.codec.AttributeBlock;
import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.EntryEncoder;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads the entries of a slice and puts their frames into the slice's buffer: a small file is read
 * whole before it is announced, so that it can be read again when it changes meanwhile, and an
 * unreadable one is never announced. One for each reading thread.
 */
final class SlicePreparer implements Closeable {
    /** A file that still changes then is stored as it was read last, and marked. */
    private static final int READINGS = 3;

    private final WriterOptions options;
    private final EntryReader reader;
    private final Recalls recalls;
    private final EntryEncoder encoder;
    private final DataSum sum = new DataSum();

    SlicePreparer(WriterOptions options, EntryReader reader, Recalls recalls) {
        this.options = options;
        this.recalls = recalls;
        this.reader = reader;
        encoder = new EntryEncoder(options.prefix());
    }

    void prepare(Slice slice) {
        ByteBuffer out = slice.buffer.bytes();
        out.clear();
        for (Outcome outcome : slice.outcomes) {
            int start = out.position();
            if (outcome.state != Outcome.State.CLAIMED) {
                prepare(outcome, slice.buffer, out);
            }
            if (outcome.state != Outcome.State.PREPARED) {
                out.position(start);
            }
            outcome.end = out.position();
        }
    }

    private void prepare(Outcome outcome, NativeBuffer buffer, ByteBuffer out) {
        Item item = outcome.item;
        if (!encoder.fits(item.path())) {
            outcome.failed("name", Errno.ENAMETOOLONG);
            return;
        }
        if (item.isTombstone()) {
            tombstone(outcome, out);
            return;
        }
        if (options.content() == Content.METADATA) {
            byte[] link = EntryStreamer.linkUnread(item, encoder);
            headOnly(outcome, item.stat(), item.target(), link, out);
            outcome.link = link != null;
            return;
        }
        if (item.link() != null) {
            outcome.state = Outcome.State.DEFERRED;
            return;
        }
        try {
            Stat stat = reader.look(outcome);
            if (stat == null) {
                return;
            }
            if (stat.type() == FileType.REGULAR && stat.size() > 0) {
                if (reader.tape() != null) {
                    onTape(outcome, stat, out);
                } else if (TapeRule.isTakenForStub(options.hsm(), item)) {
                    outcome.kept();
                } else {
                    data(outcome, stat, buffer, out);
                }
            } else if (stat.type() == FileType.SYMLINK) {
                byte[] target = reader.target(outcome);
                if (target != null) {
                    headOnly(outcome, stat, target, null, out);
                }
            } else {
                headOnly(outcome, stat, null, null, out);
            }
        } finally {
            reader.release();
        }
    }

    private void tombstone(Outcome outcome, ByteBuffer out) {
        byte[] path = outcome.item.path();
        if (out.remaining() < encoder.maxDeletedBytes(path)) {
            outcome.state = Outcome.State.DEFERRED;
            return;
        }
        encoder.deleted(out, path, outcome.item.reason() == Reason.GONE_DIRECTORY);
        outcome.state = Outcome.State.PREPARED;
    }

    /** The data lies on tape alone: none of it is touched here. */
    private void onTape(Outcome outcome, Stat stat, ByteBuffer out) {
        switch (TapeRule.of(options.hsm(), outcome.item, reader.tape())) {
            case STUB -> {
                TapeRule.stub(options.hsm(), outcome, reader.tape());
                headOnly(outcome, stat, null, null, out);
            }
            case KEEP -> outcome.kept();
            case RECALL -> {
                byte[] identity = reader.identity(outcome);
                if (identity != null) {
                    outcome.deferred();
                    outcome.recall = recalls.ask(reader.tape().archive(), identity);
                }
            }
        }
    }

    private void headOnly(Outcome outcome, Stat stat, byte[] target, byte[] link, ByteBuffer out) {
        byte[] path = outcome.item.path();
        byte[] layout = link == null ? reader.layout() : null;
        byte[] hsm = outcome.isStub() ? reader.tape().block() : null;
        if (out.remaining()
                < encoder.maxHeadBytes(path, target, link)
                        + EntryEncoder.MAX_MARK_BYTES
                        + EntryStreamer.maxBlockBytes(layout)
                        + EntryStreamer.maxBlockBytes(hsm)) {
            outcome.deferred();
            return;
        }
        encoder.head(out, path, stat, target, link);
        EntryStreamer.block(encoder, out, "LAYOUT", layout);
        encoder.noData(out);
        EntryStreamer.block(encoder, out, "HSM", hsm);
        outcome.announced = stat;
        if (link != null) {
            finish(outcome);
            return;
        }
        if (options.content() == Content.METADATA) {
            reader.listAttributesByName(outcome);
        } else {
            reader.listAttributes(outcome);
        }
        blocks(outcome, out);
    }

    private void data(Outcome outcome, Stat first, NativeBuffer buffer, ByteBuffer out) {
        byte[] path = outcome.item.path();
        int start = out.position();
        int frames =
                encoder.maxHeadBytes(path, null, null)
                        + EntryStreamer.maxBlockBytes(reader.layout())
                        + 3 * EntryEncoder.MAX_MARK_BYTES
                        + EntryEncoder.MAX_TORN_BYTES
                        + EntryEncoder.MAX_SUM_END_BYTES;
        int room = Math.min(smallBytes(buffer), out.remaining() - frames);
        if (out.remaining() < frames || first.size() > room) {
            outcome.state = Outcome.State.DEFERRED;
            return;
        }
        int opened = reader.openData();
        if (opened < 0 && reader.tape() != null) {
            onTape(outcome, first, out);
            return;
        }
        if (opened < 0) {
            outcome.failed("open", -opened);
            return;
        }
        if (reader.mayHaveHoles() && reader.hasHoles(first.size())) {
            outcome.state = Outcome.State.DEFERRED;
            return;
        }
        Stat stat = first;
        long formerHash = 0;
        for (int reading = 1; ; reading++) {
            out.position(start);
            encoder.head(out, path, stat, null, null);
            EntryStreamer.block(encoder, out, "LAYOUT", reader.layout());
            encoder.beginData(out);
            int size = (int) stat.size();
            encoder.dataHeader(out, size);
            int data = out.position();
            int n = readFully(buffer, data, size);
            if (n < 0) {
                outcome.failed("read", -n);
                return;
            }
            Stat after = reader.lookAgain(outcome);
            if (after == null) {
                return;
            }
            boolean whole = n == size && EntryStreamer.isUndisturbed(stat, after);
            if (!whole) {
                // Where only the change time keeps moving, the same data twice is a state of the
                // file.
                long hash = hash(buffer, data, n);
                whole = n == size && hash == formerHash && EntryStreamer.mayBeSameData(stat, after);
                formerHash = hash;
            }
            if (!whole && reading < READINGS && after.size() > 0 && after.size() <= room) {
                stat = after;
                outcome.owed = OwedReason.CHANGED;
                continue;
            }
            end(outcome, stat, out, buffer, data, n, whole);
            return;
        }
    }

    private void end(
            Outcome outcome,
            Stat stat,
            ByteBuffer out,
            NativeBuffer buffer,
            int data,
            int n,
            boolean whole) {
        int size = (int) stat.size();
        for (int i = data + n; i < data + size; i++) {
            out.put(i, (byte) 0);
        }
        out.position(data + size);
        encoder.endData(out);
        if (!whole) {
            encoder.torn(out, 0, EntryStreamer.TORN_TEXT);
            outcome.torn();
        }
        hash(buffer, data, size);
        encoder.sum(out, sum);
        outcome.announced = stat;
        outcome.dataBytes = size;
        reader.listAttributes(outcome);
        blocks(outcome, out);
    }

    /** The hash over the data, which {@link #sum} then holds. */
    private long hash(NativeBuffer buffer, int data, int length) {
        sum.reset();
        sum.update(
                buffer.bytes()
                        .duplicate()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .limit(data + length)
                        .position(data));
        return sum.root();
    }

    /** Ends the entry with the attributes that were listed, unless they find no room. */
    private void blocks(Outcome outcome, ByteBuffer out) {
        AttributeBlock block = reader.nextAttribute(outcome);
        while (block != null) {
            byte[] content = block.content();
            if (out.remaining() < EntryEncoder.maxBlockBytes(content.length)) {
                outcome.deferred();
                return;
            }
            encoder.block(out, block.kind(), content);
            block = reader.nextAttribute(outcome);
        }
        reader.endAttributes(outcome);
        finish(outcome);
    }

    /** A longer file is read by the writing thread, part by part; so is one that finds no room. */
    static int smallBytes(NativeBuffer slice) {
        return slice.capacity() / 2;
    }

    private int readFully(NativeBuffer buffer, int at, int size) {
        int done = 0;
        while (done < size) {
            int n = reader.read(buffer, at + done, size - done, done);
            if (n < 0) {
                return n;
            }
            if (n == 0) {
                break;
            }
            done += n;
        }
        return done;
    }

    private void finish(Outcome outcome) {
        outcome.state = Outcome.State.PREPARED;
        if (outcome.owed == null && outcome.isRacy(options.startedMs())) {
            outcome.owed = OwedReason.RACY;
        }
    }

    @Override
    public void close() {
        reader.close();
    }
}
