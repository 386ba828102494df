package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.Signature;
import io.sluice.common.entry.Stat;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.FileType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The merge against a model of maps. */
class PageMergeTest {
    private static final long ROUND = 9;

    private record Known(long inode, long signature, boolean directory, boolean announced) {}

    /** A listed name; {@code stat} is null for a kind without one. */
    private record Listed(String name, EntryKind kind, Stat stat) {}

    private static final class Recorder implements PageMerge.Decisions {
        final List<String> decisions = new ArrayList<>();

        private void add(String decision, EntryCursor entry) {
            decisions.add(decision + " " + new String(entry.name(), StandardCharsets.UTF_8));
        }

        @Override
        public void announce(Reason reason, EntryCursor entry) {
            add(reason.name(), entry);
        }

        @Override
        public void unchanged(EntryCursor entry) {
            add("unchanged", entry);
        }

        @Override
        public void repeated(EntryCursor entry) {
            add("repeated", entry);
        }

        @Override
        public void disagreed(EntryCursor entry) {
            add("disagreed", entry);
        }

        @Override
        public void withoutStat(EntryCursor entry) {
            add(entry.kind().name(), entry);
        }

        @Override
        public void absent(byte[] nameBuffer, int nameLength, boolean announcedInThisRound) {
            decisions.add(
                    (announcedInThisRound ? "absent-announced " : "absent ")
                            + new String(nameBuffer, 0, nameLength, StandardCharsets.UTF_8));
        }
    }

    @Test
    void theMergeDecidesAsTheModelDoes() {
        long seed = System.nanoTime();
        System.out.println("PageMergeTest, seed " + seed);
        Random random = new Random(seed);
        PageMerge merge = new PageMerge();
        for (int i = 0; i < 20_000; i++) {
            boolean sameRound = random.nextBoolean();
            TreeMap<String, Known> model = known(random);
            byte[] stored = random.nextInt(8) == 0 ? new byte[0] : page(model, sameRound);
            if (stored.length == 0) {
                model.clear();
            }
            List<Listed> listing = listing(random);
            check(merge, stored, sameRound, model, listing);
        }
    }

    private static TreeMap<String, Known> known(Random random) {
        TreeMap<String, Known> known = new TreeMap<>();
        for (int n = random.nextInt(12); n > 0; n--) {
            int version = random.nextInt(3);
            long inode = random.nextInt(4);
            boolean directory = random.nextBoolean();
            Stat stat =
                    directory ? Children.directory(inode, version) : Children.file(inode, version);
            known.put(
                    name(random),
                    new Known(inode, Signature.of(stat), directory, random.nextBoolean()));
        }
        return known;
    }

    private static String name(Random random) {
        return "n" + "x".repeat(random.nextInt(3)) + random.nextInt(6);
    }

    private static byte[] page(TreeMap<String, Known> children, boolean sameRound) {
        PageWriter writer = new PageWriter();
        writer.start(sameRound ? ROUND : ROUND - 1);
        children.forEach(
                (name, known) -> {
                    int flags =
                            (known.directory ? PageWriter.DIRECTORY : 0)
                                    | (known.announced ? PageWriter.ANNOUNCED : 0);
                    byte[] bytes = bytes(name);
                    writer.add(bytes, 0, bytes.length, known.inode, known.signature, flags);
                });
        return writer.toBytes();
    }

    private static List<Listed> listing(Random random) {
        List<Listed> listing = new ArrayList<>();
        for (int n = random.nextInt(14); n > 0; n--) {
            EntryKind kind = EntryKind.values()[random.nextInt(EntryKind.GONE.ordinal())];
            long inode = random.nextInt(4);
            int version = random.nextInt(3);
            Stat stat =
                    random.nextBoolean()
                            ? Children.directory(inode, version)
                            : Children.file(inode, version);
            listing.add(new Listed(name(random), kind, kind.hasStat() ? stat : null));
        }
        return listing;
    }

    private static SortedEntries pack(List<Listed> listing) {
        Children children = new Children();
        for (Listed listed : listing) {
            byte[] name = bytes(listed.name);
            switch (listed.kind) {
                case PRESENT -> children.present(name, listed.stat);
                case MOUNT -> children.packed().mount(name, name.length, listed.stat);
                case UNREADABLE -> children.packed().unreadable(name, name.length, 13);
                default -> children.packed().leftOut(name, name.length, listed.kind);
            }
        }
        SortedEntries sorted = new SortedEntries();
        sorted.load(children.packed().toBytes());
        return sorted;
    }

    private static void check(
            PageMerge merge,
            byte[] stored,
            boolean sameRound,
            TreeMap<String, Known> model,
            List<Listed> listing) {
        List<String> expected = new ArrayList<>();
        TreeMap<String, Known> after = new TreeMap<>();
        model.forEach(
                (name, known) ->
                        after.put(
                                name,
                                new Known(
                                        known.inode,
                                        known.signature,
                                        known.directory,
                                        known.announced && sameRound)));
        boolean changed = false;
        TreeMap<String, Listed> first = new TreeMap<>();
        for (Listed listed : listing) {
            Listed earlier = first.putIfAbsent(listed.name, listed);
            if (earlier != null) {
                expected.add((same(earlier, listed) ? "repeated " : "disagreed ") + listed.name);
                continue;
            }
            Known known = model.get(listed.name);
            if (listed.stat == null) {
                expected.add(listed.kind + " " + listed.name);
                continue;
            }
            long signature = Signature.of(listed.stat);
            boolean announced = known != null && sameRound && known.announced;
            if (known != null && known.signature == signature) {
                expected.add((announced ? "repeated " : "unchanged ") + listed.name);
            } else if (announced) {
                expected.add("disagreed " + listed.name);
            } else {
                expected.add((known == null ? "NEW " : "CHANGED ") + listed.name);
                after.put(
                        listed.name,
                        new Known(
                                listed.stat.inode(),
                                signature,
                                listed.stat.type() == FileType.DIRECTORY,
                                true));
                changed = true;
            }
        }
        model.forEach(
                (name, known) -> {
                    if (!first.containsKey(name)) {
                        boolean announced = sameRound && known.announced;
                        expected.add((announced ? "absent-announced " : "absent ") + name);
                    }
                });

        Recorder recorder = new Recorder();
        byte[] made = merge.merge(stored, pack(listing), ROUND, recorder);

        assertThat(recorder.decisions).containsExactlyInAnyOrderElementsOf(expected);
        // Every listed name has one outcome for each time it was listed.
        assertThat(recorder.decisions.stream().filter(line -> !line.startsWith("absent")))
                .hasSize(listing.size());
        assertThat(made != null).isEqualTo(changed);
        if (changed) {
            assertThat(read(made)).isEqualTo(after);
            assertThat(merge.count()).isEqualTo(after.size());
        }
    }

    private static boolean same(Listed a, Listed b) {
        if (a.stat == null || b.stat == null) {
            return a.stat == null && b.stat == null;
        }
        return Signature.of(a.stat) == Signature.of(b.stat);
    }

    private static Map<String, Known> read(byte[] page) {
        PageReader reader = new PageReader();
        reader.start(page);
        assertThat(reader.round()).isEqualTo(ROUND);
        Map<String, Known> children = new TreeMap<>();
        while (reader.next()) {
            byte[] name = Arrays.copyOf(reader.nameBuffer(), reader.nameLength());
            children.put(
                    new String(name, StandardCharsets.UTF_8),
                    new Known(
                            reader.inode(),
                            reader.signature(),
                            reader.isDirectory(),
                            reader.isAnnounced()));
        }
        return children;
    }
}
