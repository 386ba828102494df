package io.sluice.ptcomm.archive;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The open directory of an archive, and how files are made in it: directories 0700, files 0600,
 * whatever the umask; renamed into place when they are durable.
 *
 * <p>Its path is bytes and may be none that the JVM can spell. Everything inside has ASCII names,
 * so those are reached by {@link java.nio.file}: below the path itself if that is plain, else below
 * {@code /proc/self/fd/N}, which this object keeps open.
 */
final class ArchiveDirectory implements Closeable {
    private static final Set<PosixFilePermission> DIRECTORY_MODE =
            PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> FILE_MODE =
            PosixFilePermissions.fromString("rw-------");

    private final int fd;
    private final String quoted;
    private final Path base;
    private final String identity;
    private boolean closed;

    private ArchiveDirectory(int fd, byte[] path) throws IOException {
        this.fd = fd;
        this.quoted = Text.quote(path);
        String plain = plain(path);
        this.base = Path.of(plain != null ? plain : "/proc/self/fd/" + fd).toAbsolutePath();
        Statx stat = new Statx();
        Posix.stat(fd, stat);
        this.identity = stat.deviceMajor() + ":" + stat.deviceMinor() + "/" + stat.inode();
    }

    /**
     * Characters that mean themselves in every path, URI and list of paths. Flink encodes a blank,
     * and splits its lists of directories at commas and colons.
     */
    private static boolean isPlain(byte b) {
        return (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (b >= '0' && b <= '9')
                || "/._-".indexOf(b) >= 0;
    }

    static String plain(byte[] path) {
        for (byte b : path) {
            if (!isPlain(b)) {
                return null;
            }
        }
        return new String(path, StandardCharsets.US_ASCII);
    }

    /**
     * @throws SluiceException if there is no such directory, or it cannot be opened
     */
    static ArchiveDirectory open(byte[] path) {
        int fd = openOrErrno(path);
        if (fd == -Errno.ENOENT) {
            throw new SluiceException("archive " + Text.quote(path) + " does not exist");
        }
        return opened(fd, path);
    }

    /** Opens it, or makes it below a directory that exists. */
    static ArchiveDirectory create(byte[] path) {
        int fd = openOrErrno(path);
        if (fd == -Errno.ENOENT) {
            int made = Posix.mkdirOrErrno(Posix.AT_FDCWD, path, 0700);
            if (made == -Errno.ENOENT) {
                throw new SluiceException(
                        "archive "
                                + Text.quote(path)
                                + " cannot be made: its parent directory does not exist");
            }
            if (made < 0 && made != -Errno.EEXIST) {
                throw new SluiceException(
                        "archive "
                                + Text.quote(path)
                                + " cannot be made: "
                                + Errno.describe(-made));
            }
            fd = openOrErrno(path);
            if (fd >= 0 && made == 0) {
                Posix.fchmodOrErrno(fd, 0700);
                syncParent(fd);
            }
        }
        return opened(fd, path);
    }

    /** Makes the new directory's own name durable. */
    private static void syncParent(int made) {
        int parent =
                Posix.openOrErrno(
                        made, new byte[] {'.', '.'}, Posix.O_RDONLY | Posix.O_DIRECTORY, 0);
        if (parent >= 0) {
            Posix.fsyncOrErrno(parent);
            Posix.close(parent);
        }
    }

    private static int openOrErrno(byte[] path) {
        return Posix.openOrErrno(Posix.AT_FDCWD, path, Posix.O_RDONLY | Posix.O_DIRECTORY, 0);
    }

    private static ArchiveDirectory opened(int fd, byte[] path) {
        if (fd < 0) {
            throw new SluiceException(
                    "archive " + Text.quote(path) + " cannot be opened: " + Errno.describe(-fd));
        }
        try {
            return new ArchiveDirectory(fd, path);
        } catch (IOException e) {
            Posix.close(fd);
            throw new SluiceException("archive " + Text.quote(path) + ": " + e.getMessage(), e);
        }
    }

    /** Its path for messages. */
    String quoted() {
        return quoted;
    }

    /** The same for two openings of one directory. */
    String identity() {
        return identity;
    }

    Path resolve(String name) {
        return base.resolve(name);
    }

    /** Makes the archive's own directory private. */
    void protect() {
        // Where that fails it is not ours; all inside is private anyway.
        Posix.fchmodOrErrno(fd, 0700);
    }

    /** Names in it; empty for a directory that does not exist. */
    static List<String> names(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                names.add(entry.getFileName().toString());
            }
        } catch (NoSuchFileException e) {
            return names;
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    /** Makes a directory unless it is there. */
    void createDirectory(Path directory) {
        try {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(DIRECTORY_MODE));
                Files.setPosixFilePermissions(directory, DIRECTORY_MODE);
                sync(directory.getParent());
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** A new file to write, 0600. */
    static FileChannel createFile(Path file, OpenOption ifThere) throws IOException {
        FileChannel channel =
                FileChannel.open(
                        file,
                        new HashSet<>(
                                List.of(
                                        ifThere,
                                        StandardOpenOption.CREATE,
                                        StandardOpenOption.WRITE,
                                        LinkOption.NOFOLLOW_LINKS)),
                        PosixFilePermissions.asFileAttribute(FILE_MODE));
        try {
            Files.setPosixFilePermissions(file, FILE_MODE);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Writes a file so that a reader sees all of it or nothing, also after a power failure. */
    void replaceFile(Path file, byte[] content) {
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            try (FileChannel channel =
                    createFile(temporary, StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            sync(file.getParent());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Makes the names in a directory durable. */
    static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** The numbers among a directory's subdirectories, ascending. */
    static List<Integer> numbered(Path directory) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        for (String name : names(directory)) {
            if (name.matches("[1-9][0-9]{0,8}")
                    && Files.isDirectory(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
                numbers.add(Integer.valueOf(name));
            }
        }
        numbers.sort(null);
        return numbers;
    }

    /** The one line for a failure to read or write here. */
    SluiceException failed(IOException e) {
        if (isFull(e)) {
            return new SluiceException(
                    "no space left in archive " + quoted + ": free space there and run again", e);
        }
        return new SluiceException("archive " + quoted + ": " + describe(e), e);
    }

    /** The C library's words may be in the user's language; then the filesystem is asked. */
    private boolean isFull(IOException e) {
        String message = String.valueOf(e.getMessage());
        if (message.contains("No space left on device")
                || message.contains("Disk quota exceeded")) {
            return true;
        }
        try {
            return Files.getFileStore(base).getUsableSpace() == 0;
        } catch (IOException unknown) {
            e.addSuppressed(unknown);
            return false;
        }
    }

    private String describe(IOException e) {
        String message = String.valueOf(e.getMessage()).replace(base + "/", "");
        if (e instanceof AccessDeniedException) {
            return message + ": permission denied (EACCES)";
        }
        if (e.getClass() == FileSystemException.class) {
            // The message ends with the system's reason.
            return message;
        }
        String kind = e.getClass().getSimpleName();
        return e.getClass() == IOException.class
                ? message
                : message + " (" + kind.replace("Exception", "") + ")";
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Posix.close(fd);
        }
    }
}
