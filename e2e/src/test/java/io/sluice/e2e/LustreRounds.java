package io.sluice.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.common.filesystem.HsmOptions;
import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import io.sluice.pipeline.launch.BackupRequest;
import io.sluice.pipeline.launch.Mode;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.restore.ArchiveStreams;
import io.sluice.restore.Replace;
import io.sluice.restore.Restore;
import io.sluice.restore.RestoreOptions;
import io.sluice.restore.Selection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A directory of a fake Lustre, and its rounds from changelogs in this process. */
public final class LustreRounds {
    private final FakeLustre lustre;
    private final Path tree;
    private final Path workspace;
    private final Map<String, String> users = new LinkedHashMap<>();
    private int restores;

    /**
     * @param workspace for what is restored
     */
    public LustreRounds(FakeLustre lustre, Path workspace, int mdts) throws IOException {
        this.lustre = lustre;
        this.workspace = workspace;
        tree = Files.createDirectory(lustre.path().resolve("tree"));
        for (int mdt = 0; mdt < mdts; mdt++) {
            register(mdt);
        }
    }

    /** Skips the test where there is no fake, and lets this process find the library. */
    public static void assumePossible() throws IOException {
        FakeLustre.assumePossible();
        System.setProperty("jna.library.path", FakeLustre.libraries().toString());
    }

    void register(int mdt) throws IOException {
        users.put(FakeLustre.device(mdt), lustre.register(mdt));
    }

    /** What is backed up. */
    public Path tree() {
        return tree;
    }

    /** By the names of their MDTs. */
    public Map<String, String> users() {
        return Map.copyOf(users);
    }

    public BackupRequest.Builder request(Path archive) {
        return BackupRequest.of(bytes(tree), bytes(archive))
                .withAcceptDeletes(true)
                .withShards(2)
                .withWorkers(2)
                .withSource(new BackupRequest.Source(Mode.LUSTRE_CHANGELOG, users))
                .withFilesystem(BackupRequest.Filesystem.lustre(HsmOptions.DEFAULT));
    }

    /** Restores the last round, and gives what is not as in the live tree, a line for each. */
    public List<String> differences(Path archive) throws Exception {
        Path target = workspace.resolve("restored-" + ++restores);
        RestoreOptions options =
                new RestoreOptions(Replace.NEVER, Selection.everything(), false, workspace);
        try (Archive opened = Archive.openForReading(bytes(archive))) {
            List<Integer> rounds = opened.roundNumbers();
            new Restore(bytes(target), options, line -> {})
                    .run(new ArchiveStreams(opened.chain(rounds.get(rounds.size() - 1))));
        }
        try (TestTree restored = TestTree.in(target)) {
            return TreeComparison.compare(
                    bytes(tree), restored.path(), TreeComparison.usualWithout(Aspect.XATTR));
        }
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(UTF_8);
    }
}
