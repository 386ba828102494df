package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import io.sluice.common.pattern.Excludes;
import io.sluice.pipeline.launch.Launcher;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * What Lustre's changelogs do not tell: a closed list. Each shows what becomes of it; the rows of
 * the table in docs/sources.md have the same names.
 */
enum BlindSpot {
    /** A record comes with the close alone. */
    OPEN_FOR_WRITING("a file open for writing", Met.WHEN_TOLD) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            Path file = site.file("open");
            site.base();
            try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
                open.write(ByteBuffer.wrap(new byte[3000]));
                open.force(true);
                site.expectMissed("open");
            }
            site.expectFound();
        }
    },

    /** The client holds the last close of a file back that is opened often. */
    CLOSE_KEPT_BACK("a close that the client keeps back", Met.WHEN_TOLD) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            Path file = site.file("late");
            site.base();
            site.lustre().ctl("set", "opencache_ms", 60_000);
            Files.writeString(file, "more", StandardOpenOption.APPEND);
            site.expectMissed("late");
            site.lustre().ctl("close-now");
            site.expectFound();
        }
    },

    /** The descriptor is closed, the mapping is not. */
    MAPPED_FOR_WRITING("a file mapped for writing", Met.WHEN_TOLD) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            Path file = site.file("mapped");
            site.base();
            try (SharedMapping mapping = SharedMapping.of(file)) {
                mapping.set(0, (byte) 'X');
                site.expectMissed("mapped");
            }
            site.expectFound();
        }
    },

    SILENT_CLIENT("clients in a nodemap without `audit_mode`", Met.BY_A_SCAN) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            Path file = site.file("silent");
            site.base();
            site.lustre().ctl("set", "audit", 0);
            Files.writeString(file, "more", StandardOpenOption.APPEND);
            Files.writeString(file.resolveSibling("new"), "new");
            site.lustre().ctl("set", "audit", 1);
            site.expectMissed("", "new", "silent");
            site.expectMissed("", "new", "silent");
            site.expectScanned();
        }
    },

    NARROW_MASK("a mask that leaves out types", Met.BY_A_SCAN) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            Path file = site.file("masked");
            site.base();
            site.mask(BlindSpotSite.WITHOUT_SETATTR);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
            site.mask(BlindSpotSite.USUAL_MASK);
            site.expectMissed("masked");
            site.expectScanned();
        }
    },

    TIMES_RECORDED_ONCE("changes of times after one that has a record", Met.ALWAYS) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            Path file = site.file("times");
            site.base();
            for (int round = 1; round <= 2; round++) {
                // Armed by the round before.
                site.expectRecords(1, () -> touch(file, 1_600_000_000));
                long seconds = 1_600_000_000L + round;
                site.expectRecords(0, () -> touch(file, seconds));
                site.expectFound();
            }
        }
    },

    ACLS_RECORDED_ONCE("changes of ACLs after one that has a record", Met.ALWAYS) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            site.file("acl");
            site.base();
            for (int round = 1; round <= 2; round++) {
                int mask = 5 + round;
                site.expectRecords(1, () -> site.acl("acl", 4));
                site.expectRecords(0, () -> site.acl("acl", mask));
                site.expectFound();
            }
        }
    },

    BELOW_A_MOVED_DIRECTORY("what lies below a directory that was moved", Met.ALWAYS) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            Path below = Files.createDirectories(site.tree().resolve("old/a/b"));
            Files.writeString(below.resolve("f"), "f");
            site.base();
            site.expectRecords(
                    1,
                    () ->
                            Files.move(
                                    site.tree().resolve("old"),
                                    site.tree().resolve("new"),
                                    StandardCopyOption.ATOMIC_MOVE));
            site.expectFound();
        }
    },

    UNLINKED_WHILE_OPEN("the end of a file that was removed while open", Met.ALWAYS) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            Path file = site.file("unlinked");
            site.base();
            try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
                Files.delete(file);
                site.expectFound();
                open.write(ByteBuffer.wrap(new byte[10]));
            }
            // Its close has a record of an object that is gone.
            site.expectFound();
        }
    },

    LATE_RECORD("a record that comes after one of a higher index", Met.ALWAYS) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            Path file = site.file("gap");
            site.base();
            site.lustre().ctl("append-gap", site.mdtOf(file), 1);
            Files.writeString(file, "more", StandardOpenOption.APPEND);
            long read = site.expectFound().records();
            // What lies behind the gap is read again, until much more has come behind it.
            assertThat(site.expectFound().records()).isGreaterThanOrEqualTo(read);
        }
    },

    MANY_LINKS("more hard links than a link EA lists", Met.BY_DOUBT) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            Path file = site.file("linked");
            for (int i = 0; i < 300; i++) {
                Files.createLink(site.tree().resolve("link-of-that-file-" + i), file);
            }
            site.base();
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
            site.expectDoubt();
        }
    },

    RECORDS_LOST("records lost", Met.BY_DOUBT) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            Path file = site.file("lost");
            site.base();
            Files.writeString(file, "more", StandardOpenOption.APPEND);
            site.lustre().ctl("drop-log", site.mdtOf(file));
            Files.writeString(file, "unseen", StandardOpenOption.APPEND);
            site.expectDoubt();
        }
    },

    EMPTY_LOG("an empty log when positions are noted", Met.BY_DOUBT) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            site.file("first");
            site.forgetUsers();
            // Both users are new, and nothing has happened since.
            site.expectDoubtOfANewArchive();
            site.expectDoubt();
        }
    },

    OTHER_FILESYSTEMS("other filesystems mounted inside", Met.REFUSED) {
        @Override
        void play(BlindSpotSite site) throws Exception {
            site.file("f");
            Launcher crossing =
                    new Launcher(
                            site.request().withCoverage(Excludes.NOTHING, true, false).build());
            assertThatThrownBy(crossing::run)
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("what is mounted inside has no record");
        }
    };

    /** What becomes of it. */
    enum Met {
        /** The next round has it. */
        ALWAYS,
        /** The round after the record comes has it. */
        WHEN_TOLD,
        /** It is missed until the whole tree is looked at. */
        BY_A_SCAN,
        /** The round notices, looks at the whole tree, and says so. */
        BY_DOUBT,
        REFUSED
    }

    private final String row;
    private final Met met;

    BlindSpot(String row, Met met) {
        this.row = row;
        this.met = met;
    }

    /** How docs/sources.md names it. */
    String row() {
        return row;
    }

    Met met() {
        return met;
    }

    /** Shows it, in an empty tree. */
    abstract void play(BlindSpotSite site) throws Exception;

    private static void touch(Path file, long seconds) throws Exception {
        Files.setLastModifiedTime(file, FileTime.fromMillis(seconds * 1000));
    }
}
