package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.throttle.Turn;
import io.sluice.ptcomm.codec.AttributeBlock;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Takes a turn of the throttle for each operation, and gives it back behind it: what lies between
 * two of them, compressing and the receiver above all, may take long, and must not keep another
 * shard's threads from reading.
 *
 * <p>An interrupt while it waits is a close: it throws, and leaves the thread interrupted.
 */
final class ThrottledReader extends EntryReader {
    private final Turn turn;

    ThrottledReader(WriterOptions options, int keptDirectories, Turn turn) {
        super(options, keptDirectories);
        this.turn = turn;
    }

    private void begin() {
        try {
            turn.next();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted while the throttle held the reading", e);
    }

    private <T> T inTurn(Supplier<T> operation) {
        begin();
        try {
            return operation.get();
        } finally {
            turn.end();
        }
    }

    private int countInTurn(IntSupplier operation) {
        begin();
        try {
            return operation.getAsInt();
        } finally {
            turn.end();
        }
    }

    @Override
    Stat look(Outcome outcome) {
        return inTurn(() -> super.look(outcome));
    }

    @Override
    int openData() {
        return countInTurn(super::openData);
    }

    @Override
    Stat lookAgain(Outcome outcome) {
        return inTurn(() -> super.lookAgain(outcome));
    }

    @Override
    int read(NativeBuffer into, int at, int length, long offset) {
        int wanted = turn.readBytes(length);
        return countInTurn(() -> super.read(into, at, wanted, offset));
    }

    @Override
    long seek(long offset, int whence) {
        begin();
        try {
            return super.seek(offset, whence);
        } finally {
            turn.end();
        }
    }

    @Override
    byte[] target(Outcome outcome) {
        return inTurn(() -> super.target(outcome));
    }

    @Override
    void listAttributes(Outcome outcome) {
        begin();
        try {
            super.listAttributes(outcome);
        } finally {
            turn.end();
        }
    }

    @Override
    void listAttributesByName(Outcome outcome) {
        begin();
        try {
            super.listAttributesByName(outcome);
        } finally {
            turn.end();
        }
    }

    @Override
    AttributeBlock nextAttribute(Outcome outcome) {
        return inTurn(() -> super.nextAttribute(outcome));
    }

    @Override
    void endAttributes(Outcome outcome) {
        begin();
        try {
            super.endAttributes(outcome);
        } finally {
            turn.end();
        }
    }

    @Override
    void pause() {
        try {
            turn.pause();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }
}
