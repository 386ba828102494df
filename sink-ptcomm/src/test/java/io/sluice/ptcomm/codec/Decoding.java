package io.sluice.ptcomm.codec;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.List;

/** Decodes streams that are whole in memory, with one reader for all (its buffer is large). */
final class Decoding {
    private static final ThreadLocal<FrameReader> READER =
            ThreadLocal.withInitial(FrameReader::new);

    private Decoding() {}

    static List<SampleEntry> stream(byte[] stream, String prefix) throws IOException {
        RecordingHandler handler = new RecordingHandler();
        stream(stream, prefix, handler);
        return handler.entries();
    }

    static void stream(byte[] stream, String prefix, EntryHandler handler) throws IOException {
        FrameReader frames = READER.get();
        frames.restart(Channels.newChannel(new ByteArrayInputStream(stream)));
        new EntryDecoder(frames, SampleEntry.bytes(prefix), handler).readStream();
    }

    static void part(byte[] stream, EntryHandler handler) throws IOException {
        FrameReader frames = READER.get();
        frames.restart(Channels.newChannel(new ByteArrayInputStream(stream)));
        new EntryDecoder(frames, new byte[0], handler).readPart();
    }
}
