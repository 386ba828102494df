package io.sluice.ptcomm.writer;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.Stat;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.FileType;

/**
 * One item, unpacked for its reading.
 *
 * @param directory path of the directory that holds it
 * @param name in that directory; empty for the root
 * @param signature that the index saw; 0 for a tombstone
 * @param stat that the source saw; null for a tombstone
 * @param target of a symbolic link as the source saw it, else null
 * @param link the name that carries this inode's data, when an earlier item of the round did;
 *     {@link #NOBODY} when there was an earlier item and none is known to have done; else null
 */
record Item(
        byte[] directory,
        byte[] name,
        Reason reason,
        EntryKind kind,
        long signature,
        Stat stat,
        byte[] target,
        byte[] link) {
    /** No name: the empty one is the root's, a directory, which has no other. */
    static final byte[] NOBODY = {};

    static Item tombstone(byte[] directory, byte[] name, Reason reason) {
        return new Item(directory, name, reason, EntryKind.GONE, 0, null, null, null);
    }

    /** Whether the name is gone: there is nothing to look at, and no attributes are known. */
    boolean isTombstone() {
        return reason.isGone();
    }

    /** Whether the inode had more than one name; a directory's links are not names. */
    boolean hasSeveralNames() {
        return !isTombstone() && hasSeveralNames(stat);
    }

    static boolean hasSeveralNames(Stat stat) {
        return stat.links() > 1 && stat.type() != FileType.DIRECTORY;
    }

    /** This item as a later name of the inode that {@code earlier} stands for. */
    Item linkedTo(byte[] earlier) {
        return new Item(directory, name, reason, kind, signature, stat, target, earlier);
    }

    byte[] path() {
        return DirectoryPath.child(directory, name);
    }
}
