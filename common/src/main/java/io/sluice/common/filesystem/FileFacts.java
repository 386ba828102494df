package io.sluice.common.filesystem;

/**
 * What a filesystem knows of one file or directory.
 *
 * @param tape null where the data, if it has any, is on disk
 * @param layout content of the entry's LAYOUT block (docs/formats.md), null where there is none
 * @param stripes null where its data lies on one device, or where that is not known
 */
public record FileFacts(TapeState tape, byte[] layout, StripeMap stripes) {
    /** Nothing is known. */
    public static final FileFacts NONE = new FileFacts(null, null, null);
}
