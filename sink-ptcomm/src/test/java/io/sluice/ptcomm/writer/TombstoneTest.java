package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.RawTree;
import io.sluice.common.round.Content;
import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.codec.SampleEntry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Names that are gone, between others that are not. */
@Timeout(120)
class TombstoneTest {
    private RawTree tree;
    private final MemoryReceivers receivers = new MemoryReceivers();

    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
    }

    @AfterEach
    void removeTree() throws Exception {
        tree.close();
    }

    /** What the index says of a name that it knew by its inode. */
    static void addGone(ItemPacker packer, Reason reason, byte[] name, long inode) {
        PackedEntries packed = new PackedEntries(256);
        packed.gone(name, name.length, inode);
        EntryCursor cursor = new EntryCursor().reset(packed.toBytes());
        cursor.next();
        packer.add(reason, cursor);
    }

    private List<SampleEntry> sent(Content content, ItemBatch... batches) throws Exception {
        try (WriterRig rig = new WriterRig(tree.root(), 1, content, receivers)) {
            for (ItemBatch batch : batches) {
                rig.send(batch);
            }
            rig.finish();
            assertThat(rig.counts())
                    .containsEntry("items", 4L)
                    .containsEntry("deleted", 2L)
                    .containsEntry("stored.f", 2L)
                    .containsEntry("bytes", content == Content.FULL ? 7L : 0L)
                    .doesNotContainKey("skipped.vanished");
            assertThat(rig.notes()).isEmpty();
            assertThat(rig.receipts()).extracting(Receipt::entries).containsExactly(4L);
        }
        return receivers.entries(0);
    }

    private ItemPacker retried(String name, String content) throws Exception {
        Files.writeString(Path.of(new String(tree.root(), StandardCharsets.UTF_8), name), content);
        ItemPacker packer = new ItemPacker();
        PackedEntries packed = new PackedEntries(256);
        packed.present(bytes(name), name.length(), WriterRig.stat(tree.root(), name), null);
        EntryCursor cursor = new EntryCursor().reset(packed.toBytes());
        cursor.next();
        packer.add(Reason.RETRIED, cursor);
        return packer;
    }

    /** They are there, as it happens: what a tombstone names is not looked at. */
    @ParameterizedTest
    @EnumSource
    void namesThatAreGoneBecomeTombstonesInTheOrderOfTheItems(Content content) throws Exception {
        ItemPacker packer = retried("a", "one");
        tree.file("gone").directory("dir");
        addGone(packer, Reason.GONE, bytes("gone"), 17);
        addGone(packer, Reason.GONE_DIRECTORY, bytes("dir"), 0);
        ItemBatch first = packer.take(new byte[0], 0);
        ItemBatch second = retried("b", "four").take(new byte[0], 0);

        List<SampleEntry> entries = sent(content, first, second);

        assertThat(entries).hasSize(4);
        assertThat(entries).extracting(SampleEntry::path).containsExactly("a", "gone", "dir/", "b");
        assertThat(entries.get(1)).isEqualTo(SampleEntry.tombstone("gone", false));
        assertThat(entries.get(2)).isEqualTo(SampleEntry.tombstone("dir", true));
        assertThat(entries.get(3).data()).isEqualTo(content == Content.FULL ? "four" : "");
    }

    /** The writing thread sends what the slice's buffer has no room for. */
    @Test
    void aTombstoneThatDoesNotFitIntoASliceIsSentByItself() throws Exception {
        byte[] deep = bytes(("d".repeat(199) + "/").repeat(6_000) + "d");
        ItemPacker packer = new ItemPacker();
        addGone(packer, Reason.GONE, bytes("tooLongForAnyFrame"), 1);
        ItemBatch beyondAFrame = packer.take(deep, 0);
        byte[] long1 = bytes(("d".repeat(199) + "/").repeat(4_990) + "d");
        addGone(packer, Reason.GONE, bytes("x".repeat(100)), 1);
        ItemBatch nearlyAFrame = packer.take(long1, 0);
        try (WriterRig rig = new WriterRig(tree.root(), 20, Content.FULL, receivers)) {
            rig.send(beyondAFrame).send(nearlyAFrame).finish();
            assertThat(rig.counts())
                    .containsEntry("items", 2L)
                    .containsEntry("deleted", 1L)
                    .containsEntry("failed.ENAMETOOLONG", 1L);
        }
        assertThat(receivers.entries(0))
                .extracting(SampleEntry::path)
                .containsExactly(new String(long1, StandardCharsets.UTF_8) + "/" + "x".repeat(100));
    }
}
