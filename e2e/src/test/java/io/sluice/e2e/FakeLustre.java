package io.sluice.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.testing.Privileges;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * What a Lustre client shows, without Lustre: {@code e2e/lustre/fakelustre}, mounted where this JVM
 * and what it starts see it, with a {@code liblustreapi.so.1} of its own in {@link #libraries()}.
 * It reads from this JVM, and unmounts and ends with it, however that ends.
 */
public final class FakeLustre implements AutoCloseable {
    /**
     * The filesystem's, of at most eight characters. The library finds a mount by it, so tests that
     * run side by side have names of their own.
     */
    static final String NAME = "lu" + Long.toString(ProcessHandle.current().pid(), 36);

    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));
    private static final Path TARGET = ROOT.resolve("e2e/target/lustre");
    private static final int END_S = 20;

    private static boolean built;

    private final Process process;
    private final Path mountPoint;
    private final Path socket;

    private FakeLustre(Process process, Path mountPoint, Path socket) {
        this.process = process;
        this.mountPoint = mountPoint;
        this.socket = socket;
    }

    /** Skips the test where there can be none. */
    public static void assumePossible() {
        assumeTrue(Privileges.isRoot(), "mounting needs root");
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "there is no /dev/fuse");
        assumeTrue(Shell.succeeds("command -v gcc && command -v make"), "there is no gcc or make");
        assumeTrue(
                Shell.succeeds("pkg-config --exists 'fuse3 >= 3.12'"),
                "there is no libfuse3-dev 3.12, or no pkg-config");
        assumeTrue(
                Shell.succeeds("unshare --mount sh -c 'mount -t tmpfs none /mnt'"),
                "nothing can be mounted");
    }

    /**
     * Compiles and mounts it.
     *
     * @param directory for the bytes of files and the mount point
     * @param options of fakelustre, each {@code name=value}; main.c lists them
     */
    public static FakeLustre in(Path directory, String... options) throws IOException {
        build();
        Path backing = Files.createDirectory(directory.resolve("lustre.backing"));
        Path mountPoint = Files.createDirectory(directory.resolve("lustre"));
        Path socket = backing.resolve("control");
        List<String> words =
                new ArrayList<>(
                        List.of(
                                TARGET.resolve("fakelustre").toString(),
                                backing.toString(),
                                mountPoint.toString()));
        List<String> all = new ArrayList<>(List.of("fs=" + NAME));
        all.addAll(List.of(options));
        words.addAll(List.of("-o", String.join(",", all)));
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        FakeLustre made = new FakeLustre(process, mountPoint, socket);
        BufferedReader said =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = said.readLine();
        if (!"mounted".equals(line)) {
            made.close();
            throw new IOException("fakelustre does not mount: " + line);
        }
        return made;
    }

    /** Other forks of this build wait: there is one place for what is built. */
    private static synchronized void build() throws IOException {
        if (built) {
            return;
        }
        Files.createDirectories(TARGET);
        try (FileChannel channel =
                        FileChannel.open(
                                TARGET.resolve("lock"),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (!lock.isValid()) {
                throw new IOException("no lock: " + TARGET);
            }
            Shell.run(Shell.quote(ROOT.resolve("e2e/lustre/build")) + " " + Shell.quote(TARGET));
        }
        built = true;
    }

    /** The mount point. */
    public Path path() {
        return mountPoint;
    }

    /** Where the fake {@code liblustreapi.so.1} is: for LD_LIBRARY_PATH or jna.library.path. */
    public static Path libraries() throws IOException {
        build();
        return TARGET;
    }

    /** The name of an MDT's changelog device. */
    public static String device(int mdt) {
        return String.format("%s-MDT%04x", NAME, mdt);
    }

    /** Lets a command find the library. */
    Sluice in(Sluice sluice) {
        return sluice.with("LD_LIBRARY_PATH", TARGET.toString());
    }

    /**
     * @param result 0, a number, or a negative errno
     */
    record Answer(int result, String text) {}

    /** Runs a command of control.c, and gives its answer, whatever that is. */
    Answer ask(Object... words) throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        for (Object word : words) {
            request.write(word.toString().getBytes(StandardCharsets.UTF_8));
            request.write(0);
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer out = ByteBuffer.allocate(Integer.BYTES + request.size());
            out.order(ByteOrder.LITTLE_ENDIAN).putInt(request.size()).put(request.toByteArray());
            out.flip();
            while (out.hasRemaining()) {
                channel.write(out);
            }
            ByteBuffer head = read(channel, Integer.BYTES);
            ByteBuffer body = read(channel, head.getInt());
            int result = body.getInt();
            return new Answer(result, StandardCharsets.UTF_8.decode(body).toString().strip());
        }
    }

    private static ByteBuffer read(SocketChannel channel, int size) throws IOException {
        byte[] bytes = Channels.newInputStream(channel).readNBytes(size);
        if (bytes.length < size) {
            throw new IOException("fakelustre gives no answer");
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Runs a command of control.c that has to succeed, and gives what it says. */
    public String ctl(Object... words) throws IOException {
        Answer answer = ask(words);
        if (answer.result() < 0) {
            throw new IOException(List.of(words) + ": errno " + -answer.result());
        }
        return answer.text().isEmpty() ? Integer.toString(answer.result()) : answer.text();
    }

    /** Registers a changelog user, such as {@code cl1}. */
    public String register(int mdt) throws IOException {
        return "cl" + ctl("register", mdt);
    }

    /** The records that an MDT keeps, as its device gives them. */
    List<byte[]> records(int mdt) throws IOException {
        return ask("dump", mdt).text().lines().map(HexFormat.of()::parseHex).toList();
    }

    public long lastIndex(int mdt) throws IOException {
        return Long.parseLong(ctl("last", mdt));
    }

    /** Recalls and reads since the last {@code reset}, by name. */
    Map<String, Long> counters() throws IOException {
        Map<String, Long> counters = new TreeMap<>();
        for (String word : ctl("counters").split(" ", -1)) {
            int equals = word.indexOf('=');
            counters.put(word.substring(0, equals), Long.valueOf(word.substring(equals + 1)));
        }
        return counters;
    }

    /** The process that serves it. */
    long pid() {
        return process.pid();
    }

    @Override
    public void close() throws IOException {
        // Its input's end is what it unmounts and ends by.
        process.getOutputStream().close();
        try {
            if (!process.waitFor(END_S, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IOException("fakelustre did not end: " + process.pid());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
