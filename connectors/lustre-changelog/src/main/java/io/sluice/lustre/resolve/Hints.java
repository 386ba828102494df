package io.sluice.lustre.resolve;

import io.sluice.lustre.Fid;
import io.sluice.lustre.changelog.ChangelogRecord;
import io.sluice.lustre.changelog.RecordType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the records of a batch point at, each once. A record says that something happened, not what
 * is there now: so what is collected are names and objects to be asked about. Not thread-safe.
 *
 * <ul>
 *   <li>Records of a namespace operation point at (parent, name): a rename at both of its names.
 *   <li>All others point at an object, whose names must be found; their {@code cr_pfid} is left
 *       over from other records.
 *   <li>A link made or removed, and a rename, give all names of the inode another ctime: so they
 *       point at the object too.
 *   <li>A directory that is new at its name, made or moved there, is to be listed with all below.
 * </ul>
 */
final class Hints {
    /**
     * A name in a directory.
     *
     * @param parent the directory
     */
    record Name(Fid parent, byte[] name) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Name that
                    && parent.equals(that.parent)
                    && Arrays.equals(name, that.name);
        }

        @Override
        public int hashCode() {
            return 31 * parent.hashCode() + Arrays.hashCode(name);
        }
    }

    /** Whether a directory at that name is new there, with all that is in it. */
    private final Map<Name, Boolean> names = new LinkedHashMap<>();

    private final Set<Fid> objects = new LinkedHashSet<>();
    private long unknown;

    void add(ChangelogRecord record) {
        RecordType type = record.type();
        if (type == null) {
            // Of a server newer than this: whatever it was, it was somewhere there.
            unknown++;
            object(record.target());
            name(record.parent(), record.name(), true);
            return;
        }
        switch (type) {
            case MARK, OPEN, ATIME, GETXATTR, DENIED_OPEN -> {
                // Nothing that a backup holds has changed.
            }
            case CREATE, SOFTLINK, MKNOD, RMDIR -> name(record.parent(), record.name(), false);
            case MKDIR -> name(record.parent(), record.name(), true);
            case HARDLINK -> {
                name(record.parent(), record.name(), false);
                object(record.target());
            }
            case UNLINK -> {
                name(record.parent(), record.name(), false);
                if (!record.isLastLink()) {
                    object(record.target());
                }
            }
            case RENAME, RENAME_TO, MIGRATE -> renamed(record);
            default -> object(record.target());
        }
    }

    private void renamed(ChangelogRecord record) {
        name(record.parent(), record.name(), true);
        if (record.source() != null) {
            name(record.sourceParent(), record.sourceName(), true);
            object(record.source());
        }
        if (!record.isLastLink()) {
            // What was overwritten and has other names yet; of a migration, the new FID.
            object(record.target());
        }
    }

    private void name(Fid parent, byte[] name, boolean tree) {
        if (parent != null && !parent.isZero() && name != null && name.length > 0) {
            names.merge(new Name(parent, name), tree, Boolean::logicalOr);
        }
    }

    private void object(Fid fid) {
        if (fid != null && !fid.isZero()) {
            objects.add(fid);
        }
    }

    /** Names, and whether a directory found there is to be listed with all below. */
    Map<Name, Boolean> names() {
        return names;
    }

    /** Objects all of whose names are to be asked about. */
    Set<Fid> objects() {
        return objects;
    }

    /** Records of types that are not known here. */
    long unknown() {
        return unknown;
    }
}
