package io.sluice.lustre.layout;

/**
 * The numbers of {@code struct lov_user_md_v1}, {@code _v3} and {@code lov_comp_md_v1}: offsets and
 * sizes in bytes, little-endian.
 */
final class LayoutFormat {
    static final int MAGIC_V1 = 0x0BD10BD0;
    static final int MAGIC_V3 = 0x0BD30BD0;

    /** As v3; on setting it, the OSTs are those listed. */
    static final int MAGIC_SPECIFIC = 0x0BD50BD0;

    static final int MAGIC_COMPOSITE = 0x0BD60BD0;
    static final int MAGIC_FOREIGN = 0x0BD70BD0;

    /** As a composite, with self-extending components; servers show it as a composite. */
    static final int MAGIC_SELF_EXTENDING = 0x0BD80BD0;

    // Both versions of a plain layout
    static final int PATTERN = 4;
    static final int STRIPE_SIZE = 24;
    static final int STRIPE_COUNT = 28;
    static final int STRIPE_OFFSET = 30;
    static final int V1_BYTES = 32;

    // The third
    static final int POOL = 32;
    static final int POOL_BYTES = 16;
    static final int V3_BYTES = 48;

    static final int OBJECT_BYTES = 24;
    static final int OBJECT_OST = 20;

    /** "Any OST", where the first one's index would stand. */
    static final short ANY_OST = (short) 0xffff;

    static final int FOREIGN_LENGTH = 4;
    static final int FOREIGN_BYTES = 16;

    // A composite's header
    static final int SIZE = 4;
    static final int GENERATION = 8;
    static final int FLAGS = 12;
    static final int ENTRIES = 14;

    /** One less than there are. */
    static final int MIRRORS = 16;

    static final int HEADER_BYTES = 32;

    // An entry of it
    static final int ENTRY_ID = 0;
    static final int ENTRY_FLAGS = 4;
    static final int ENTRY_START = 8;
    static final int ENTRY_END = 16;
    static final int ENTRY_OFFSET = 24;
    static final int ENTRY_SIZE = 28;
    static final int ENTRY_COMPRESSION = 46;
    static final int ENTRY_BYTES = 48;

    /** What {@link #ENTRY_END} has for no end. */
    static final long END_OF_FILE = -1;

    /** {@code LCM_FL_RDONLY}: all mirrors are the same. */
    static final short MIRRORS_IN_SYNC = 1;

    private LayoutFormat() {}
}
