package io.sluice.pipeline.owed;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * How far the owed file has been read.
 *
 * @param offset of the next line, bytes; {@link #ASSIGNED} when a reader has the file
 * @param sent answers emitted so far
 */
record OwedSplit(long offset, long sent) implements SourceSplit {
    static final OwedSplit START = new OwedSplit(0, 0);

    /** What the enumerator keeps when it has nothing left to give. */
    static final OwedSplit ASSIGNED = new OwedSplit(-1, 0);

    static final SimpleVersionedSerializer<OwedSplit> SERIALIZER = new Serializer();

    @Override
    public String splitId() {
        return "owed";
    }

    /** Version 1: offset 8, sent 8, big-endian. */
    private static final class Serializer implements SimpleVersionedSerializer<OwedSplit> {
        private static final int VERSION = 1;

        @Override
        public int getVersion() {
            return VERSION;
        }

        @Override
        public byte[] serialize(OwedSplit split) {
            return ByteBuffer.allocate(2 * Long.BYTES)
                    .putLong(split.offset())
                    .putLong(split.sent())
                    .array();
        }

        @Override
        public OwedSplit deserialize(int version, byte[] bytes) throws IOException {
            if (version != VERSION || bytes.length != 2 * Long.BYTES) {
                throw new IOException(
                        "a split of the owed file in version "
                                + version
                                + " and "
                                + bytes.length
                                + " bytes; this release knows version 1");
            }
            ByteBuffer in = ByteBuffer.wrap(bytes);
            return new OwedSplit(in.getLong(), in.getLong());
        }
    }
}
