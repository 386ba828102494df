package io.sluice.ptcomm.codec;

/**
 * The frame of PTCOMM: a letter, the payload's length as six decimal digits, a newline, the
 * payload.
 */
public final class Frame {
    /** Letter, six digits, newline. */
    public static final int HEADER_BYTES = 8;

    /** What six digits can say. */
    public static final int MAX_PAYLOAD_BYTES = 999_999;

    /** A command, as text. */
    public static final byte COMMAND = 'C';

    /** Bytes of a file or of a block. */
    public static final byte DATA = 'D';

    /** The end of a part; no payload. */
    public static final byte END = 'F';

    /** The FD is through with its backend; no payload. Never in an entry. */
    public static final byte TERMINATE = 'T';

    /** Between a shard writer and its bridge only; may stand between any two frames. */
    public static final byte CONTROL = 'Z';

    private Frame() {}

    /**
     * Whether the letter is a message for the job's log, which may stand between any two frames.
     */
    public static boolean isMessage(byte letter) {
        return letter == 'N' || letter == 'Q' || letter == 'W' || letter == 'I';
    }

    static boolean isKnown(byte letter) {
        return letter == COMMAND
                || letter == DATA
                || letter == END
                || letter == CONTROL
                || letter == TERMINATE
                || isMessage(letter);
    }
}
