package io.sluice.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;

/**
 * Uses every command once on a small tree, so that the JVM learns which classes to keep in its
 * class data archive. Run by the launcher script after a build; the directory it is given must be
 * empty.
 */
final class ClassArchiveTraining {
    private ClassArchiveTraining() {}

    public static void main(String[] arguments) throws IOException {
        Path work = Path.of(arguments[0]);
        Path tree = Files.createDirectories(work.resolve("tree/directory"));
        Path file = Files.writeString(tree.resolve("file"), "some bytes\n");
        Files.createLink(tree.resolve("name"), file);
        Files.createSymbolicLink(tree.resolve("link"), Path.of("file"));
        String archive = work.resolve("archive").toString();
        run("backup", work.resolve("tree").toString(), "--to", archive);
        run("list", archive);
        run("list", archive, "--files");
        run("diff", archive, "1", "latest");
        run("history", archive, "directory/file");
        run("verify", archive, "--against", work.resolve("tree").toString());
        run("restore", archive, "--target", work.resolve("restored").toString());
        run("prune", archive, "--keep-last", "1");
        BackendTraining.run(work);
        System.exit(ExitCode.OK);
    }

    private static void run(String... arguments) {
        CommandLine line = SluiceCommand.commandLine(arguments);
        int code = line.execute(arguments);
        if (code != ExitCode.OK) {
            System.exit(code);
        }
    }
}
