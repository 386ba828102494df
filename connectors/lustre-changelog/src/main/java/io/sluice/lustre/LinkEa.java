package io.sluice.lustre;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The names of an inode, as its MDT keeps them in {@code trusted.link} ({@code struct
 * link_ea_header} and {@code link_ea_entry}): all of them in one call, where {@code fid2path} needs
 * one for each.
 *
 * <p>A header of 24 bytes in the MDT's order, which is little-endian, and entries whose lengths and
 * FIDs are big-endian. The attribute has about 4 KiB: an inode with more names than fit says so.
 *
 * @param links in the order in which they were made
 * @param isOverflown whether there are names that it does not list; a scan alone finds those
 */
public record LinkEa(List<Link> links, boolean isOverflown) {
    /** The extended attribute's name. It takes CAP_SYS_ADMIN to read. */
    public static final String NAME = "trusted.link";

    private static final String WHAT = "link EA";
    private static final int MAGIC = 0x11EAF1DF;

    private static final int COUNT = 4;
    private static final int LENGTH = 8;
    private static final int OVERFLOW_TIME = 16;
    private static final int HEADER_BYTES = 24;

    private static final int PARENT = 2;
    private static final int ENTRY_BYTES = PARENT + Fid.BYTES;

    public LinkEa {
        links = List.copyOf(links);
    }

    /**
     * One name.
     *
     * @param parent the directory; of a striped one it may be a shard's FID
     * @param name without NUL and slash
     */
    public record Link(Fid parent, byte[] name) {}

    /**
     * @throws LustreFormatException at the first byte that is not what the format says, and where
     *     bytes are missing or left over
     */
    public static LinkEa parse(byte[] bytes) throws LustreFormatException {
        if (bytes.length < HEADER_BYTES) {
            throw wrong(bytes.length, "the header is cut off");
        }
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (header.getInt(0) != MAGIC) {
            throw wrong(
                    0, "no magic number of one, but 0x" + Integer.toHexString(header.getInt(0)));
        }
        if (header.getLong(LENGTH) != bytes.length) {
            throw wrong(
                    LENGTH,
                    "it says that it has "
                            + Long.toUnsignedString(header.getLong(LENGTH))
                            + " bytes, and has "
                            + bytes.length);
        }
        int count = header.getInt(COUNT);
        List<Link> links = new ArrayList<>();
        int at = HEADER_BYTES;
        while (at < bytes.length) {
            at = readLink(bytes, at, links);
        }
        if (links.size() != count) {
            throw wrong(
                    COUNT,
                    "it says that it has "
                            + Integer.toUnsignedString(count)
                            + " names, and has "
                            + links.size());
        }
        return new LinkEa(links, header.getInt(OVERFLOW_TIME) != 0);
    }

    private static int readLink(byte[] bytes, int at, List<Link> into)
            throws LustreFormatException {
        if (bytes.length - at < ENTRY_BYTES) {
            throw wrong(at, "an entry is cut off");
        }
        int length = (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
        if (length <= ENTRY_BYTES || length > bytes.length - at) {
            throw wrong(at, "an entry of " + length + " bytes");
        }
        byte[] name = Arrays.copyOfRange(bytes, at + ENTRY_BYTES, at + length);
        for (byte b : name) {
            if (b == 0 || b == '/') {
                throw wrong(at + ENTRY_BYTES, "a name with a NUL or a slash");
            }
        }
        into.add(new Link(Fid.bigEndian(bytes, at + PARENT), name));
        return at + length;
    }

    private static LustreFormatException wrong(int offset, String reason) {
        return new LustreFormatException(WHAT, offset, reason);
    }
}
