package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A file of holes costs its data, in the archive and where it is restored. */
class SparseITCase {
    private static final long SIZE = 1L << 40;
    private static final byte[] NAME = Sluice.bytes("tebibyte");
    private static final byte[] DATA = Sluice.bytes("some data\n".repeat(10_000));
    private static final long BOUND_BYTES = 1L << 20;

    @RegisterExtension final Workspace workspace = new Workspace();

    @Test
    void tebibyteOfHolesIsStoredAndRestoredAsHoles() throws IOException {
        TestTree source =
                workspace
                        .source()
                        .sparse(NAME, SIZE, 0, DATA)
                        .write(NAME, SIZE / 2 + 1, DATA)
                        .write(NAME, SIZE - DATA.length, DATA);
        assertThat(source.stat(NAME).blocks() * 512).isLessThan(BOUND_BYTES);

        timed("backup", () -> workspace.backup("--compress", "none"));
        long stored = 0;
        for (Path segment : workspace.segments(1)) {
            stored += Files.size(segment);
        }
        assertThat(stored).isBetween(3L * DATA.length, BOUND_BYTES);
        timed("verify", () -> workspace.verify("--against", workspace.sourcePath()));
        timed("restore", () -> workspace.restore());
        try (TestTree target = TestTree.in(workspace.target())) {
            assertThat(target.stat(NAME).size()).isEqualTo(SIZE);
            assertThat(target.stat(NAME).blocks() * 512).isLessThan(BOUND_BYTES);
            assertThat(
                            TreeComparison.compare(
                                    source.path(),
                                    target.path(),
                                    EnumSet.allOf(TreeComparison.Aspect.class)))
                    .isEmpty();
        }
    }

    private static void timed(String what, Command command) throws IOException {
        long begun = System.nanoTime();
        command.run().succeeds();
        long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        System.out.println("1 TiB of holes: " + what + " " + ms / 1000.0 + " s");
    }

    /** A call of the command. */
    private interface Command {
        Result run() throws IOException;
    }
}
