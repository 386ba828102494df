package io.sluice.scan.reader;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.pattern.Excludes;
import io.sluice.common.pattern.IgnorePatterns;
import io.sluice.common.posix.RawTree;
import io.sluice.scan.ScanOptions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScanExcludesTest {
    private RawTree tree;

    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
    }

    @AfterEach
    void removeTree() throws Exception {
        tree.close();
    }

    private Listings without(List<String> patterns, String... markers) throws Exception {
        Excludes excludes =
                new Excludes(
                        IgnorePatterns.of(patterns.stream().map(RawTree::bytes).toList()),
                        Stream.of(markers).map(RawTree::bytes).toList());
        return ScanRig.readAll(ScanOptions.of(tree.root(), 7, 2).withExcludes(excludes));
    }

    @Test
    void excludedDirectoryIsNamedAndNotListed() throws Exception {
        tree.directory("cache").file("cache/f").directory("cache/d").directory("d");
        tree.directory("d/cache").file("d/cache.c");

        Listings listings = without(List.of("cache/", "!cache/f"));

        assertThat(listings.kinds("")).isEqualTo(Map.of("cache", "EXCLUDED", "d", "PRESENT"));
        assertThat(listings.kinds("d"))
                .isEqualTo(Map.of("cache", "EXCLUDED", "cache.c", "PRESENT"));
        assertThat(listings.directories()).containsExactly("", "/", "d");
        assertThat(listings.countOfNames()).isEqualTo(5);
    }

    @Test
    void patternsAreAnchoredAtTheRootAndKnowTypes() throws Exception {
        tree.directory("a").file("a/x").file("a/y.o").directory("b").directory("b/a").file("b/a/x");
        tree.directory("b/o.o").symlink("b/x", "a").fifo("b/f.o");

        Listings listings = without(List.of("/a/*", "!y.*", "*.o/", "/b/x/"));

        assertThat(listings.kinds("a")).isEqualTo(Map.of("x", "EXCLUDED", "y.o", "PRESENT"));
        assertThat(listings.kinds("b"))
                .as("a link to a directory is none")
                .isEqualTo(
                        Map.of(
                                "a",
                                "PRESENT",
                                "o.o",
                                "EXCLUDED",
                                "x",
                                "PRESENT",
                                "f.o",
                                "PRESENT"));
        assertThat(listings.kinds("b/a")).isEqualTo(Map.of("x", "PRESENT"));
    }

    @Test
    void nameThatNoCharsetSpellsIsMatchedByItsBytes() throws Exception {
        tree.file(new byte[] {'n', (byte) 0xff}).file(new byte[] {'n', (byte) 0xfe});
        Excludes excludes =
                new Excludes(IgnorePatterns.of(List.of(new byte[] {'?', (byte) 0xff})), List.of());

        Listings listings =
                ScanRig.readAll(ScanOptions.of(tree.root(), 7, 1).withExcludes(excludes));

        assertThat(listings.kinds("")).isEqualTo(Map.of("n\\xff", "EXCLUDED", "n\\xfe", "PRESENT"));
    }

    @Test
    void everythingMayBeExcludedButTheRoot() throws Exception {
        tree.directory("a").file("b");

        Listings listings = without(List.of("*"));

        assertThat(listings.kinds("/")).isEqualTo(Map.of("", "PRESENT"));
        assertThat(listings.kinds("")).isEqualTo(Map.of("a", "EXCLUDED", "b", "EXCLUDED"));
    }

    @Test
    void markerKeepsItsDirectoryAndItself() throws Exception {
        tree.directory("d").file("d/.nobackup").file("d/f").directory("d/e").file("d/e/f");
        tree.directory("link").symlink("link/.nobackup", "nowhere").file("link/f");
        tree.directory("other").directory("other/.nobackup").file("other/f");

        Listings listings = without(List.of(), ".nobackup", "CACHEDIR.TAG");

        assertThat(listings.kinds("d"))
                .isEqualTo(Map.of(".nobackup", "PRESENT", "f", "EXCLUDED", "e", "EXCLUDED"));
        assertThat(listings.kinds("link"))
                .isEqualTo(Map.of(".nobackup", "PRESENT", "f", "EXCLUDED"));
        assertThat(listings.kinds("other"))
                .as("a directory of that name marks nothing")
                .isEqualTo(Map.of(".nobackup", "PRESENT", "f", "PRESENT"));
        assertThat(listings.directories()).doesNotContain("d/e");
    }

    @Test
    void markerThatAPatternExcludesStillMarks() throws Exception {
        tree.directory("d").file("d/.nobackup").file("d/f");

        Listings listings = without(List.of(".no*"), ".nobackup");

        assertThat(listings.kinds("d")).isEqualTo(Map.of(".nobackup", "EXCLUDED", "f", "EXCLUDED"));
    }

    @Test
    void markerInTheRootLeavesOutAllOfIt() throws Exception {
        tree.file(".nobackup").file("f");

        assertThat(without(List.of(), ".nobackup").kinds(""))
                .isEqualTo(Map.of(".nobackup", "PRESENT", "f", "EXCLUDED"));
    }
}
