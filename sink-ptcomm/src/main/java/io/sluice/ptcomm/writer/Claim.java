package io.sluice.ptcomm.writer;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.sluice.common.entry.Signature;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.StatCodec;
import io.sluice.common.round.OwedReason;
import java.io.IOException;

/**
 * An entry that a bridge has and this attempt has not counted: an earlier attempt sent it. Its item
 * comes again, and is then counted by this and not sent.
 *
 * @param state {@code STORED} or {@code DELETED}
 * @param announced null for a tombstone
 */
record Claim(
        byte[] path,
        Outcome.State state,
        Stat announced,
        long dataBytes,
        boolean link,
        boolean torn,
        OwedReason owed,
        int errno,
        String operation,
        Outcome.Tape tape,
        boolean lost) {
    private static final int DELETED = 1;
    private static final int LINK = 2;
    private static final int TORN = 4;
    private static final int LOST = 8;

    /** The tape's ordinal is above it. */
    private static final int TAPE_SHIFT = 4;

    private static final Outcome.Tape[] TAPES = Outcome.Tape.values();
    private static final OwedReason[] REASONS = OwedReason.values();

    /** What the entry of a settled outcome leaves. */
    static Claim of(Outcome outcome) {
        return new Claim(
                outcome.item.path(),
                outcome.item.isTombstone() ? Outcome.State.DELETED : Outcome.State.STORED,
                outcome.announced,
                outcome.dataBytes,
                outcome.link,
                outcome.torn,
                outcome.owed,
                outcome.errno,
                outcome.operation,
                outcome.tape,
                outcome.lost);
    }

    /**
     * As bytes: length of the path and path; flags (1 tombstone, 2 link, 4 torn, 8 lost on tape, 16
     * times the ordinal of {@link Outcome.Tape}); the attributes if it is no tombstone; length of
     * the data; the reason for which it is owed, plus one; errno; operation. Kryo's variable-length
     * integers and strings.
     */
    void write(Output out) {
        out.writeVarInt(path.length, true);
        out.writeBytes(path);
        boolean deleted = state == Outcome.State.DELETED;
        out.writeByte(
                (deleted ? DELETED : 0)
                        | (link ? LINK : 0)
                        | (torn ? TORN : 0)
                        | (lost ? LOST : 0)
                        | tape.ordinal() << TAPE_SHIFT);
        if (!deleted) {
            StatCodec.write(announced, out);
        }
        out.writeVarLong(dataBytes, true);
        out.writeByte(owed == null ? 0 : owed.ordinal() + 1);
        out.writeVarInt(errno, true);
        out.writeString(operation);
    }

    static Claim read(Input in) throws IOException {
        try {
            byte[] path = in.readBytes(in.readVarInt(true));
            int flags = in.readByte();
            boolean deleted = (flags & DELETED) != 0;
            Stat announced = deleted ? null : StatCodec.read(in);
            long dataBytes = in.readVarLong(true);
            int reason = in.readByte();
            return new Claim(
                    path,
                    deleted ? Outcome.State.DELETED : Outcome.State.STORED,
                    announced,
                    dataBytes,
                    (flags & LINK) != 0,
                    (flags & TORN) != 0,
                    reason == 0 ? null : REASONS[reason - 1],
                    in.readVarInt(true),
                    in.readString(),
                    TAPES[flags >> TAPE_SHIFT],
                    (flags & LOST) != 0);
        } catch (KryoException | IndexOutOfBoundsException | NegativeArraySizeException e) {
            throw new IOException("no record of an entry", e);
        }
    }

    /** Whether later names of the file may be linked to this one. */
    boolean carriesDataOfSeveralNames() {
        return state == Outcome.State.STORED
                && !link
                && !torn
                && (tape == Outcome.Tape.NOT_AT_ALL || tape == Outcome.Tape.RECALLED)
                && Item.hasSeveralNames(announced);
    }

    /** Settles the item that came again: what the stream has of it is this. */
    void settle(Outcome outcome) {
        outcome.state = state;
        outcome.announced = announced;
        outcome.dataBytes = dataBytes;
        outcome.link = link;
        outcome.torn = torn;
        outcome.tape = tape;
        outcome.lost = lost;
        OwedReason difference = difference(outcome.item);
        boolean tells = owed != null && (owed != OwedReason.RACY || difference == null);
        outcome.owed = tells ? owed : difference;
        outcome.errno = errno;
        outcome.operation = operation;
    }

    /** Why the next round must look at the item again, if what is in the stream is not it. */
    private OwedReason difference(Item item) {
        if (state == Outcome.State.DELETED) {
            return item.isTombstone() ? null : OwedReason.CHANGED;
        }
        if (item.isTombstone()) {
            return OwedReason.VANISHED;
        }
        return Signature.of(announced) == item.signature() ? null : OwedReason.CHANGED;
    }
}
