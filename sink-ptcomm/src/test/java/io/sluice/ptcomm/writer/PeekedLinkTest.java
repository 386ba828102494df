package io.sluice.ptcomm.writer;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.item.ItemBatch;
import io.sluice.common.posix.RawTree;
import io.sluice.ptcomm.codec.SampleEntry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A later name of an inode that is the first item which does not fit into a slice: its link is
 * decided when that slice is cut, and it goes out with the next. Meanwhile the slice that holds the
 * first name ends.
 */
class PeekedLinkTest {
    /** Two files of this size and no third go into a slice, with their frames. */
    private static final int SPARE_BYTES = 615;

    private RawTree tree;

    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
    }

    @AfterEach
    void removeTree() throws Exception {
        tree.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16})
    void itCarriesTheDataWhenTheFirstNameVanished(int shards) throws Exception {
        List<String> names =
                linkedBehindFiles("a", 2 * BufferSizes.of(shards, 1).slices() - 1, shards);
        Map<String, SampleEntry> stored = run(shards, List.of(names), () -> tree.remove("a"));
        assertThat(stored).doesNotContainKey("a");
        assertThat(stored.get("b").linkTo()).isNull();
    }

    @Test
    void itCarriesTheDataWhenTheFirstNameIsAnotherFile() throws Exception {
        List<String> names = linkedBehindFiles("a", 2 * BufferSizes.of(1, 1).slices() - 1, 1);
        Map<String, SampleEntry> stored =
                run(
                        1,
                        List.of(names),
                        () -> {
                            Files.writeString(path("x"), "something else entirely");
                            Files.move(path("x"), path("a"), StandardCopyOption.REPLACE_EXISTING);
                        });
        assertThat(stored.get("b").linkTo()).isNull();
    }

    @Test
    void itCarriesTheDataWhenTheDirectoryOfTheFirstNameWasRenamed() throws Exception {
        tree.directory("d1");
        List<String> names = linkedBehindFiles("d1/a", 2 * (BufferSizes.of(1, 1).slices() - 1), 1);
        Map<String, SampleEntry> stored =
                run(
                        1,
                        List.of(names.subList(0, 1), names.subList(1, names.size())),
                        () -> Files.move(path("d1"), path("d2")));
        assertThat(stored).doesNotContainKey("d1/a");
        assertThat(stored.get("b").linkTo()).isNull();
    }

    /** First name, files that fill slices by two, and b, the other name. */
    private List<String> linkedBehindFiles(String first, int files, int shards) throws Exception {
        int size = BufferSizes.of(shards, 1).sliceBytes() / 2 - SPARE_BYTES;
        Files.writeString(path(first), "the data");
        Files.createLink(path("b"), path(first));
        List<String> names = new ArrayList<>(List.of(first));
        for (int i = 0; i < files; i++) {
            String name = String.format("f%02d", i);
            Files.write(path(name), new byte[size]);
            names.add(name);
        }
        names.add("b");
        return names;
    }

    private interface Disturbance {
        void happen() throws Exception;
    }

    private Map<String, SampleEntry> run(
            int shards, List<List<String>> batches, Disturbance disturbance) throws Exception {
        MemoryReceivers receivers = new MemoryReceivers();
        try (WriterRig rig =
                WriterRig.withQueues(tree.root(), shards, QueueSizes.SUBTASK, receivers)) {
            List<ItemBatch> looked = new ArrayList<>();
            for (List<String> names : batches) {
                looked.add(rig.look(0, names.toArray(String[]::new)));
            }
            disturbance.happen();
            for (ItemBatch batch : looked) {
                rig.send(batch);
            }
            rig.finish();
        }
        Map<String, SampleEntry> entries = new LinkedHashMap<>();
        for (SampleEntry entry : receivers.entries(0)) {
            entries.put(entry.path(), entry);
        }
        return entries;
    }

    private Path path(String name) {
        return Path.of(new String(tree.root(), StandardCharsets.UTF_8), name);
    }
}
