package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.Signature;
import io.sluice.common.entry.Stat;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.round.OwedReason;
import io.sluice.pipeline.index.PageMerge.Absence;
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

    private record Known(long inode, long signature, boolean directory, int ofRound) {
        boolean is(int flag) {
            return (ofRound & flag) != 0;
        }

        Known with(int flags) {
            return new Known(inode, signature, directory, flags);
        }
    }

    /** A listed name; {@code stat} is null for a kind without one. */
    private record Listed(String name, EntryKind kind, Stat stat, int errno) {
        boolean isGone() {
            return kind == EntryKind.UNREADABLE && errno == Errno.ENOENT;
        }
    }

    private static final class Recorder implements PageMerge.Decisions {
        final List<String> decisions = new ArrayList<>();
        long directories;
        long gone;
        long replaced;

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
        public void stale(EntryCursor entry) {
            add("stale", entry);
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
        public void directory() {
            directories++;
        }

        @Override
        public void gone() {
            gone++;
        }

        @Override
        public void revived() {
            gone--;
        }

        @Override
        public void replaced() {
            replaced++;
        }

        @Override
        public void unproven(byte[] name, OwedReason reason) {
            decisions.add("owed-" + reason.text() + " " + new String(name, StandardCharsets.UTF_8));
        }
    }

    @Test
    void theMergeDecidesAsTheModelDoes() {
        long seed = System.nanoTime();
        System.out.println("PageMergeTest, seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 30_000; i++) {
            boolean sameRound = random.nextBoolean();
            TreeMap<String, Known> model = known(random);
            byte[] stored = random.nextInt(8) == 0 ? new byte[0] : page(model, sameRound);
            if (stored.length == 0) {
                model.clear();
            }
            List<Listed> listing = listing(random);
            Absence absence = Absence.values()[random.nextInt(3)];
            boolean again = random.nextBoolean();
            boolean once = random.nextBoolean();
            check(
                    new PageMerge(once, TapeUse.NONE),
                    stored,
                    sameRound,
                    model,
                    listing,
                    absence,
                    again,
                    once);
        }
    }

    private static TreeMap<String, Known> known(Random random) {
        int[] marks = {
            0,
            0,
            PageWriter.ANNOUNCED,
            PageWriter.GONE,
            PageWriter.UNSEEN,
            PageWriter.ANNOUNCED | PageWriter.REPLACED
        };
        TreeMap<String, Known> known = new TreeMap<>();
        for (int n = random.nextInt(12); n > 0; n--) {
            int version = random.nextInt(3);
            long inode = random.nextInt(4);
            boolean directory = random.nextBoolean();
            Stat stat =
                    directory ? Children.directory(inode, version) : Children.file(inode, version);
            known.put(
                    name(random),
                    new Known(
                            inode,
                            Signature.of(stat),
                            directory,
                            marks[random.nextInt(marks.length)]));
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
                    int flags = (known.directory ? PageWriter.DIRECTORY : 0) | known.ofRound;
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
            int errno = random.nextBoolean() ? Errno.EACCES : Errno.ENOENT;
            listing.add(new Listed(name(random), kind, kind.hasStat() ? stat : null, errno));
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
                case UNREADABLE -> children.packed().unreadable(name, name.length, listed.errno);
                default -> children.packed().leftOut(name, name.length, listed.kind);
            }
        }
        SortedEntries sorted = new SortedEntries();
        sorted.load(children.packed().toBytes());
        return sorted;
    }

    private static final class Expected {
        final List<String> decisions = new ArrayList<>();
        final TreeMap<String, Known> after = new TreeMap<>();
        long directories;
        long gone;
        long replaced;

        void directory(Listed listed) {
            if (listed.kind == EntryKind.PRESENT && listed.stat.type() == FileType.DIRECTORY) {
                directories++;
            }
        }

        void missing(String name, Known known, Absence means, boolean again) {
            if (known.is(PageWriter.GONE | PageWriter.UNSEEN)) {
                return;
            }
            if (again || known.is(PageWriter.ANNOUNCED)) {
                if (means != Absence.NOTHING) {
                    String reason = means == Absence.PROVES ? "disagreed" : "unsteady";
                    decisions.add("owed-" + reason + " " + name);
                }
            } else if (means == Absence.PROVES) {
                after.put(name, known.with(known.ofRound | PageWriter.GONE));
                gone++;
            } else {
                after.put(name, known.with(known.ofRound | PageWriter.UNSEEN));
                if (means == Absence.UNSTEADY) {
                    decisions.add("owed-unsteady " + name);
                }
            }
        }
    }

    private static Expected expect(
            TreeMap<String, Known> model,
            List<Listed> listing,
            Absence absence,
            boolean again,
            boolean countsOnce) {
        Expected expected = new Expected();
        expected.after.putAll(model);
        // The first with attributes, else the first.
        TreeMap<String, Integer> first = new TreeMap<>();
        for (int i = 0; i < listing.size(); i++) {
            Integer earlier = first.get(listing.get(i).name);
            boolean better = listing.get(i).stat != null;
            if (earlier == null || (better && listing.get(earlier).stat == null)) {
                first.put(listing.get(i).name, i);
            }
        }
        for (int i = 0; i < listing.size(); i++) {
            Listed listed = listing.get(i);
            Listed best = listing.get(first.get(listed.name));
            String name = listed.name;
            if (first.get(name) != i) {
                expected.decisions.add((same(best, listed) ? "repeated " : "disagreed ") + name);
                if (!countsOnce) {
                    expected.directory(listed);
                }
                continue;
            }
            Known known = model.get(name);
            boolean shown =
                    known != null && again && !known.is(PageWriter.GONE | PageWriter.UNSEEN);
            if (listed.stat == null) {
                expected.decisions.add(listed.kind + " " + name);
                if (known != null && listed.isGone()) {
                    expected.missing(name, known, Absence.PROVES, again);
                } else if (known != null
                        && !shown
                        && !known.is(PageWriter.ANNOUNCED | PageWriter.GONE)) {
                    expected.after.put(name, known.with(known.ofRound | PageWriter.UNSEEN));
                }
                continue;
            }
            if (!shown || !known.directory) {
                expected.directory(listed);
            }
            long signature = Signature.of(listed.stat);
            boolean directory = listed.stat.type() == FileType.DIRECTORY;
            if (known == null) {
                expected.decisions.add("NEW " + name);
                expected.after.put(
                        name,
                        new Known(listed.stat.inode(), signature, directory, PageWriter.ANNOUNCED));
            } else if (known.is(PageWriter.GONE)) {
                expected.decisions.add("disagreed " + name);
                expected.after.put(name, known.with(known.ofRound & ~PageWriter.GONE));
                expected.gone--;
            } else if (known.is(PageWriter.ANNOUNCED)) {
                expected.decisions.add(
                        (known.signature == signature ? "repeated " : "disagreed ") + name);
            } else if (known.signature == signature) {
                expected.decisions.add("unchanged " + name);
                expected.after.put(name, known.with(known.ofRound & ~PageWriter.UNSEEN));
            } else {
                expected.decisions.add("CHANGED " + name);
                int replaced = known.directory && !directory ? PageWriter.REPLACED : 0;
                expected.replaced += replaced == 0 ? 0 : 1;
                expected.after.put(
                        name,
                        new Known(
                                listed.stat.inode(),
                                signature,
                                directory,
                                PageWriter.ANNOUNCED | replaced));
            }
        }
        model.forEach(
                (name, known) -> {
                    if (!first.containsKey(name)) {
                        expected.missing(name, known, absence, again);
                    }
                });
        return expected;
    }

    private static void check(
            PageMerge merge,
            byte[] stored,
            boolean sameRound,
            TreeMap<String, Known> stands,
            List<Listed> listing,
            Absence absence,
            boolean again,
            boolean countsOnce) {
        TreeMap<String, Known> model = new TreeMap<>();
        stands.forEach((name, known) -> model.put(name, sameRound ? known : known.with(0)));
        Expected expected = expect(model, listing, absence, again, countsOnce);

        Recorder recorder = new Recorder();
        byte[] made = merge.merge(stored, pack(listing), ROUND, absence, again, recorder);

        assertThat(recorder.decisions).containsExactlyInAnyOrderElementsOf(expected.decisions);
        // Every listed name has one outcome for each time it was listed.
        assertThat(recorder.decisions.stream().filter(line -> !line.startsWith("owed")))
                .hasSize(listing.size());
        assertThat(recorder.directories).isEqualTo(expected.directories);
        assertThat(recorder.gone).isEqualTo(expected.gone);
        assertThat(recorder.replaced).isEqualTo(expected.replaced);
        assertThat(made != null).isEqualTo(!expected.after.equals(model));
        if (made != null) {
            assertThat(read(made)).isEqualTo(expected.after);
            assertThat(merge.count()).isEqualTo(expected.after.size());
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
                            reader.flags() & PageWriter.OF_ROUND));
        }
        return children;
    }
}
