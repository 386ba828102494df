package io.sluice.e2e;

import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A tree that threads change all the time, each its own part of it. What names and files ever were
 * is kept, to judge what a backup made of it.
 */
final class LiveTree implements AutoCloseable {
    private static final int THREADS = 3;
    private static final int NAMES = 110;
    private static final int DIRECTORIES = 4;
    private static final int SMALL_CELLS = 4_000;
    private static final int LARGE_CELLS = 200_000;

    /** One name in so many is of a file beyond 2 MiB. */
    private static final int LARGE_ONE_IN = 20;

    private static final int WRITE_CELLS = 4_096;
    private static final long PAUSE_NS = 500_000;
    private static final int RENAME_EXCHANGE = 2;

    private final Path root;
    private final Map<Integer, LiveFile> files = new ConcurrentHashMap<>();
    private final Set<String> namings = ConcurrentHashMap.newKeySet();
    private final AtomicInteger ids = new AtomicInteger();
    private final AtomicInteger operations = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    LiveTree(Path root, long seed) throws IOException {
        this.root = root;
        for (int i = 0; i < THREADS; i++) {
            Part part = new Part(root.resolve("part" + i), Seeds.random(seed + i));
            part.fill();
            threads.add(new Thread(() -> run(part), "live-tree-" + i));
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    private void run(Part part) {
        try {
            while (!stopped) {
                part.change();
                operations.incrementAndGet();
                LockSupport.parkNanos(PAUSE_NS);
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    int operations() {
        return operations.get();
    }

    int filesEver() {
        return files.size();
    }

    /** Throws what ended a thread, if one has ended. */
    void check() {
        if (failure.get() != null) {
            throw new AssertionError("the tree is changed no more", failure.get());
        }
    }

    /** Null when a name had a file of this content at some time, else what is wrong. */
    String fault(String path, byte[] content) {
        if (content.length == 0) {
            return null;
        }
        int id = LiveFile.idOf(content);
        LiveFile file = files.get(id);
        if (file == null) {
            return "content of no file";
        }
        if (!namings.contains(path + " " + id)) {
            return "never was file " + id;
        }
        return file.fault(content);
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** What one thread changes. */
    private final class Part {
        private final Path base;
        private final Random random;
        private final List<Path> names = new ArrayList<>();

        /** The files; what is absent or something else has none. */
        private final Map<Path, LiveFile> now = new HashMap<>();

        Part(Path base, Random random) throws IOException {
            this.base = base;
            this.random = random;
            for (int i = 0; i < DIRECTORIES; i++) {
                Files.createDirectories(base.resolve("d" + i));
            }
            for (int i = 0; i < NAMES; i++) {
                names.add(base.resolve("d" + i % DIRECTORIES + "/n" + i));
            }
        }

        void fill() throws IOException {
            for (Path name : names) {
                create(name);
            }
        }

        void change() throws IOException {
            Path name = any();
            LiveFile file = now.get(name);
            if (file == null) {
                remove(name);
                create(name);
                return;
            }
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> overwrite(name, file);
                case 3, 4 -> append(name, file, 1 + random.nextInt(SMALL_CELLS));
                case 5 -> truncate(name, file);
                case 6 -> rename(name, any());
                case 7 -> exchange(name, any());
                case 8 -> replaceByOther(name);
                case 9 -> link(name, any());
                case 10 -> remove(name);
                default -> create(name);
            }
        }

        private Path any() {
            return names.get(random.nextInt(names.size()));
        }

        private void named(Path name, LiveFile file) {
            namings.add(root.relativize(name) + " " + file.id());
        }

        /** A new file, in place of what is there. */
        private void create(Path name) throws IOException {
            LiveFile file = new LiveFile(ids.incrementAndGet());
            files.put(file.id(), file);
            named(name, file);
            remove(name);
            Files.createFile(name);
            now.put(name, file);
            boolean large = names.indexOf(name) % LARGE_ONE_IN == 0;
            append(name, file, large ? LARGE_CELLS : random.nextInt(SMALL_CELLS));
        }

        private void append(Path name, LiveFile file, int count) throws IOException {
            int from = file.cells();
            if (count == 0 || from > LARGE_CELLS * 3 / 2) {
                return;
            }
            write(name, file, file.appending(count), from, count);
        }

        private void overwrite(Path name, LiveFile file) throws IOException {
            FileTime before = Files.getLastModifiedTime(name);
            write(name, file, file.overwriting(), 0, file.cells());
            Files.setLastModifiedTime(name, before);
        }

        private void write(Path name, LiveFile file, int stamp, int from, int count)
                throws IOException {
            try (FileChannel channel = FileChannel.open(name, StandardOpenOption.WRITE)) {
                for (int done = 0; done < count; done += WRITE_CELLS) {
                    int cells = Math.min(WRITE_CELLS, count - done);
                    ByteBuffer content = file.content(stamp, from + done, cells);
                    long at = (long) (from + done) * LiveFile.CELL_BYTES;
                    while (content.hasRemaining()) {
                        at += channel.write(content, at);
                    }
                }
            }
        }

        private void truncate(Path name, LiveFile file) throws IOException {
            int to = file.cells() == 0 ? 0 : random.nextInt(file.cells());
            file.truncating(to);
            try (FileChannel channel = FileChannel.open(name, StandardOpenOption.WRITE)) {
                channel.truncate((long) to * LiveFile.CELL_BYTES);
            }
        }

        private void rename(Path from, Path to) throws IOException {
            LiveFile file = now.get(from);
            if (from.equals(to) || file == now.get(to)) {
                return;
            }
            named(to, file);
            if (Files.isDirectory(to, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                Files.delete(to);
            }
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            now.remove(from);
            now.put(to, file);
        }

        private void exchange(Path one, Path two) throws IOException {
            LiveFile first = now.get(one);
            LiveFile second = now.get(two);
            if (second == null) {
                return;
            }
            named(two, first);
            named(one, second);
            int result =
                    Posix.renameOrErrno(
                            Posix.AT_FDCWD,
                            Sluice.bytes(one.toString()),
                            Posix.AT_FDCWD,
                            Sluice.bytes(two.toString()),
                            RENAME_EXCHANGE);
            if (result < 0) {
                throw new IOException("exchange: errno " + -result);
            }
            now.put(one, second);
            now.put(two, first);
        }

        /** Puts a link, a fifo or a directory where a file was. */
        private void replaceByOther(Path name) throws IOException {
            remove(name);
            switch (random.nextInt(3)) {
                case 0 -> Files.createSymbolicLink(name, base.resolve("d0/n0"));
                case 1 -> {
                    int mode = FileType.FIFO.modeBits() | 0644;
                    Posix.mknodOrErrno(Posix.AT_FDCWD, Sluice.bytes(name.toString()), mode, 0, 0);
                }
                default -> Files.createDirectory(name);
            }
        }

        private void link(Path existing, Path name) throws IOException {
            LiveFile file = now.get(existing);
            if (existing.equals(name)) {
                return;
            }
            named(name, file);
            remove(name);
            Files.createLink(name, existing);
            now.put(name, file);
        }

        private void remove(Path name) throws IOException {
            Files.deleteIfExists(name);
            now.remove(name);
        }
    }
}
