package io.sluice.ptcomm.codec;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Generates entries of every kind, with names, times and numbers at their limits. */
final class Samples {
    private static final int[] OTHER_TYPES = {
        0040000, 0120000, 0010000, 0140000, 0020000, 0060000, 0100000
    };

    private Samples() {}

    static Arbitrary<List<SampleEntry>> entries() {
        return Arbitraries.oneOf(List.of(files(), others(), tombstones())).list().ofMaxSize(8);
    }

    private static Arbitrary<String> names() {
        return Arbitraries.strings()
                .withCharRange('\1', '\u00ff')
                .withChars('\n', ' ', '.', '\u00ff', ':', 'F', '0')
                .excludeChars('/')
                .ofMinLength(1)
                .ofMaxLength(12)
                .filter(n -> !n.equals(".") && !n.equals(".."));
    }

    private static Arbitrary<String> paths() {
        return names().list().ofMinSize(1).ofMaxSize(5).map(n -> String.join("/", n));
    }

    private static Arbitrary<Timestamp> times() {
        return Combinators.combine(
                        Arbitraries.longs(), Arbitraries.integers().between(0, 999_999_999))
                .as(Timestamp::new);
    }

    private static Arbitrary<Stat> stats() {
        return Combinators.combine(
                        Arbitraries.integers().list().ofSize(8),
                        Arbitraries.longs(),
                        times().list().ofSize(3),
                        times().injectNull(0.3))
                .as(
                        (n, inode, t, born) ->
                                new Stat(
                                        n.get(0) & 07777,
                                        n.get(1),
                                        n.get(2),
                                        n.get(3),
                                        inode,
                                        0,
                                        t.get(0),
                                        t.get(1),
                                        t.get(2),
                                        born,
                                        n.get(4),
                                        n.get(5),
                                        n.get(6),
                                        n.get(7)));
    }

    private static Stat with(Stat s, int type, long size) {
        return new Stat(
                type | s.mode(),
                s.links(),
                s.uid(),
                s.gid(),
                s.inode(),
                size,
                s.accessed(),
                s.modified(),
                s.changed(),
                s.born(),
                s.deviceMajor(),
                s.deviceMinor(),
                s.rdevMajor(),
                s.rdevMinor());
    }

    private static Arbitrary<String> data() {
        return Arbitraries.strings().withCharRange('\0', '\u00ff').ofMinLength(1).ofMaxLength(300);
    }

    private static Arbitrary<List<String>> blocks() {
        Arbitrary<String> kinds = Arbitraries.of("ACL", "XATTR", "LAYOUT", "HSM");
        Arbitrary<String> hex =
                Arbitraries.strings()
                        .withChars("0123456789abcdef")
                        .ofMaxLength(40)
                        .map(h -> h.length() % 2 == 0 ? h : h + "0");
        return Combinators.combine(kinds, hex).as((k, h) -> k + " " + h).list().ofMaxSize(3);
    }

    private static Arbitrary<SampleEntry> files() {
        Arbitrary<List<Long>> gaps =
                Arbitraries.longs().between(0, 1L << 55).list().ofMaxSize(5).injectNull(0.4);
        Arbitrary<String> torn =
                Arbitraries.of("5 input/output error (EIO)", "0 it changed").injectNull(0.7);
        return Combinators.combine(paths(), stats(), data(), gaps, torn, blocks())
                .as(
                        (path, stat, data, holes, tear, blocks) -> {
                            List<Long> extents = new ArrayList<>();
                            long size = data.length();
                            String content = data;
                            if (holes != null && holes.isEmpty()) {
                                size = 1L << 60;
                                content = "";
                                extents.addAll(List.of(size, 0L));
                            } else if (holes != null) {
                                long at = 0;
                                int rest = data.length();
                                for (int i = 0; i < holes.size() && rest > 0; i++) {
                                    long length = i == holes.size() - 1 ? rest : 1 + rest / 3;
                                    extents.add(at + holes.get(i));
                                    extents.add(length);
                                    at += holes.get(i) + length;
                                    rest -= (int) length;
                                }
                                size = at + holes.get(0);
                                content = data.substring(0, data.length() - rest);
                            }
                            return new SampleEntry(
                                    path,
                                    with(stat, 0100000, size),
                                    null,
                                    null,
                                    List.copyOf(extents),
                                    content,
                                    tear,
                                    blocks,
                                    DataState.INTACT,
                                    false);
                        });
    }

    private static Arbitrary<SampleEntry> others() {
        return Combinators.combine(
                        paths(),
                        stats(),
                        Arbitraries.integers().between(0, 7),
                        names(),
                        paths(),
                        blocks())
                .as(
                        (path, stat, which, target, linkTo, blocks) -> {
                            // The last: a file of which only the attributes are told.
                            boolean metadata = which == 7;
                            int type = metadata ? 0100000 : OTHER_TYPES[which];
                            boolean link = type != 0040000 && stat.mode() % 3 == 0;
                            boolean symlink = type == 0120000;
                            long size = metadata ? Long.MAX_VALUE : symlink ? target.length() : 0;
                            return new SampleEntry(
                                    stat.mode() % 16 == 1 && type == 0040000 ? "" : path,
                                    with(stat, type, size),
                                    symlink && !link ? target : null,
                                    link ? linkTo : null,
                                    List.of(),
                                    "",
                                    null,
                                    blocks,
                                    DataState.INTACT,
                                    false);
                        });
    }

    private static Arbitrary<SampleEntry> tombstones() {
        return Combinators.combine(paths(), Arbitraries.of(true, false)).as(SampleEntry::tombstone);
    }
}
