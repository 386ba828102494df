package io.sluice.ptcomm.fd;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.ptcomm.writer.BridgeLink;
import io.sluice.ptcomm.writer.BridgeLink.Unit;
import java.nio.ByteBuffer;

/**
 * The control {@code Unit}, with its notes. It comes with every data frame, so it is read without
 * making an object; its fields stand in the order of docs/formats.md. One thread.
 */
final class UnitHead {
    private static final byte[] WORD = "Unit ".getBytes(US_ASCII);
    private static final byte[] KIND = "kind=".getBytes(US_ASCII);
    private static final byte[] FIRST = "first=".getBytes(US_ASCII);
    private static final byte[] COUNT = "count=".getBytes(US_ASCII);
    private static final byte[] ADDED = "added=".getBytes(US_ASCII);
    private static final byte[] LENGTH = "length=".getBytes(US_ASCII);

    private static final Unit[] UNITS = Unit.values();
    private static final byte[][] NAMES = new byte[UNITS.length][];

    static {
        for (Unit unit : UNITS) {
            NAMES[unit.ordinal()] = unit.name().getBytes(US_ASCII);
        }
    }

    private Unit unit;
    private long first;
    private int count;
    private int added;
    private int length;

    /** Grows with the largest notes. */
    private byte[] notes = new byte[4096];

    private int notesLength;

    // While it is read.
    private ByteBuffer in;
    private int at;
    private int end;
    private long offset;

    /**
     * Reads it, if the payload is one; the payload is not needed any more then.
     *
     * @param where the frame's offset, for errors
     * @return false, and nothing has changed, if it is another control
     */
    boolean read(ByteBuffer payload, long where) throws ProtocolException {
        in = payload;
        at = payload.position();
        end = payload.limit();
        offset = where;
        if (!skip(WORD)) {
            return false;
        }
        unit = kind();
        first = number(FIRST, ' ', Long.MAX_VALUE);
        count = (int) number(COUNT, ' ', Frame.MAX_PAYLOAD_BYTES);
        added = (int) number(ADDED, ' ', Frame.MAX_PAYLOAD_BYTES);
        length = (int) number(LENGTH, '\n', BridgeLink.MAX_UNIT_BYTES);
        notesLength = end - at;
        if (added > notesLength) {
            throw new ProtocolException(offset, "expected at most the notes to be added");
        }
        if (notes.length < notesLength) {
            notes = new byte[Math.max(notesLength, 2 * notes.length)];
        }
        in.get(at, notes, 0, notesLength);
        return true;
    }

    private boolean skip(byte[] text) {
        if (end - at < text.length) {
            return false;
        }
        for (int i = 0; i < text.length; i++) {
            if (in.get(at + i) != text[i]) {
                return false;
            }
        }
        at += text.length;
        return true;
    }

    private Unit kind() throws ProtocolException {
        if (skip(KIND)) {
            int begun = at;
            for (Unit candidate : UNITS) {
                if (skip(NAMES[candidate.ordinal()]) && at < end && in.get(at) == ' ') {
                    at++;
                    return candidate;
                }
                at = begun;
            }
        }
        throw new ProtocolException(offset, "expected a kind of unit");
    }

    private long number(byte[] name, char behind, long most) throws ProtocolException {
        if (skip(name)) {
            long number = 0;
            int begun = at;
            while (at < end && in.get(at) >= '0' && in.get(at) <= '9') {
                int digit = in.get(at++) - '0';
                if (number > (most - digit) / 10) {
                    throw new ProtocolException(
                            offset,
                            "expected at most "
                                    + most
                                    + " for '"
                                    + new String(name, US_ASCII)
                                    + "'");
                }
                number = 10 * number + digit;
            }
            if (at > begun && (at < end ? in.get(at) == behind : behind == '\n')) {
                at = Math.min(at + 1, end);
                return number;
            }
        }
        throw new ProtocolException(
                offset, "expected a number for '" + new String(name, US_ASCII) + "' in Unit");
    }

    Unit unit() {
        return unit;
    }

    /** Number of its first entry. */
    long first() {
        return first;
    }

    /** Entries in it; 1 for parts of one. */
    int count() {
        return count;
    }

    /** Of the notes' bytes, how many are added to what is kept of the entry. */
    int added() {
        return added;
    }

    /** Bytes of frames that follow. */
    int length() {
        return length;
    }

    /** Whether whole entries are there behind it. */
    boolean endsEntries() {
        return unit == Unit.WHOLE || unit == Unit.CLOSE;
    }

    /** The notes, from 0 to {@link #notesLength}; until the next {@link #read}. */
    byte[] notes() {
        return notes;
    }

    int notesLength() {
        return notesLength;
    }
}
