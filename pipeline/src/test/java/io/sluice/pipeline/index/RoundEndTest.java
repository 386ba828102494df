package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Change;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import io.sluice.common.testing.Seeds;
import io.sluice.common.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;

/**
 * Rounds over a random tree, in several subtasks that change their number, with checkpoints and
 * failures at any moment: what goes out is what a model says, each once.
 */
class RoundEndTest {
    private static final int SEEDS = Integer.getInteger("sluice.round-end.seeds", 24);

    /** A name: its inode, its version, and whether it is a directory. */
    private record Node(long inode, int version, boolean directory) {}

    private final TreeMap<String, Node> tree = new TreeMap<>();
    private long nextInode = 1;

    @Test
    void whatIsGoneIsDeletedOnceWhateverFails() throws Exception {
        long seed = Long.getLong("sluice.round-end.seed", System.nanoTime());
        int failures = 0;
        int checkpoints = 0;
        int withheld = 0;
        for (int i = 0; i < SEEDS; i++) {
            System.out.println("RoundEndTest, seed " + (seed + i));
            int[] happened = new RoundEndTest().run(Seeds.random(seed + i));
            failures += happened[0];
            checkpoints += happened[1];
            withheld += happened[2];
        }
        System.out.println(
                failures + " failures, " + checkpoints + " checkpoints, " + withheld + " withheld");
        assertThat(failures).isGreaterThan(SEEDS / 2);
        assertThat(withheld).isPositive();
    }

    private int[] run(Random random) throws Exception {
        grow(random, 60 + random.nextInt(400));
        int failures = 0;
        int checkpoints = 0;
        int withheldRounds = 0;
        OperatorSubtaskState state = null;
        TreeMap<String, Node> known = new TreeMap<>();
        int former = 0;
        for (int round = 1; round <= 4; round++) {
            if (round > 1) {
                change(random);
            }
            int parallelism = 1 + random.nextInt(3);
            boolean accept = random.nextInt(3) > 0;
            IndexOptions options =
                    new IndexOptions(
                            round,
                            "run-" + round,
                            3,
                            round == 1
                                    ? null
                                    : new IndexOptions.Base(
                                            round - 1, "run-" + (round - 1), known.size(), 0),
                            accept);
            TreeSet<String> expected = new TreeSet<>();
            TreeMap<String, Node> after = new TreeMap<>(known);
            boolean withheld = expect(known, after, expected, options.deletions());
            withheldRounds += withheld ? 1 : 0;
            try (IndexCluster cluster =
                    new IndexCluster(random, options, parallelism, former, state)) {
                List<Change> listings = listings(random);
                int sent = 0;
                int sentAtCheckpoint = 0;
                while (true) {
                    if (sent < listings.size()) {
                        cluster.send(listings.get(sent++));
                        if (sent == listings.size()) {
                            cluster.watermark();
                        }
                    } else if (!cluster.step()) {
                        assertThat(cluster.isOver()).as("the round's end").isTrue();
                        break;
                    }
                    int dice = random.nextInt(sent < listings.size() ? 200 : 30);
                    if (dice == 0) {
                        cluster.checkpoint();
                        checkpoints++;
                        sentAtCheckpoint = sent;
                    } else if (dice == 1 && cluster.hasCheckpoint() && failures < 12) {
                        cluster.fail();
                        failures++;
                        sent = Math.min(sentAtCheckpoint, listings.size() - 1);
                        if (sentAtCheckpoint == listings.size()) {
                            // Nothing is listed again, but the watermark comes again.
                            sent = listings.size();
                            cluster.watermark();
                        }
                    }
                }
                assertThat(items(cluster.items()))
                        .as("round " + round)
                        .isEqualTo(List.copyOf(expected));
                checkCounts(cluster.events(), expected, after, known, withheld);
                state = cluster.savepoint();
                former = parallelism;
            }
            known = after;
        }
        return new int[] {failures, checkpoints, withheldRounds};
    }

    /** What the round puts out, and what is known afterwards; whether deletions are withheld. */
    private boolean expect(
            TreeMap<String, Node> known,
            TreeMap<String, Node> after,
            TreeSet<String> expected,
            DeletionLimit limit) {
        List<String> gone = new ArrayList<>();
        List<String> replaced = new ArrayList<>();
        known.forEach(
                (path, node) -> {
                    if (!tree.containsKey(path)) {
                        (isBelowAReplaced(path, known) ? replaced : gone).add(path);
                    }
                });
        boolean withheld = limit.judge(gone.size()).withheld();
        List<String> deleted = new ArrayList<>(replaced);
        if (!withheld) {
            deleted.addAll(gone);
        }
        for (String path : deleted) {
            Node node = known.get(path);
            expected.add((node.directory ? "GONE_DIRECTORY " : "GONE ") + path);
            after.remove(path);
        }
        tree.forEach(
                (path, node) -> {
                    Node before = known.get(path);
                    if (!node.equals(before)) {
                        expected.add((before == null ? "NEW " : "CHANGED ") + path);
                        after.put(path, node);
                    }
                });
        return withheld;
    }

