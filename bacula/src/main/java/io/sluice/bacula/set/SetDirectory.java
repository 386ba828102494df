package io.sluice.bacula.set;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.Settings;
import io.sluice.common.SluiceException;
import io.sluice.ptcomm.fd.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The directory of a set, which all its jobs see:
 *
 * <pre>
 * rendezvous/   who is there now, and what was agreed
 * rounds/       which jobs a round's streams went to
 * marks/        what the operator wants of the next round
 * chain/        what the next round must know: savepoints, reports, no data
 * secret        by which bridges and launcher prove themselves
 * </pre>
 *
 * Directories have mode 0700, files 0600; a file appears by rename, whole or not at all.
 */
public final class SetDirectory {
    private static final int SECRET_BYTES = 32;

    private static final ObjectMapper JSON =
            new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

    private final Path path;
    private final String name;

    private SetDirectory(Path path, String name) {
        this.path = path;
        this.name = name;
    }

    /** Where the host's sets are: on the shared filesystem if there is one. */
    public static Path base(Settings settings) {
        byte[] shared = settings.get(Keys.SHARED_DIR);
        byte[] base = shared != null ? shared : settings.get(Keys.STATE_DIR);
        return Path.of(new String(base, StandardCharsets.UTF_8)).resolve("sets");
    }

    /**
     * The set's, made when it is missing.
     *
     * @throws SluiceException if it cannot be made
     */
    public static SetDirectory open(Path base, String name) {
        SetDirectory set = new SetDirectory(base.resolve(name), name);
        for (Path directory : List.of(set.path, set.rendezvous(), set.rounds(), set.marks())) {
            try {
                Files.createDirectories(
                        directory,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
            } catch (IOException e) {
                throw new SluiceException(
                        "cannot make '"
                                + directory
                                + "': "
                                + e
                                + "; make it as the user of bacula-fd, or set state_dir",
                        e);
            }
        }
        return set;
    }

    /**
     * @throws SluiceException if there is no such set, naming those that there are
     */
    public static SetDirectory existing(Path base, String name) {
        SetDirectory set = new SetDirectory(base.resolve(name), name);
        if (!Files.isDirectory(set.rounds())) {
            List<String> names = names(base);
            throw new SluiceException(
                    "there is no set '"
                            + name
                            + "' in '"
                            + base
                            + "'; "
                            + (names.isEmpty()
                                    ? "there is none at all: has a job run on this host?"
                                    : "there are " + String.join(", ", names)));
        }
        return set;
    }

    /** Names of the sets there, sorted. */
    public static List<String> names(Path base) {
        List<String> names = new ArrayList<>();
        for (Path each : list(base)) {
            if (Files.isDirectory(each.resolve("rounds"))) {
                names.add(each.getFileName().toString());
            }
        }
        return names;
    }

    public String name() {
        return name;
    }

    public Path path() {
        return path;
    }

    public Path rendezvous() {
        return path.resolve("rendezvous");
    }

    public Path rounds() {
        return path.resolve("rounds");
    }

    Path marks() {
        return path.resolve("marks");
    }

    public Path chain() {
        return path.resolve("chain");
    }

    public Path secretFile() {
        return path.resolve("secret");
    }

    /** Of all jobs of the set; made by the first that asks. */
    public Secret secret() {
        Path file = secretFile();
        if (!Files.exists(file)) {
            byte[] key = new byte[SECRET_BYTES];
            new SecureRandom().nextBytes(key);
            Path made = path.resolve("secret." + UUID.randomUUID());
            try {
                writeNew(
                        made,
                        (HexFormat.of().formatHex(key) + "\n").getBytes(StandardCharsets.US_ASCII));
                // Unlike a rename, a link never takes the place of another's.
                Files.createLink(file, made);
            } catch (FileAlreadyExistsException e) {
                // Another job was quicker.
                return secretOf(file, made);
            } catch (IOException e) {
                throw failed(file, e);
            }
            return secretOf(file, made);
        }
        return Secret.of(file);
    }

    private static Secret secretOf(Path file, Path made) {
        try {
            Files.deleteIfExists(made);
        } catch (IOException e) {
            throw failed(made, e);
        }
        return Secret.of(file);
    }

    /** Writes {@code value} so that a crash leaves the file whole or as it was. */
    public void write(Path file, Object value) {
        Path part = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            writeNew(part, JSON.writeValueAsBytes(value));
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel directory = FileChannel.open(file.getParent())) {
                directory.force(true);
            }
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    private static void writeNew(Path file, byte[] content) throws IOException {
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        java.util.Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    /**
     * What the file has; null if there is none.
     *
     * @throws SluiceException if it is damaged
     */
    public <T> T read(Path file, Class<T> type) {
        try {
            return JSON.readValue(Files.readAllBytes(file), type);
        } catch (NoSuchFileException e) {
            return null;
        } catch (JsonProcessingException e) {
            throw new SluiceException(
                    "'" + file + "' is damaged (" + e.getOriginalMessage() + "); remove it", e);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /** Without effect where there is none. */
    public void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /** The names in a directory, sorted; none where it is missing. */
    static List<Path> list(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw failed(directory, e);
        }
    }

    private static SluiceException failed(Path file, IOException e) {
        return new SluiceException("cannot use '" + file + "': " + e, e);
    }
}
