package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.Exhaustion;
import io.sluice.common.round.OwedReason;

/**
 * What became of one item. Written by the thread that has the item in hand, one after the other;
 * read last by the mailbox.
 */
final class Outcome {
    /** At most, between hosts that keep time. */
    private static final long CLOCKS_DIFFER_MS = 60_000;

    enum State {
        /** Its frames stand in the slice's buffer. */
        PREPARED,
        /** The writing thread must read it: it is large, sparse, or a later name of a file. */
        DEFERRED,
        /** In the stream since an earlier attempt: what of it, its {@link #claim} says. */
        CLAIMED,
        /** In the stream, complete. */
        STORED,
        /** In the stream, as a tombstone. */
        DELETED,
        /** Not in the stream: an errno says why. */
        FAILED,
        /** Not in the stream: the name leads nowhere any more. */
        VANISHED,
        /** Not in the stream: its data lies on tape alone, and what is stored has data. */
        KEPT
    }

    /** How tape had to do with it. */
    enum Tape {
        NOT_AT_ALL,
        /** An entry without data, under the policy of that name. */
        SKIPPED,
        MARKED,
        /** An entry without data, of what was to be fetched back and is lost. */
        LOST,
        /** It was fetched back. */
        RECALLED
    }

    final Item item;
    State state;

    /** When claimed: null for the entry that this attempt found begun and finishes first. */
    Claim claim;

    /** Behind its last byte in the slice's buffer, when prepared. */
    int end;

    /** What was announced. */
    Stat announced;

    /** The wall clock just before the first look at it, in milliseconds; 0 without one. */
    long lookedMs;

    long dataBytes;
    boolean link;
    boolean torn;
    Tape tape = Tape.NOT_AT_ALL;

    /** Whether the tape archive has lost the data too. */
    boolean lost;

    /** While the data is on its way back from tape, else null. */
    Recalls.Recall recall;

    /** Why the next round must look again, or null. */
    OwedReason owed;

    int errno;
    String operation;

    Outcome(Item item) {
        this.item = item;
    }

    /** Its frames are in the stream. */
    void written() {
        state = item.isTombstone() ? State.DELETED : State.STORED;
    }

    /**
     * Whether the stream has the data of the file that the item was about, in the state that was
     * seen of it: only then later names may be linked to this one.
     */
    boolean carriesData() {
        return state == State.STORED
                && !link
                && !torn
                && !isStub()
                && announced.inode() == item.stat().inode()
                && announced.deviceMajor() == item.stat().deviceMajor()
                && announced.deviceMinor() == item.stat().deviceMinor()
                && FileState.of(announced).equals(FileState.of(item.stat()));
    }

    /**
     * Whether a change that came after what was announced may have left its times as they are, so
     * that the next round would not see it. Names of one file are read at different moments and
     * must go out together, or a restore could not tell that they are one: their measure, and that
     * of what is not looked at again, is one moment before all that.
     *
     * <p>Times in the future may say that of any change to come: such an entry is stored twice, and
     * not for ever.
     */
    boolean isRacy(long startedMs) {
        long moment = item.hasSeveralNames() || lookedMs == 0 ? startedMs : lookedMs;
        boolean again = item.reason() == Reason.RETRIED;
        long future = again ? System.currentTimeMillis() + CLOCKS_DIFFER_MS : Long.MAX_VALUE;
        return EntryReader.isRacy(announced, moment, future);
    }

    /** Whether its entry has no data since that lies on tape. */
    boolean isStub() {
        return tape != Tape.NOT_AT_ALL && tape != Tape.RECALLED;
    }

    void failed(String failedOperation, int failedErrno) {
        Exhaustion.check(failedErrno);
        state = State.FAILED;
        operation = failedOperation;
        errno = failedErrno;
        owed = OwedReason.FAILED;
    }

    /** Some of it could not be read: it is stored without, reported, and owed. */
    void incomplete(String failedOperation, int failedErrno) {
        Exhaustion.check(failedErrno);
        if (operation == null) {
            operation = failedOperation;
            errno = failedErrno;
        }
        if (owed != OwedReason.TORN) {
            owed = OwedReason.FAILED;
        }
    }

    /** It changed, or broke, while it was read: what is stored is no state that it had. */
    void torn() {
        torn = true;
        owed = OwedReason.TORN;
        if (operation == null) {
            operation = "read";
        }
    }

    /** Left to the writing thread, which begins anew. */
    void deferred() {
        state = State.DEFERRED;
        operation = null;
        errno = 0;
        owed = null;
        torn = false;
        tape = Tape.NOT_AT_ALL;
        lost = false;
    }

    /** Nothing is stored; its attributes are, once its data is back. */
    void kept() {
        state = State.KEPT;
        owed = OwedReason.CHANGED;
    }

    void vanished() {
        state = State.VANISHED;
        owed = OwedReason.VANISHED;
    }
}
