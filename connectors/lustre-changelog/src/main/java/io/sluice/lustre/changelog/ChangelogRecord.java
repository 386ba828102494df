package io.sluice.lustre.changelog;

import io.sluice.common.text.Text;
import io.sluice.lustre.Fid;

/**
 * One record, with everything that Lustre put into it. What the record's flags say is absent is
 * null. The arrays are the record's own; who changes them changes it.
 *
 * @param index of the MDT's log, from 1; gaps are normal
 * @param previous always 0 in practice
 * @param typeNumber kept also if {@link RecordType} does not know it
 * @param flags {@code cr_flags}: which extensions there are, and 12 bits whose meaning depends on
 *     the type; unsigned 16 bits
 * @param extraFlags {@code cr_extra_flags}: which further extensions there are; null if there is no
 *     such field
 * @param timeSeconds since 1970, by the MDS's clock
 * @param timeNanos beyond the second
 * @param target the object; of a RENAME the one that was overwritten, or zero
 * @param parent its directory, meaningful only where {@link #isNamespaceOperation}; of a RENAME the
 *     new one
 * @param source of a RENAME or MIGRATE: the object that moved; of MIGRATE by its old FID
 * @param sourceParent of a RENAME or MIGRATE: the directory that it left
 * @param jobId what the client called its job, up to 31 bytes
 * @param uid of who did it
 * @param gid of who did it
 * @param nid 24 bytes that name the client: a u64 in host order, or a {@code struct lnet_nid} where
 *     {@link #hasLargeNid}
 * @param openFlags of an OPEN or DENIED_OPEN: the low 32 bits of {@code MDS_OPEN_*}
 * @param xattrName of XATTR and GETXATTR
 * @param name of the object in {@code parent}; empty where {@code cr_namelen} is 0
 * @param sourceName of a RENAME or MIGRATE: the name that it had in {@code sourceParent}
 */
public record ChangelogRecord(
        long index,
        long previous,
        int typeNumber,
        int flags,
        Long extraFlags,
        long timeSeconds,
        int timeNanos,
        Fid target,
        Fid parent,
        Fid source,
        Fid sourceParent,
        byte[] jobId,
        Long uid,
        Long gid,
        byte[] nid,
        Integer openFlags,
        byte[] xattrName,
        byte[] name,
        byte[] sourceName) {

    /** {@code CLF_UNLINK_LAST} and {@code CLF_RENAME_LAST}. */
    private static final int LAST_LINK = 0x1;

    /** {@code CLF_UNLINK_HSM_EXISTS} and {@code CLF_RENAME_LAST_EXISTS}. */
    private static final int IN_ARCHIVE = 0x2;

    /** {@code CLF_FLAGMASK}: what a type has for itself. */
    private static final int TYPE_FLAGS = 0xfff;

    private static final int HSM_ERROR = 0x7f;
    private static final int HSM_EVENT_SHIFT = 7;
    private static final int HSM_EVENT = 0x7;

    /** Null where the number is none that is known here. */
    public RecordType type() {
        return RecordType.of(typeNumber);
    }

    /** The 12 bits whose meaning depends on the type. */
    public int typeFlags() {
        return flags & TYPE_FLAGS;
    }

    /** Whether the name and the parent say where it happened. */
    public boolean isNamespaceOperation() {
        RecordType type = type();
        return type != null && type.isNamespaceOperation();
    }

    /**
     * Whether an object lost its last name by this: what UNLINK or RMDIR removed, or what a RENAME
     * overwrote. It may still be open.
     */
    public boolean isLastLink() {
        return removes() && (flags & LAST_LINK) != 0;
    }

    /** Whether an archive has a copy of what lost its last name. */
    public boolean isLastLinkInArchive() {
        return removes() && (flags & IN_ARCHIVE) != 0;
    }

    private boolean removes() {
        RecordType type = type();
        return type == RecordType.UNLINK || type == RecordType.RMDIR || type == RecordType.RENAME;
    }

    /**
     * What an HSM record tells of ({@code enum hsm_event}): 0 archive, 1 restore, 2 cancel, 3
     * release, 4 remove, 5 state; -1 for a record of another type.
     */
    public int hsmEvent() {
        return type() == RecordType.HSM ? flags >>> HSM_EVENT_SHIFT & HSM_EVENT : -1;
    }

    /** The errno in an HSM record; 0 for none, 127 for one too large, -1 for another type. */
    public int hsmError() {
        return type() == RecordType.HSM ? flags & HSM_ERROR : -1;
    }

    /** Whether {@link #nid} is a {@code struct lnet_nid}, with its number in network order. */
    public boolean hasLargeNid() {
        return extraFlags != null && (extraFlags & ChangelogDecoder.EXTRA_NID_BE) != 0;
    }

    /** Whether there are flags or extensions that are not known here. */
    public boolean hasUnknownFlags() {
        return extraFlags != null && (extraFlags & ~ChangelogDecoder.KNOWN_EXTRA_FLAGS) != 0;
    }

    /** The type as {@code lfs} prints it, or its number. */
    public String typeName() {
        RecordType type = type();
        return type == null ? "type " + Integer.toUnsignedString(typeNumber) : type.shortName();
    }

    /** For messages: index, type, flags, FIDs and escaped names. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(index).append(' ').append(typeName());
        text.append(" 0x").append(Integer.toHexString(flags)).append(" t=").append(target);
        if (isNamespaceOperation()) {
            text.append(" p=").append(parent).append(' ').append(Text.quote(name));
        }
        if (source != null) {
            text.append(" s=").append(source).append(" sp=").append(sourceParent);
        }
        if (sourceName != null) {
            text.append(' ').append(Text.quote(sourceName));
        }
        return text.toString();
    }
}