    /** Whether a directory on the way to it is something else now. */
    private boolean isBelowAReplaced(String path, TreeMap<String, Node> known) {
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
            String above = path.substring(0, slash);
            Node now = tree.get(above);
            if (now != null && !now.directory && known.get(above).directory) {
                return true;
            }
        }
        return false;
    }

    private static void checkCounts(
            List<RoundEvent> events,
            TreeSet<String> expected,
            TreeMap<String, Node> after,
            TreeMap<String, Node> known,
            boolean withheld) {
        TreeMap<Integer, Tally> tallies = new TreeMap<>();
        for (RoundEvent event : events) {
            if (event instanceof Tally tally) {
                tallies.put(tally.number(), tally);
            }
        }
        IndexCounts sum = new IndexCounts();
        tallies.values().forEach(tally -> sum.addAll(tally.counts()));
        assertThat(sum.get(IndexCount.ITEMS)).isEqualTo(expected.size());
        assertThat(known.size() + sum.get(IndexCount.NEW) - sum.get(IndexCount.DELETED))
                .isEqualTo(after.size());
        assertThat(sum.get(IndexCount.WITHHELD) > 0).isEqualTo(withheld);
        assertThat(sum.get(IndexCount.DIRECTORIES) + 1)
                .isEqualTo(sum.get(IndexCount.LISTED_DISTINCT));
    }

    private static List<String> items(List<ItemBatch> batches) {
        List<String> items = new ArrayList<>();
        for (ItemBatch batch : batches) {
            ItemBatch.Cursor cursor = batch.cursor();
            while (cursor.hasNext()) {
                cursor.advance();
                byte[] path = DirectoryPath.child(batch.directory(), cursor.entry().name());
                items.add(cursor.reason() + " " + Text.escape(path));
            }
        }
        items.sort(null);
        return items;
    }

    /** Each directory's listing, whole or in parts, in any order. */
    private List<Change> listings(Random random) {
        Map<String, Children> directories = new TreeMap<>();
        directories.put("", new Children());
        tree.forEach(
                (path, node) -> {
                    if (node.directory) {
                        directories.putIfAbsent(path, new Children());
                    }
                    int slash = path.lastIndexOf('/');
                    Children in =
                            directories.computeIfAbsent(
                                    slash < 0 ? "" : path.substring(0, slash),
                                    any -> new Children());
                    String name = path.substring(slash + 1);
                    if (node.directory) {
                        in.directory(name, node.inode, node.version);
                    } else {
                        in.file(name, node.inode, node.version);
                    }
                });
        List<List<Change>> groups = new ArrayList<>();
        directories.forEach(
                (path, children) -> {
                    byte[] packed = children.packed().toBytes();
                    int count = children.packed().count();
                    if (random.nextInt(5) > 0) {
                        groups.add(List.of(Listing.whole(bytes(path), false, count, packed)));
                    } else {
                        long id = random.nextLong();
                        byte[] none = {};
                        groups.add(
                                List.of(
                                        new Listing(bytes(path), id, 0, 0, false, 0, count, packed),
                                        new Listing(bytes(path), id, 1, 2, false, 0, 0, none)));
                    }
                });
        List<Change> all = new ArrayList<>();
        while (!groups.isEmpty()) {
            all.addAll(groups.remove(random.nextInt(groups.size())));
        }
        return all;
    }

    private void grow(Random random, int names) {
        List<String> directories = new ArrayList<>(List.of(""));
        tree.forEach(
                (path, node) -> {
                    if (node.directory) {
                        directories.add(path);
                    }
                });
        for (int i = 0; i < names; i++) {
            String in = directories.get(random.nextInt(directories.size()));
            String path = (in.isEmpty() ? "" : in + "/") + "n" + nextInode;
            boolean directory = random.nextInt(4) == 0;
            tree.put(path, new Node(nextInode++, 1, directory));
            if (directory) {
                directories.add(path);
            }
        }
    }

    private void change(Random random) {
        grow(random, random.nextInt(40));
        for (int n = random.nextInt(12); n > 0 && !tree.isEmpty(); n--) {
            String path = List.copyOf(tree.keySet()).get(random.nextInt(tree.size()));
            Node node = tree.get(path);
            switch (random.nextInt(4)) {
                case 0 -> tree.put(path, new Node(node.inode, node.version + 1, node.directory));
                case 1 -> {
                    removeBelow(path);
                    tree.remove(path);
                }
                case 2 -> {
                    // Something else under the same name.
                    removeBelow(path);
                    tree.put(path, new Node(nextInode++, 1, !node.directory));
                }
                default -> {
                    if (random.nextInt(3) == 0) {
                        tree.keySet().removeIf(other -> other.startsWith("n"));
                        grow(random, 1 + random.nextInt(50));
                        return;
                    }
                }
            }
        }
    }

    private void removeBelow(String path) {
        tree.subMap(path + "/", path + "0").clear();
    }
}
