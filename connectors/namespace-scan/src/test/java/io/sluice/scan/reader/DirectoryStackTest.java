package io.sluice.scan.reader;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.FileIdentity;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryStackTest {
    @TempDir Path spill;

    /** Against a plain deque: the same directories come back, in the same order. */
    @Test
    void spilledStackIsStillAStack() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("DirectoryStackTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 30; round++) {
            compare(random, "seed " + seed + " round " + round);
        }
    }

    private void compare(Random random, String name) throws Exception {
        int bound = 1 + random.nextInt(40);
        Deque<String> expected = new ArrayDeque<>();
        try (DirectoryStack stack = stack(bound)) {
            int grow = 40 + random.nextInt(30);
            for (int step = 0; step < 3_000; step++) {
                int dice = random.nextInt(100);
                if (dice < grow) {
                    String path = "p" + step + "x".repeat(random.nextInt(100));
                    stack.push(new DirectoryTask(bytes(path), identity(step), null));
                    expected.push(path);
                } else if (dice < 95) {
                    DirectoryTask task = stack.pop();
                    String path = expected.poll();
                    assertThat(task == null ? null : text(task)).as(name).isEqualTo(path);
                    if (task != null && task.listed() != null) {
                        assertThat(path).startsWith("p" + task.listed().inode());
                    }
                } else {
                    for (DirectoryTask task : stack.takeOldest(random.nextInt(30), 500)) {
                        assertThat(text(task)).as(name).isEqualTo(expected.pollLast());
                    }
                }
                assertThat(stack.size()).as(name).isEqualTo(expected.size());
                assertThat(stack.size() - stack.spilled()).as(name).isLessThanOrEqualTo(bound + 1);
            }
            List<String> left = new ArrayList<>();
            stack.forEachOfItsOwn(task -> left.add(0, text(task)));
            assertThat(left).as(name).containsExactlyElementsOf(expected);
        }
        try (Stream<Path> files = java.nio.file.Files.list(spill)) {
            assertThat(files).as("nothing is left in the directory").isEmpty();
        }
    }

    @Test
    void longPathsOnTopDoNotMakeSmallBlocks() throws Exception {
        WalkBounds bounds = new WalkBounds(1, 1, 1_000_000, 1 << 20, 1000);
        try (DirectoryStack stack = new DirectoryStack(bounds, new StackFile(spill))) {
            for (int i = 0; i < 20_000; i++) {
                stack.push(new DirectoryTask(new byte[i < 10_000 ? 60 : 600], null, null));
            }
            assertThat(stack.spilled()).isGreaterThan(15_000);
            assertThat(stack.blocks()).isLessThan(100);
        }
    }

    @Test
    void whatIsSpilledStillKnowsTheDirectoryThatStandsForIt() throws Exception {
        DirectoryTask large = new DirectoryTask(bytes("large"), null, null);
        large.setResumable();
        try (DirectoryStack stack = stack(10)) {
            for (int i = 0; i < 100; i++) {
                DirectoryTask child = new DirectoryTask(bytes("large/" + i), null, large);
                child.waits();
                stack.push(child);
            }
            assertThat(stack.spilled()).isGreaterThan(50);
            List<DirectoryTask> own = new ArrayList<>();
            stack.forEachOfItsOwn(own::add);
            assertThat(own).isEmpty();

            large.emitted();
            for (int i = 0; i < 100; i++) {
                assertThat(large.isFinished()).as("%s are taken", i).isFalse();
                stack.pop().taken();
            }
            assertThat(large.isFinished()).isTrue();
        }
    }

    @Test
    void whatIsSpilledIsOfItsOwnWhenItsParentIsFinished() throws Exception {
        DirectoryTask parent = new DirectoryTask(bytes("p"), null, null);
        try (DirectoryStack stack = stack(10)) {
            for (int i = 0; i < 100; i++) {
                stack.push(new DirectoryTask(bytes("p/" + i), null, parent));
            }
            assertThat(stack.takeOldest(10, 1000)).as("the parent is not emitted yet").isEmpty();
            parent.emitted();
            List<DirectoryTask> own = new ArrayList<>();
            stack.forEachOfItsOwn(own::add);
            assertThat(own).hasSize(100);
            assertThat(stack.takeOldest(10, 1000)).hasSize(10);
        }
    }

    private DirectoryStack stack(int bound) {
        return new DirectoryStack(WalkBounds.DEFAULT.withStack(bound, 1000), new StackFile(spill));
    }

    private static FileIdentity identity(int i) {
        return i % 3 == 0 ? null : new FileIdentity(8, 1, i);
    }

    private static String text(DirectoryTask task) {
        return new String(task.path(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String path) {
        return path.getBytes(StandardCharsets.UTF_8);
    }
}
