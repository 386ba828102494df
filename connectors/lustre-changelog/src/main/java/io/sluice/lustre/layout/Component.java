package io.sluice.lustre.layout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A part of a layout: an extent of the file, striped in one way ({@code struct
 * lov_comp_md_entry_v1} and the {@code lov_user_md_v1} or {@code _v3} that it points to). A plain
 * layout is one of them, from 0 to {@link #EOF}.
 *
 * @param mirror which copy of the data it belongs to, from 0, in the layout's order
 * @param id {@code lcme_id}: the mirror in bits 16 to 30, the component below; 0 where none is
 *     given
 * @param flags {@code LCME_FL_*}
 * @param start first byte
 * @param end behind the last byte; {@link #EOF} for no end
 * @param pattern {@code LOV_PATTERN_*}
 * @param stripeSize bytes that go to one OST before the next is taken; 0 for the filesystem's
 *     default
 * @param stripeCount how many objects, unsigned 16 bits; 0 for the default, or for none on an MDT;
 *     {@link #isWide} for all OSTs
 * @param pool which OSTs are chosen from, of at most 15 bytes (read as ISO 8859-1, so none is
 *     lost); empty for none
 * @param osts the OST of each stripe; empty where there are no objects (yet, or any more)
 * @param compression type, level and chunk size, as the entry has them; 0 for none
 * @param foreign the whole of a foreign layout, which is not Lustre's to understand; else null
 */
public record Component(
        int mirror,
        int id,
        int flags,
        long start,
        long end,
        int pattern,
        long stripeSize,
        int stripeCount,
        String pool,
        List<Integer> osts,
        int compression,
        byte[] foreign) {

    /** A component that has no end. */
    public static final long EOF = Long.MAX_VALUE;

    public static final int STALE = 0x001;
    public static final int PREFER_READ = 0x002;
    public static final int PREFER_WRITE = 0x004;
    public static final int OFFLINE = 0x008;

    /** Its objects exist. */
    public static final int INIT = 0x010;

    public static final int NO_SYNC = 0x020;

    /** Room from which the component before it takes what it needs (self-extending layouts). */
    public static final int EXTENSION = 0x040;

    /** Erasure code of another mirror. */
    public static final int PARITY = 0x080;

    public static final int COMPRESS = 0x100;
    public static final int NO_COMPRESS = 0x400;

    public static final int RAID0 = 0x001;

    /** The data lies on the MDT. */
    public static final int MDT = 0x100;

    /** Several stripes may lie on one OST. */
    public static final int OVERSTRIPED = 0x200;

    public static final int FOREIGN = 0x400;

    /** The data is in an archive only. */
    public static final int RELEASED = 0x80000000;

    /** Above these bits are states of the objects, not wishes. */
    private static final int WISHES = 0xffff;

    /** What says how new data is to lie, and not what became of the old. */
    private static final int LASTING =
            PREFER_READ | PREFER_WRITE | NO_SYNC | EXTENSION | COMPRESS | NO_COMPRESS;

    /** From -32, "up to 32 stripes on each OST", to -1, "one on each". */
    private static final int FIRST_WIDE = 0xffe0;

    /** {@code LOV_MAX_STRIPES_PER_OST}, what the wide counts stop at too. */
    private static final int STRIPES_PER_OST = 32;

    private static final int MIRROR_SHIFT = 16;
    private static final int MIRROR = 0x7fff;

    public Component {
        osts = List.copyOf(osts);
    }

    /**
     * As {@code lfs} calls the mirror; 0 in a file without mirrors, and in a directory's default.
     */
    public int mirrorId() {
        return mirrorId(id);
    }

    static int mirrorId(int id) {
        return id >>> MIRROR_SHIFT & MIRROR;
    }

    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** Whether the data lies on the MDT. */
    public boolean isOnMdt() {
        return (pattern & MDT) != 0;
    }

    public boolean isOverstriped() {
        return (pattern & OVERSTRIPED) != 0;
    }

    public boolean isReleased() {
        return (pattern & RELEASED) != 0;
    }

    /** Whether the stripe count stands for all OSTs, whatever their number. */
    public boolean isWide() {
        return stripeCount >= FIRST_WIDE;
    }

    boolean covers(long offset) {
        return start <= offset && (offset < end || end == EOF);
    }

    /** The wishes in it alone: no objects, no state. */
    Component clean() {
        return new Component(
                mirror,
                id,
                flags & LASTING,
                start,
                end,
                pattern & WISHES,
                stripeSize,
                stripeCount,
                pool,
                List.of(),
                compression,
                foreign);
    }

    Component withoutPool() {
        return new Component(
                mirror,
                id,
                flags,
                start,
                end,
                pattern,
                stripeSize,
                stripeCount,
                "",
                osts,
                compression,
                foreign);
    }

    Component clampedTo(int count) {
        int most = isOverstriped() ? Math.multiplyExact(count, STRIPES_PER_OST) : count;
        if (isOnMdt() || isWide() || stripeCount <= most) {
            return this;
        }
        return new Component(
                mirror,
                id,
                flags,
                start,
                end,
                pattern,
                stripeSize,
                most,
                pool,
                List.of(),
                compression,
                foreign);
    }

    /**
     * Whether both wish for the same. A wide count is the same as that of objects which exist: what
     * it came to is the filesystem's affair.
     */
    boolean wishesTheSame(Component other) {
        return start == other.start
                && end == other.end
                && (pattern & WISHES) == (other.pattern & WISHES)
                && (flags & LASTING) == (other.flags & LASTING)
                && stripeSize == other.stripeSize
                && sameCount(other)
                && pool.equals(other.pool)
                && compression == other.compression
                && Arrays.equals(foreign, other.foreign);
    }

    private boolean sameCount(Component other) {
        return stripeCount == other.stripeCount
                || (isWide() && !other.osts.isEmpty())
                || (other.isWide() && !osts.isEmpty());
    }

    /** {@code [0,1048576) raid0 count=2 size=1048576 pool=fast osts=1,0 flags=0x10}. */
    String text() {
        List<String> words = new ArrayList<>();
        words.add("[" + start + "," + (end == EOF ? "EOF" : Long.toString(end)) + ")");
        words.add(patternText());
        if (foreign == null) {
            words.add("count=" + (isWide() ? (short) stripeCount : stripeCount));
            words.add("size=" + stripeSize);
        }
        if (!pool.isEmpty()) {
            words.add("pool=" + pool);
        }
        if (!osts.isEmpty()) {
            words.add("osts=" + String.join(",", osts.stream().map(String::valueOf).toList()));
        }
        if (flags != 0) {
            words.add("flags=0x" + Integer.toHexString(flags));
        }
        if (mirrorId() != 0) {
            words.add("mirror=" + mirrorId());
        }
        return String.join(" ", words);
    }

    /** As {@code lfs getstripe} names it, such as {@code raid0,overstriped}. */
    public String patternText() {
        List<String> names = new ArrayList<>();
        add(names, RAID0, "raid0");
        add(names, MDT, "mdt");
        add(names, OVERSTRIPED, "overstriped");
        add(names, FOREIGN, "foreign");
        add(names, RELEASED, "released");
        int rest = pattern & ~(RAID0 | MDT | OVERSTRIPED | FOREIGN | RELEASED);
        if (rest != 0 || names.isEmpty()) {
            names.add("0x" + Integer.toHexString(rest));
        }
        return String.join(",", names);
    }

    private void add(List<String> names, int bit, String name) {
        if ((pattern & bit) != 0) {
            names.add(name);
        }
    }
}
