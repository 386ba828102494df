package io.sluice.restore;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenDirectoriesTest {
    @TempDir Path directory;

    private int heldBy(int trees) throws IOException {
        try (Target target = Target.openExisting(bytes(directory.toString()));
                TargetTree tree = new TargetTree(target, false, TargetTree.Making.NONE, trees)) {
            int before = descriptors();
            for (int i = 0; i < 300; i++) {
                assertThat(tree.directory(bytes("d" + i))).isPositive();
            }
            return descriptors() - before;
        }
    }

    /** Of this directory alone: other tests may run beside this one. */
    private int descriptors() throws IOException {
        int count = 0;
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            for (Path fd : open.toList()) {
                try {
                    count += Files.readSymbolicLink(fd).startsWith(directory.toRealPath()) ? 1 : 0;
                } catch (IOException e) {
                    // Closed meanwhile.
                    continue;
                }
            }
        }
        return count;
    }

    @Test
    void treesOfManyShardsHoldFewerDirectoriesOpen() throws IOException {
        assertThat(heldBy(1)).isEqualTo(256);
        assertThat(heldBy(ShardThreads.atOnce(16))).isEqualTo(128);
        assertThat(heldBy(ShardThreads.atOnce(1000))).isEqualTo(32);
    }
}
