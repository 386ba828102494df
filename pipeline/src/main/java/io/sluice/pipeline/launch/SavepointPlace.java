package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.archive.Archive;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the savepoint of a round lies, and what the chain file says of that round. Open, it holds
 * the archive's lock as a reader, so that no backup takes the savepoint away.
 */
public final class SavepointPlace implements Closeable {
    /** Where archives keep their savepoints; one character is one byte. */
    private static final Pattern IN_ARCHIVE =
            Pattern.compile("(.+)/state/savepoints/([1-9][0-9]{0,8})/([^/]+)", Pattern.DOTALL);

    private static final String DESCRIPTION = "archive.json";

    private final int fd;
    private final Archive archive;
    private final Path directory;
    private final String quoted;
    private final Entry entry;

    private SavepointPlace(int fd, Archive archive, Path directory, String quoted, Entry entry) {
        this.fd = fd;
        this.archive = archive;
        this.directory = directory;
        this.quoted = quoted;
        this.entry = entry;
    }

    /**
     * What the chain file says.
     *
     * @param state {@code committed} or {@code pending}
     * @param base null for a full round
     * @param known names in the index at the round's end
     * @param sources whose cursors the round has brought up to date
     */
    public record Entry(
            long round,
            String run,
            String state,
            String level,
            Long base,
            String path,
            String content,
            long known,
            List<String> sources) {
        private static Entry of(Chain.Round round) {
            return new Entry(
                    round.round(),
                    round.run(),
                    round.state().name().toLowerCase(Locale.ROOT),
                    round.level(),
                    round.base(),
                    round.path(),
                    round.content(),
                    round.known(),
                    round.sources());
        }
    }

    /** Whether the path is that of an archive. */
    public static boolean isArchive(byte[] path) {
        int fd = openDirectory(path);
        try {
            return isThere(fd, DESCRIPTION);
        } finally {
            Posix.close(fd);
        }
    }

    /**
     * The savepoint of a round of an archive.
     *
     * @param choice says which round
     * @throws SluiceException if the archive does not keep it
     */
    public static SavepointPlace ofRound(byte[] path, ToIntFunction<Archive> choice)
            throws IOException {
        Archive archive = Archive.openForReading(path);
        try {
            int number = choice.applyAsInt(archive);
            for (Chain.Round round : Chain.read(archive).rounds()) {
                Path directory = BaseChoice.savepoint(round, archive);
                if (round.round() == number
                        && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                    String quoted = "of round " + number + " in " + Text.quote(path);
                    return new SavepointPlace(-1, archive, directory, quoted, Entry.of(round));
                }
            }
            // The numbers of rounds that do not exist are named as such.
            archive.manifest(number);
            throw new SluiceException(
                    "archive "
                            + Text.quote(path)
                            + " keeps no savepoint of round "
                            + number
                            + ": only rounds that the next one may build on have one; name one of "
                            + kept(archive));
        } catch (Throwable e) {
            archive.close();
            throw e;
        }
    }

    private static List<Long> kept(Archive archive) throws IOException {
        return Chain.read(archive).rounds().stream()
                .filter(round -> Files.isDirectory(BaseChoice.savepoint(round, archive)))
                .map(Chain.Round::round)
                .toList();
    }

    /** A savepoint by its own path, in an archive or elsewhere. */
    public static SavepointPlace of(byte[] path) throws IOException {
        int fd = openDirectory(path);
        Archive archive = null;
        try {
            byte[] resolved = Posix.readlink(Posix.AT_FDCWD, Posix.procPath(fd));
            Matcher parts = IN_ARCHIVE.matcher(new String(resolved, StandardCharsets.ISO_8859_1));
            Entry entry = null;
            if (parts.matches() && isThere(fd, "../../../../" + DESCRIPTION)) {
                archive =
                        Archive.openForReading(
                                parts.group(1).getBytes(StandardCharsets.ISO_8859_1));
                entry = entry(archive, parts.group(2), parts.group(3));
            }
            Path directory =
                    Archive.isPlainPath(resolved)
                            ? Path.of(new String(resolved, StandardCharsets.US_ASCII))
                            : Path.of("/proc/self/fd/" + fd);
            return new SavepointPlace(fd, archive, directory, Text.quote(path), entry);
        } catch (Throwable e) {
            if (archive != null) {
                archive.close();
            }
            Posix.close(fd);
            throw e;
        }
    }

    private static Entry entry(Archive archive, String number, String name) throws IOException {
        for (Chain.Round round : Chain.read(archive).rounds()) {
            if (Long.toString(round.round()).equals(number) && round.savepoint().equals(name)) {
                return Entry.of(round);
            }
        }
        return null;
    }

    private static int openDirectory(byte[] path) {
        int fd = Posix.openOrErrno(Posix.AT_FDCWD, path, Posix.O_RDONLY | Posix.O_DIRECTORY, 0);
        if (fd == -Errno.ENOENT) {
            throw new SluiceException(Text.quote(path) + " does not exist");
        }
        if (fd == -Errno.ENOTDIR) {
            throw new SluiceException(
                    Text.quote(path)
                            + " is no savepoint: it is not a directory; name an archive, or a directory state/savepoints/R/savepoint-… of one");
        }
        if (fd < 0) {
            throw new SluiceException(
                    Text.quote(path) + " cannot be opened: " + Errno.describe(-fd));
        }
        return fd;
    }

    private static boolean isThere(int directory, String name) {
        int fd =
                Posix.openOrErrno(
                        directory, name.getBytes(StandardCharsets.US_ASCII), Posix.O_PATH, 0);
        if (fd < 0) {
            return false;
        }
        Posix.close(fd);
        return true;
    }

    /** Reachable until this is closed. */
    public Path directory() {
        return directory;
    }

    /** What to call it in messages: {@code 'PATH'} or {@code of round R in 'ARCHIVE'}. */
    public String quoted() {
        return quoted;
    }

    /** What the chain file says of its round; null where it lies in no archive, or is unknown. */
    public Entry entry() {
        return entry;
    }

    @Override
    public void close() throws IOException {
        if (archive != null) {
            archive.close();
        }
        if (fd >= 0) {
            Posix.close(fd);
        }
    }
}
