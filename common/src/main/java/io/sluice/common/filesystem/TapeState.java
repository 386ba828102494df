package io.sluice.common.filesystem;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Objects;

/**
 * A file whose data lies in a tape archive and not on disk: whoever reads it fetches it back.
 *
 * @param lost whether the archive has lost the data too
 * @param archive number of the archive, 0 where that is not known
 * @param text all that the filesystem says of it, as it rides with the entry: such as {@code
 *     arch=1;rel=1;dir=0;lost=0;aid=1}
 */
public record TapeState(boolean lost, long archive, String text) {
    public TapeState {
        Objects.requireNonNull(text);
    }

    /** Content of the HSM block of an entry without data (docs/formats.md). */
    public byte[] block() {
        return ("hsm=" + text).getBytes(US_ASCII);
    }
}
