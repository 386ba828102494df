package io.sluice.scan.reader;

import io.sluice.common.posix.FileIdentity;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The directories that wait for a walker, the newest on top. Depth first it holds depth times
 * fan-out, which nobody bounds; so its older half goes to a file when it has grown beyond its
 * bound, in blocks, and comes back block by block. Guarded by {@link Walk}'s lock: a block is
 * written or read in well under a millisecond, mostly from the page cache.
 */
final class DirectoryStack implements Closeable {
    /** A block is closed at either; one message of a hand-over takes a quarter of it. */
    private static final int BLOCK_DIRECTORIES = 4096;

    private static final int BLOCK_BYTES = 1 << 20;

    /** Length of the path 4, device 4 + 4, inode 8, number of the anchor 4. */
    private static final int RECORD_HEAD = 24;

    /** In place of an anchor's number and of a device: there is none. */
    private static final int NONE = -1;

    /** In the anchor's number: it is the parent, which counts those that wait. */
    private static final int COUNTED = 1 << 30;

    /**
     * Directories in the file, the oldest first.
     *
     * @param skip how many of them have been given away from the bottom
     * @param anchors unfinished directories above them
     * @param anchored whether each has one
     */
    private record Block(
            long at,
            int bytes,
            int directories,
            int skip,
            List<DirectoryTask> anchors,
            boolean anchored) {
        int left() {
            return directories - skip;
        }

        /** Whether unfinished directories stand for all of them. */
        boolean isStoodFor() {
            return anchored && anchors.stream().noneMatch(DirectoryTask::isFinished);
        }
    }

    /**
     * Numbers of directories.
     *
     * @param waiting on the stack now
     * @param spilled of them, in the file
     * @param most on the stack at once so far
     * @param mostInMemory at once so far
     */
    record Figures(int waiting, int spilled, int most, int mostInMemory) {}

    private final WalkBounds bounds;
    private final StackFile file;
    private final Deque<DirectoryTask> memory = new ArrayDeque<>();
    private long memoryBytes;

    /** The newest first. */
    private final Deque<Block> blocks = new ArrayDeque<>();

    private int spilled;
    private int most;
    private int mostInMemory;

    DirectoryStack(WalkBounds bounds, StackFile file) {
        this.bounds = bounds;
        this.file = file;
    }

    void push(DirectoryTask task) throws IOException {
        memory.push(task);
        memoryBytes += task.bytes();
        most = Math.max(most, size());
        mostInMemory = Math.max(mostInMemory, memory.size());
        if (memory.size() > bounds.stackDirectories() || memoryBytes > bounds.stackBytes()) {
            spillOlderHalf();
        }
    }

    /** The newest, or null. */
    DirectoryTask pop() throws IOException {
        if (memory.isEmpty() && !blocks.isEmpty()) {
            Block newest = blocks.pop();
            for (DirectoryTask task : read(newest)) {
                memory.push(task);
                memoryBytes += task.bytes();
            }
            spilled -= newest.left();
            file.truncate(newest.at());
        }
        DirectoryTask task = memory.poll();
        if (task != null) {
            memoryBytes -= task.bytes();
        }
        return task;
    }

    /**
     * Takes the oldest ones, which lead to the largest subtrees; the oldest first. One whose parent
     * is about to be finished ends it: until then a restore would read it twice. What waits below a
     * resumable directory is taken in spite of that, since that one may take as long as the round.
     *
     * @param most number
     * @param bytes of their paths together
     */
    List<DirectoryTask> takeOldest(int most, long bytes) throws IOException {
        List<DirectoryTask> taken = new ArrayList<>();
        long room = bytes;
        while (!blocks.isEmpty() && taken.size() < most && room > 0) {
            Block oldest = blocks.removeLast();
            List<DirectoryTask> held = read(oldest);
            int n = 0;
            while (n < held.size() && taken.size() < most && fits(held.get(n), room, taken)) {
                room -= held.get(n).path().length;
                taken.add(held.get(n++));
            }
            spilled -= n;
            if (n < held.size()) {
                int skip = oldest.skip() + n;
                blocks.addLast(
                        new Block(
                                oldest.at(),
                                oldest.bytes(),
                                oldest.directories(),
                                skip,
                                oldest.anchors(),
                                oldest.anchored()));
                return taken;
            }
            if (blocks.isEmpty()) {
                file.truncate(0);
            }
        }
        while (!memory.isEmpty() && taken.size() < most && fits(memory.peekLast(), room, taken)) {
            DirectoryTask task = memory.pollLast();
            memoryBytes -= task.bytes();
            room -= task.path().length;
            taken.add(task);
        }
        return taken;
    }

