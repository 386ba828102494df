package io.sluice.scan.reader;

import io.sluice.common.SluiceException;
import io.sluice.common.change.Delta;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.Stat;
import io.sluice.common.filesystem.TapeProbe;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.posix.Devices;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Exhaustion;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.common.shard.MetadataTargets;
import io.sluice.common.text.Text;
import io.sluice.scan.ScanOptions;
import java.io.Closeable;

/**
 * Asks the tree for the truth about single paths, as the scan would find it: for what is owed, and
 * for the hints of a change log. {@link #ask} may be called by several threads at once.
 */
public final class NameQuery implements Closeable {
    private static final byte[] SELF = {'.'};

    private final int root;
    private final Devices devices;
    private final ScanOptions options;
    private final Excludes excludes;
    private final int resolve;

    /** One for each thread that asks. */
    private final ThreadLocal<TapeProbe> probes;

    private NameQuery(int root, Devices devices, ScanOptions options) {
        this.root = root;
        this.devices = devices;
        this.options = options;
        this.excludes = options.excludes();
        // What another filesystem says below a mount is no answer about what it hides.
        resolve = options.crossMounts() ? 0 : Posix.RESOLVE_NO_XDEV;
        probes = ThreadLocal.withInitial(() -> new TapeProbe(options.tape(), options.root()));
    }

    /**
     * Opens the root.
     *
     * @throws SluiceException if it cannot be opened, or is another directory than it was when the
     *     round began
     */
    public static NameQuery open(ScanOptions options) {
        int root =
                Posix.openOrErrno(
                        Posix.AT_FDCWD, options.root(), Posix.O_PATH | Posix.O_DIRECTORY, 0);
        if (root < 0) {
            throw new SluiceException(
                    "cannot open "
                            + Text.quote(options.root())
                            + ": "
                            + Errno.describe(-root)
                            + "; was it unmounted?");
        }
        boolean opened = false;
        try {
            // On another directory everything would be gone.
            Devices devices =
                    options.identity() == null
                            ? Devices.SAME
                            : options.identity().at(root, options.root());
            opened = true;
            return new NameQuery(root, devices, options);
        } finally {
            if (!opened) {
                Posix.close(root);
            }
        }
    }

    /**
     * The truth about one path. A component that is a link or no directory means that it is gone.
     * What lies below a directory that is left out now is not asked for: it stays as it was.
     *
     * @param path relative to the root
     * @param forced whether the name goes out even when nothing about it has changed
     */
    public Delta ask(byte[] path, boolean forced) {
        byte[] directory = DirectoryPath.parent(path);
        byte[] name = DirectoryPath.name(path);
        PackedEntries packed = new PackedEntries(512);
        int parent = open(directory);
        if (isLeftOut(directory)) {
            packed.leftOut(name, name.length, EntryKind.EXCLUDED);
        } else if (parent < 0) {
            failed(packed, name, -parent);
        } else {
            look(packed, parent, path);
        }
        int target = target(directory, parent);
        close(parent);
        return new Delta(directory, forced, packed.toBytes(), target);
    }

    /** As the listing of the directory would tell it. */
    private int target(byte[] directory, int descriptor) {
        if (options.targets() == MetadataTargets.NONE
                || descriptor < 0
                || DirectoryPath.isAboveRoot(directory)) {
            return MetadataTargets.UNKNOWN;
        }
        // The other descriptor is one that no ioctl can be asked of.
        int listable = Posix.openListableOrErrno(descriptor, DirectoryPath.ROOT, resolve);
        if (listable < 0) {
            return MetadataTargets.UNKNOWN;
        }
        try {
            return options.targets().of(listable);
        } finally {
            Posix.close(listable);
        }
    }

    private int open(byte[] directory) {
        return directory.length == 0 || DirectoryPath.isAboveRoot(directory)
                ? root
                : Posix.openDirectoryOrErrno(root, directory, resolve);
    }

    private void close(int directory) {
        if (directory >= 0 && directory != root) {
            Posix.close(directory);
        }
    }

    private boolean isLeftOut(byte[] directory) {
        if (directory.length == 0 || DirectoryPath.isAboveRoot(directory)) {
            return false;
        }
        boolean leftOut = excludes.patterns().excludes(directory, true);
        byte[] above = directory;
        while (!leftOut && !excludes.markers().isEmpty() && above.length > 0) {
            above = DirectoryPath.parent(above);
            int fd = open(above);
            leftOut = fd >= 0 && excludes.mark(fd, new Statx());
            close(fd);
        }
        return leftOut;
    }

    private boolean isLeftOut(int parent, byte[] path, FileType type) {
        byte[] name = DirectoryPath.name(path);
        return path.length > 0
                && (excludes.patterns().excludes(path, type == FileType.DIRECTORY)
                        || (excludes.mark(parent, new Statx())
                                && !excludes.isMarker(name, name.length)));
    }

    private void look(PackedEntries packed, int parent, byte[] path) {
        byte[] name = DirectoryPath.name(path);
        byte[] at = name.length == 0 ? SELF : name;
        Statx stat = new Statx(devices);
        int result = Posix.statOrErrno(parent, at, stat);
        if (result < 0) {
            failed(packed, name, -result);
            return;
        }
        if (isLeftOut(parent, path, stat.type())) {
            packed.leftOut(name, name.length, EntryKind.EXCLUDED);
            return;
        }
        if (options.own().contains(FileIdentity.of(stat))) {
            packed.leftOut(name, name.length, EntryKind.OWN);
            return;
        }
        if (isMount(parent, path, stat)) {
            packed.mount(name, name.length, Stat.of(stat));
            return;
        }
        byte[] target = null;
        if (stat.type() == FileType.SYMLINK) {
            try {
                target = Posix.readlink(parent, at);
            } catch (PosixException e) {
                failed(packed, name, e.errno());
                return;
            }
        }
        TapeProbe tape = probes.get();
        if (tape.suspects(stat) && tape.isReleased(parent, at)) {
            packed.released(name, name.length, Stat.of(stat));
        } else {
            packed.present(name, name.length, Stat.of(stat), target);
        }
    }

    /** Whether something else begins at this directory, which is not entered. */
    private boolean isMount(int parent, byte[] path, Statx stat) {
        if (path.length == 0 || options.crossMounts() || stat.type() != FileType.DIRECTORY) {
            return false;
        }
        Statx above = new Statx(devices);
        return Posix.statOrErrno(parent, above) == 0 && Mount.of(above).endsAt(stat);
    }

    private static void failed(PackedEntries packed, byte[] name, int errno) {
        Exhaustion.check(errno);
        if (Errno.isGone(errno)) {
            packed.gone(name, name.length, 0);
        } else {
            packed.unreadable(name, name.length, errno);
        }
    }

    @Override
    public void close() {
        Posix.close(root);
    }
}
