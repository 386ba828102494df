package io.sluice.ptcomm.codec;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The frames that carry entries; messages and control between them are passed over. */
final class EntryFrames {
    private final FrameReader frames;
    private final CommandText text;

    EntryFrames(FrameReader frames) {
        this.frames = frames;
        this.text = new CommandText(frames);
    }

    /** The current command. */
    CommandText text() {
        return text;
    }

    ByteBuffer payload() {
        return frames.payload();
    }

    byte letter() {
        return frames.letter();
    }

    /** Moves to the next frame; false when the channel has ended. */
    boolean next() throws IOException {
        while (frames.next()) {
            byte letter = frames.letter();
            if (letter != Frame.CONTROL && !Frame.isMessage(letter)) {
                if (letter == Frame.COMMAND) {
                    text.start();
                }
                return true;
            }
        }
        return false;
    }

    /** Moves to the next frame, which {@code what} names if there is none. */
    void require(String what) throws IOException {
        if (!next()) {
            throw new ProtocolException(
                    frames.offset(), "the stream ends in the middle of an entry: expected " + what);
        }
    }

    /** Moves to the next frame, which must be a command. */
    void command(String what) throws IOException {
        require(what);
        if (frames.letter() != Frame.COMMAND) {
            throw problem("expected " + what);
        }
    }

    /** Moves to the next frame, which must be an F. */
    void end(String what) throws IOException {
        require(what);
        if (frames.letter() != Frame.END) {
            throw problem("expected " + what);
        }
    }

    /** The error at the current frame, with what is there instead. */
    ProtocolException problem(String expected) {
        String found =
                frames.letter() == Frame.COMMAND
                        ? ", found " + text.quoted()
                        : ", found a frame '" + (char) frames.letter() + "'";
        return new ProtocolException(frames.offset(), expected + found);
    }

    ProtocolException problemAtEnd(String expected) {
        return new ProtocolException(frames.offset(), "the stream ends: " + expected);
    }
}
