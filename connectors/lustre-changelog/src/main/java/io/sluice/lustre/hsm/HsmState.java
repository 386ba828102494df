package io.sluice.lustre.hsm;

import io.sluice.lustre.LustreFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where a file's data is: on the OSTs, in an archive, or in both. Asking for it recalls nothing.
 *
 * @param flags {@code HS_*} of {@code enum hsm_states}, also those that are not named here
 * @param archiveId which archive, unsigned; 0 for none
 */
public record HsmState(int flags, long archiveId) {
    /** Of a file that HSM has never touched; it has no {@code trusted.hsm} at all. */
    public static final HsmState NONE = new HsmState(0, 0);

    /**
     * The extended attribute's name. It takes CAP_SYS_ADMIN to read; setting it is ignored. A
     * client may give an older value: seen right after a write, when {@code llapi_hsm_state_get}
     * had {@link #DIRTY} and the attribute had not.
     */
    public static final String NAME = "trusted.hsm";

    public static final int EXISTS = 0x01;

    /** Changed since it was archived. */
    public static final int DIRTY = 0x02;

    /** The OSTs have no data: who reads waits for the archive. */
    public static final int RELEASED = 0x04;

    public static final int ARCHIVED = 0x08;
    public static final int NO_RELEASE = 0x10;
    public static final int NO_ARCHIVE = 0x20;

    /** The archive has lost the data. */
    public static final int LOST = 0x40;

    /** {@code struct hsm_attrs}: u32 compat, u32 flags, u64 archive id, u64 archive version. */
    public static final int ATTRIBUTE_BYTES = 24;

    private static final int ATTRIBUTE_FLAGS = 4;
    private static final int ATTRIBUTE_ARCHIVE_ID = 8;

    /** {@code struct hsm_user_state}: u32 states, u32 archive id, the action in progress. */
    public static final int USER_STATE_BYTES = 32;

    private static final int USER_STATE_ARCHIVE_ID = 4;

    /**
     * Reads the value of {@code trusted.hsm}.
     *
     * @throws LustreFormatException if it has not {@value #ATTRIBUTE_BYTES} bytes
     */
    public static HsmState ofAttribute(byte[] bytes) throws LustreFormatException {
        ByteBuffer from = littleEndian("trusted.hsm", bytes, ATTRIBUTE_BYTES);
        return new HsmState(from.getInt(ATTRIBUTE_FLAGS), from.getLong(ATTRIBUTE_ARCHIVE_ID));
    }

    /**
     * Reads what {@code llapi_hsm_state_get} gives.
     *
     * @throws LustreFormatException if it has not {@value #USER_STATE_BYTES} bytes
     */
    public static HsmState ofUserState(byte[] bytes) throws LustreFormatException {
        ByteBuffer from = littleEndian("HSM state", bytes, USER_STATE_BYTES);
        return new HsmState(
                from.getInt(0), Integer.toUnsignedLong(from.getInt(USER_STATE_ARCHIVE_ID)));
    }

    private static ByteBuffer littleEndian(String what, byte[] bytes, int length)
            throws LustreFormatException {
        if (bytes.length != length) {
            throw new LustreFormatException(
                    what, bytes.length, "it has " + bytes.length + " bytes instead of " + length);
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    public boolean isReleased() {
        return has(RELEASED);
    }

    public boolean isArchived() {
        return has(ARCHIVED);
    }

    public boolean isDirty() {
        return has(DIRTY);
    }

    public boolean isLost() {
        return has(LOST);
    }

    private boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** {@code arch=1;rel=1;dir=0;lost=0;aid=1}: archived, released, dirty, lost, archive id. */
    public String text() {
        return "arch="
                + digit(ARCHIVED)
                + ";rel="
                + digit(RELEASED)
                + ";dir="
                + digit(DIRTY)
                + ";lost="
                + digit(LOST)
                + ";aid="
                + Long.toUnsignedString(archiveId);
    }

    private int digit(int flag) {
        return has(flag) ? 1 : 0;
    }
}
