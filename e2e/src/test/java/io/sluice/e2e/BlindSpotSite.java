package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.TestTree;
import io.sluice.pipeline.launch.BackupRequest;
import io.sluice.pipeline.launch.Launcher;
import io.sluice.pipeline.launch.Level;
import io.sluice.pipeline.report.RoundReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a {@link BlindSpot} is shown: a fake Lustre, a tree in it, and rounds of that. */
final class BlindSpotSite {
    /** CHANGELOG_DEFMASK, and that without SATTR. */
    static final int USUAL_MASK = 0x77fbff;

    static final int WITHOUT_SETATTR = USUAL_MASK & ~(1 << 14);

    private static final int MDTS = 2;
    private static final int OLD_S = 60;
    private static final String ACL = "system.posix_acl_access";
    private static final Pattern PATH = Pattern.compile("^'(.*?)': ", Pattern.DOTALL);

    private final FakeLustre lustre;
    private final Path workspace;
    private final LustreRounds rounds;
    private Path archive;

    BlindSpotSite(FakeLustre lustre, Path workspace) throws IOException {
        this.lustre = lustre;
        this.workspace = workspace;
        rounds = new LustreRounds(lustre, workspace, MDTS);
        archive = workspace.resolve("archive");
        // What is younger than some seconds is looked at again by the next round.
        lustre.ctl("set", "behind_s", OLD_S);
        for (int mdt = 0; mdt < MDTS; mdt++) {
            // An empty log proves nothing: something happens on each MDT.
            lustre.ctl("next-mdt", mdt);
            Path directory = Files.createDirectory(tree().resolve("mdt" + mdt));
            Files.writeString(directory.resolve("f"), "f");
        }
    }

    /** Something to do. */
    interface Deed {
        void run() throws Exception;
    }

    FakeLustre lustre() {
        return lustre;
    }

    Path tree() {
        return rounds.tree();
    }

    /** A file of that name, with a page of bytes. */
    Path file(String name) throws IOException {
        return Files.write(tree().resolve(name), new byte[4096]);
    }

    int mdtOf(Path path) throws IOException {
        return Integer.parseInt(lustre.ctl("mdt", path));
    }

    void mask(int bits) throws IOException {
        for (int mdt = 0; mdt < MDTS; mdt++) {
            lustre.ctl("mask", mdt, Integer.toHexString(bits));
        }
    }

    /** Sets an ACL with an entry for a user, and that mask. */
    void acl(String name, int mask) throws IOException {
        ByteBuffer acl = ByteBuffer.allocate(4 + 5 * 8).order(ByteOrder.LITTLE_ENDIAN).putInt(2);
        int[][] entries = {{1, 6, -1}, {2, 7, 1001}, {4, 4, -1}, {0x10, mask, -1}, {0x20, 0, -1}};
        for (int[] entry : entries) {
            acl.putShort((short) entry[0]).putShort((short) entry[1]).putInt(entry[2]);
        }
        assertThat(TestTree.in(tree()).xattr(TestTree.bytes(name), ACL, acl.array())).isTrue();
    }

    /** Does it, and counts the records of it, in all logs. */
    void expectRecords(int number, Deed deed) throws Exception {
        long before = last();
        deed.run();
        assertThat(last() - before).as("records").isEqualTo(number);
    }

    private long last() throws IOException {
        long sum = 0;
        for (int mdt = 0; mdt < MDTS; mdt++) {
            sum += lustre.lastIndex(mdt);
        }
        return sum;
    }

    BackupRequest.Builder request() {
        return rounds.request(archive);
    }

    /** The first round, of a tree that is not young, and behind which it is. */
    void base() throws Exception {
        round();
        lustre.ctl("set", "behind_s", 0);
    }

    /** A round of the usual level. */
    RoundReport round() throws Exception {
        return new Launcher(request().build()).run();
    }

    private RoundReport fromLogs() throws Exception {
        RoundReport report = round();
        assertThat(report.doubt()).isEmpty();
        assertThat(report.base()).isNotNull();
        assertThat(report.cursors()).hasSize(MDTS);
        return report;
    }

    private List<String> differingPaths() throws Exception {
        return rounds.differences(archive).stream()
                .map(BlindSpotSite::path)
                .distinct()
                .sorted()
                .toList();
    }

    /** The path of a line of a comparison. */
    static String path(String line) {
        Matcher matcher = PATH.matcher(line);
        assertThat(matcher.find()).as(line).isTrue();
        return matcher.group(1);
    }

    List<String> differences() throws Exception {
        return rounds.differences(archive);
    }

    /** A round from the logs misses just that. */
    void expectMissed(String... paths) throws Exception {
        fromLogs();
        assertThat(differingPaths()).containsExactlyInAnyOrder(paths);
    }

    /** A round from the logs has everything. */
    RoundReport expectFound() throws Exception {
        RoundReport report = fromLogs();
        assertThat(differences()).isEmpty();
        return report;
    }

    /** A full round has everything. */
    void expectScanned() throws Exception {
        new Launcher(request().withLevel(Level.FULL).build()).run();
        assertThat(differences()).isEmpty();
    }

    /** A round looks at the whole tree, says so, and has everything. */
    void expectDoubt() throws Exception {
        RoundReport report = round();
        assertThat(report.base()).isNotNull();
        assertThat(report.doubt()).isNotEmpty();
        assertThat(differences()).isEmpty();
    }

    /** Both users are new, and their logs are empty. */
    void forgetUsers() throws IOException {
        for (int mdt = 0; mdt < MDTS; mdt++) {
            lustre.ctl("drop-log", mdt);
            rounds.register(mdt);
        }
    }

    /** The first round of another archive has everything, and doubts its positions. */
    void expectDoubtOfANewArchive() throws Exception {
        archive = workspace.resolve("another");
        RoundReport report = round();
        assertThat(report.base()).isNull();
        assertThat(report.doubt()).hasSize(MDTS);
        assertThat(differences()).isEmpty();
    }
}
