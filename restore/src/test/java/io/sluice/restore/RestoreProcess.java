package io.sluice.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.archive.Archive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A restore as a process of its own, to be killed. Prints one line when it begins. */
final class RestoreProcess {
    static final int DONE = 0;
    static final int REFUSED = 1;

    private RestoreProcess() {}

    static Process start(Path archive, Path target, Path spill) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        String classPath =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", classPath, RestoreProcess.class.getName()));
        command.addAll(List.of(archive.toString(), target.toString(), spill.toString()));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    public static void main(String[] arguments) throws Exception {
        RestoreOptions options =
                new RestoreOptions(
                        Replace.NEVER, Selection.everything(), false, Path.of(arguments[2]));
        try (Archive archive = Archive.openForReading(TestTree.bytes(arguments[0]))) {
            int last = archive.latest().manifest().round();
            ArchiveStreams streams = new ArchiveStreams(archive.chain(last));
            System.out.println("begins");
            System.out.flush();
            RestoreReport report =
                    new Restore(
                                    TestTree.bytes(arguments[1]),
                                    options,
                                    line -> System.err.println(line.text()))
                            .run(streams);
            System.out.println(report.files() + " files");
            System.exit(report.isComplete() ? DONE : REFUSED);
        } catch (SluiceException e) {
            System.err.println(e.getMessage());
            System.exit(REFUSED);
        }
    }
}
