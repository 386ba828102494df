package io.sluice.pipeline.owed;

import io.sluice.common.SluiceException;
import io.sluice.common.change.Delta;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.Stat;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.filesystem.TapeProbe;
import io.sluice.common.posix.Devices;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Exhaustion;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import io.sluice.scan.ScanOptions;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * The owed file of a round, and the tree that it is about. Not thread-safe; {@link #batch} asks
 * with threads of its caller's.
 */
final class OwedFile implements Closeable {
    /** Enough to keep all threads busy, and a few hundred KiB. */
    private static final int BATCH_LINES = 1024;

    private static final byte[] SELF = {'.'};

    private final RandomAccessFile file;
    private final int root;
    private final Devices devices;
    private final Excludes excludes;
    private final int resolve;

    /** One for each thread that asks. */
    private final ThreadLocal<TapeProbe> probes;

    private OwedFile(RandomAccessFile file, int root, Devices devices, ScanOptions options) {
        this.file = file;
        this.root = root;
        this.devices = devices;
        this.excludes = options.excludes();
        // What another filesystem says below a mount is no answer about what it hides.
        resolve = options.crossMounts() ? 0 : Posix.RESOLVE_NO_XDEV;
        probes = ThreadLocal.withInitial(() -> new TapeProbe(options.tape(), options.root()));
    }

    static OwedFile open(String path, ScanOptions options) throws IOException {
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
            OwedFile file = new OwedFile(new RandomAccessFile(path, "r"), root, devices, options);
            opened = true;
            return file;
        } finally {
            if (!opened) {
                Posix.close(root);
            }
        }
    }

    /**
     * Answers about some lines; none at the end of the file.
     *
     * @param ends for each answer, the offset behind its line
     */
    record Batch(List<Delta> answers, List<Long> ends) {}

    /** Reads the lines from an offset on, and asks for each path. */
    Batch batch(long offset, ExecutorService threads) throws IOException {
        List<Future<Delta>> asked = new ArrayList<>();
        List<Long> ends = new ArrayList<>();
        long at = offset;
        file.seek(at);
        LineReader lines = new LineReader(file);
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
            at += line.length + 1;
            OwedLine owed = OwedLine.parse(line);
            asked.add(threads.submit(() -> ask(Text.unescape(owed.path()))));
            ends.add(at);
            if (ends.size() == BATCH_LINES) {
                break;
            }
        }
        List<Delta> answers = new ArrayList<>();
        for (Future<Delta> answer : asked) {
            try {
                answers.add(answer.get());
            } catch (ExecutionException e) {
                throw new IOException("asking for an owed path failed", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        return new Batch(answers, ends);
    }

    /**
     * The truth about one path. A component that is a link or no directory means that it is gone.
     * What lies below a directory that is left out now is not asked for: it stays as it was.
     */
    private Delta ask(byte[] path) {
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
        close(parent);
        return new Delta(directory, true, packed.toBytes());
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

    private static void failed(PackedEntries packed, byte[] name, int errno) {
        Exhaustion.check(errno);
        if (Errno.isGone(errno)) {
            packed.gone(name, name.length, 0);
        } else {
            packed.unreadable(name, name.length, errno);
        }
    }

    /** Lines of bytes; the last one ends with a line feed, or is not yet whole. */
    private static final class LineReader {
        private final RandomAccessFile file;
        private final byte[] buffer = new byte[64 * 1024];
        private int position;
        private int limit;

        LineReader(RandomAccessFile file) {
            this.file = file;
        }

        byte[] next() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            while (true) {
                if (position == limit) {
                    limit = Math.max(0, file.read(buffer));
                    position = 0;
                    if (limit == 0) {
                        return null;
                    }
                }
                int start = position;
                while (position < limit && buffer[position] != '\n') {
                    position++;
                }
                line.write(buffer, start, position - start);
                if (position < limit) {
                    position++;
                    return line.toByteArray();
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        Posix.close(root);
        file.close();
    }
}
