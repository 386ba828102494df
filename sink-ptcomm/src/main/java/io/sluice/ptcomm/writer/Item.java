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
 * @param signature that the index saw
 * @param stat that the source saw
 * @param target of a symbolic link as the source saw it, else null
 * @param link the name that carries this inode's data, when an earlier item of the round did; else
 *     null
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

    /** Whether the inode had more than one name; a directory's links are not names. */
    boolean hasSeveralNames() {
        return stat.links() > 1 && stat.type() != FileType.DIRECTORY;
    }

    byte[] path() {
        return DirectoryPath.child(directory, name);
    }
}