    private static boolean fits(DirectoryTask task, long room, List<DirectoryTask> taken) {
        DirectoryTask anchor = task.anchor();
        return (anchor == null || anchor.isResumable())
                && (taken.isEmpty() || task.path().length <= room);
    }

    /** Each one that no unfinished directory stands for, the oldest first. */
    void forEachOfItsOwn(Consumer<DirectoryTask> consumer) throws IOException {
        for (var oldest = blocks.descendingIterator(); oldest.hasNext(); ) {
            Block block = oldest.next();
            if (!block.isStoodFor()) {
                read(block).stream().filter(DirectoryTask::isOfItsOwn).forEach(consumer);
            }
        }
        for (var oldest = memory.descendingIterator(); oldest.hasNext(); ) {
            DirectoryTask task = oldest.next();
            if (task.isOfItsOwn()) {
                consumer.accept(task);
            }
        }
    }

    int size() {
        return memory.size() + spilled;
    }

    boolean isEmpty() {
        return size() == 0;
    }

    int spilled() {
        return spilled;
    }

    /** Blocks that the file holds. */
    int blocks() {
        return blocks.size();
    }

    Figures figures() {
        return new Figures(size(), spilled, most, mostInMemory);
    }

    private void spillOlderHalf() throws IOException {
        int keep = memory.size() / 2;
        long keepBytes = bounds.stackBytes() / 2;
        while (isBeyond(keep, keepBytes)) {
            spillBlock(keep, keepBytes);
        }
    }

    private boolean isBeyond(int keep, long keepBytes) {
        return memory.size() > 1 && (memory.size() > keep || memoryBytes > keepBytes);
    }

    /** The oldest ones of those in memory, newer than all in the file. */
    private void spillBlock(int keep, long keepBytes) throws IOException {
        List<DirectoryTask> oldest = new ArrayList<>();
        int bytes = 0;
        while (isBeyond(keep, keepBytes)) {
            int next = RECORD_HEAD + memory.peekLast().path().length;
            if (!oldest.isEmpty()
                    && (oldest.size() == BLOCK_DIRECTORIES || bytes + next > BLOCK_BYTES)) {
                break;
            }
            DirectoryTask task = memory.pollLast();
            memoryBytes -= task.bytes();
            bytes += next;
            oldest.add(task);
        }
        List<DirectoryTask> anchors = new ArrayList<>();
        Map<DirectoryTask, Integer> numbers = new IdentityHashMap<>();
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        boolean anchored = true;
        for (DirectoryTask task : oldest) {
            anchored &= write(task, anchors, numbers, buffer);
        }
        long at = file.append(buffer.flip());
        blocks.push(new Block(at, bytes, oldest.size(), 0, anchors, anchored));
        spilled += oldest.size();
    }

    /** Whether it has an anchor. */
    private static boolean write(
            DirectoryTask task,
            List<DirectoryTask> anchors,
            Map<DirectoryTask, Integer> numbers,
            ByteBuffer buffer) {
        FileIdentity listed = task.listed();
        buffer.putInt(task.path().length)
                .putInt(listed == null ? NONE : listed.deviceMajor())
                .putInt(listed == null ? NONE : listed.deviceMinor())
                .putLong(listed == null ? 0 : listed.inode());
        DirectoryTask anchor = task.anchor();
        if (anchor == null) {
            buffer.putInt(NONE);
        } else {
            int number =
                    numbers.computeIfAbsent(
                            anchor,
                            fresh -> {
                                anchors.add(fresh);
                                return anchors.size() - 1;
                            });
            buffer.putInt(number | (task.isCountedBy(anchor) ? COUNTED : 0));
        }
        buffer.put(task.path());
        return anchor != null;
    }

    private List<DirectoryTask> read(Block block) throws IOException {
        ByteBuffer buffer = file.read(block.at(), block.bytes());
        List<DirectoryTask> tasks = new ArrayList<>(block.left());
        for (int i = 0; i < block.directories(); i++) {
            byte[] path = new byte[buffer.getInt()];
            int major = buffer.getInt();
            int minor = buffer.getInt();
            long inode = buffer.getLong();
            int anchor = buffer.getInt();
            buffer.get(path);
            if (i < block.skip()) {
                continue;
            }
            FileIdentity listed =
                    major == NONE && minor == NONE ? null : new FileIdentity(major, minor, inode);
            tasks.add(
                    anchor == NONE
                            ? new DirectoryTask(path, listed, null)
                            : new DirectoryTask(
                                    path,
                                    listed,
                                    block.anchors().get(anchor & ~COUNTED),
                                    (anchor & COUNTED) != 0));
        }
        return Collections.unmodifiableList(tasks);
    }

    @Override
    public void close() throws IOException {
        memory.clear();
        blocks.clear();
        spilled = 0;
        file.close();
    }
}
