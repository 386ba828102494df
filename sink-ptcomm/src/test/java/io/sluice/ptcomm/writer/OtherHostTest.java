package io.sluice.ptcomm.writer;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.Stat;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.RootIdentity;
import io.sluice.common.round.Content;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.codec.SampleEntry;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A writer on a host where the filesystem has another device number than where it was scanned. */
class OtherHostTest {
    private static final int MINOR = 4711;

    @TempDir Path temporary;

    @Test
    void namesOfOneFileAreLinkedWhereverTheyWereSeen() throws Exception {
        MemoryReceivers receivers = new MemoryReceivers();
        try (TestTree tree = TestTree.in(temporary.resolve("tree"))) {
            tree.file("a", "content").link("b", "a").file("large", "x".repeat(600_000));
            tree.link("later", "large");
            int fd = Posix.open(Posix.AT_FDCWD, tree.path(), Posix.O_PATH, 0);
            RootIdentity here = RootIdentity.of(fd);
            Posix.close(fd);
            RootIdentity there =
                    new RootIdentity(
                            "another boot",
                            here.filesystemType(),
                            new FileIdentity(0, MINOR, here.directory().inode()));
            WriterOptions options =
                    new WriterOptions(
                            tree.path(),
                            new byte[0],
                            1,
                            WriterRig.ROUND,
                            "run-1",
                            Content.FULL,
                            false,
                            2,
                            there,
                            System.currentTimeMillis());
            try (WriterRig rig = WriterRig.of(options, receivers)) {
                ItemPacker packer = new ItemPacker();
                for (String name : List.of("a", "b", "large", "later")) {
                    Stat stat = seenThere(WriterRig.stat(tree.path(), name));
                    WriterRig.add(packer, bytes(name), stat, null);
                }
                rig.send(packer.take(new byte[0], 0)).finish();
                assertThat(rig.notes()).isEmpty();
                assertThat(rig.counts()).containsEntry("links", 2L);
            }
        }
        Map<String, SampleEntry> entries = new HashMap<>();
        for (SampleEntry entry : receivers.entries(0)) {
            entries.put(entry.path(), entry);
            assertThat(entry.stat().deviceMinor()).as(entry.path()).isEqualTo(MINOR);
        }
        assertThat(entries.get("b").linkTo()).isEqualTo("a");
        assertThat(entries.get("later").linkTo()).isEqualTo("large");
    }

    private static Stat seenThere(Stat stat) {
        return new Stat(
                stat.mode(),
                stat.links(),
                stat.uid(),
                stat.gid(),
                stat.inode(),
                stat.size(),
                stat.accessed(),
                stat.modified(),
                stat.changed(),
                stat.born(),
                0,
                MINOR,
                stat.rdevMajor(),
                stat.rdevMinor());
    }
}
