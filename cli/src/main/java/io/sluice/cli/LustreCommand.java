package io.sluice.cli;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Errno;
import io.sluice.common.text.Text;
import io.sluice.lustre.api.LustreApi;
import io.sluice.lustre.api.LustreException;
import io.sluice.lustre.source.Changelogs;
import io.sluice.lustre.source.LiveFilesystem;
import io.sluice.lustre.source.LustreDevices;
import io.sluice.lustre.source.LustreMount;
import io.sluice.pipeline.options.RawArguments;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice lustre}. */
@Command(
        name = "lustre",
        description = "Looks at a Lustre filesystem from this client.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class LustreCommand implements Runnable {
    /** Each mounted client has a directory here, {@code <fsname>-<address>}. */
    private static final Path CLIENTS = Path.of("/sys/kernel/debug/lustre/llite");

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "what should be looked at? 'sluice lustre check'");
    }

    @Command(
            name = "check",
            description =
                    "Says what this client sees of a Lustre filesystem, what is missing for a backup by changelogs, and the"
                            + " commands that an administrator must run. Ends with 1 when something is missing.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    int check(
            @Option(
                            names = "--mount",
                            paramLabel = "DIRECTORY",
                            description =
                                    "A directory on it (default: the first Lustre that is mounted).")
                    String directory,
            @Option(
                            names = "--lustre-device",
                            paramLabel = "MDT:USER",
                            description =
                                    "Each MDT and its changelog's user (default: SLUICE_CL_DEVICE in the environment).")
                    String devices)
            throws IOException {
        String text = devices == null ? System.getenv("SLUICE_CL_DEVICE") : devices;
        Map<String, String> users;
        try {
            users = LustreDevices.parse(text, System.getenv("SLUICE_CL_USER"));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--lustre-device: " + e.getMessage());
        }
        LustreMount mount =
                LustreMount.of(
                        directory == null
                                ? mounted()
                                : Path.of(directory)
                                        .toRealPath()
                                        .toString()
                                        .getBytes(StandardCharsets.UTF_8));
        Findings findings = new Findings();
        look(mount, findings);
        return findings.finish(mount.fsname(), users, mount);
    }

    /** The first line of the kernel's table whose type is lustre. */
    private static byte[] mounted() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            String[] fields = line.split(" ", -1);
            if (fields.length > 2 && fields[2].equals("lustre")) {
                return RawArguments.bytes(fields[1]);
            }
        }
        throw new SluiceException("no Lustre is mounted here; mount one, or name it with --mount");
    }

    private static void look(LustreMount mount, Findings findings) {
        findings.say("filesystem", mount.fsname() + " at " + Text.quote(mount.path()));
        try {
            int osts = LustreApi.load().getObdCount(mount.path(), false);
            findings.say("OSTs", Integer.toString(osts));
        } catch (LustreException e) {
            findings.say("OSTs", "cannot be told: " + e.getMessage());
        }
        List<String> mdts = mount.mdts();
        findings.say(
                "changelog devices",
                mdts.isEmpty()
                        ? "none in /dev: they are made when Lustre is mounted, and root reads them"
                        : String.join(", ", mdts));
        findings.say("HSM coordinator", coordinator(mount.fsname()));
    }

    /** A client has the word of its MDTs only on some versions, and only for root. */
    private static String coordinator(String fsname) {
        try (Stream<Path> clients = Files.list(CLIENTS)) {
            List<Path> own =
                    clients.filter(path -> path.getFileName().toString().startsWith(fsname + "-"))
                            .toList();
            for (Path client : own) {
                Path word = client.resolve("hsm_control");
                if (Files.isReadable(word)) {
                    return Files.readString(word).strip();
                }
            }
        } catch (IOException e) {
            return unknownCoordinator();
        }
        return unknownCoordinator();
    }

    private static String unknownCoordinator() {
        return "not to be seen from this client; on an MDS: lctl get_param mdt.*.hsm_control";
    }

    /** What is printed, and what is missing. */
    private static final class Findings {
        private final PrintStream out = SluiceCommand.OUT;
        private final List<String> missing = new ArrayList<>();
        private final List<String> commands = new ArrayList<>();

        void say(String what, String value) {
            out.printf("%-18s %s%n", what + ":", value);
        }

        int finish(String fsname, Map<String, String> users, LustreMount mount) {
            TreeSet<String> mdts = new TreeSet<>(mount.mdts());
            mdts.addAll(users.keySet());
            if (mdts.isEmpty()) {
                mdts.add(fsname + "-MDT0000");
            }
            Changelogs logs = LiveFilesystem.changelogs();
            Map<String, String> good = new LinkedHashMap<>();
            for (String mdt : mdts) {
                one(mdt, users.get(mdt), logs, good);
            }
            missing.forEach(line -> out.println("missing: " + line));
            if (!commands.isEmpty()) {
                out.println("on the servers, as root:");
                commands.forEach(line -> out.println("  " + line));
            }
            if (!good.isEmpty()) {
                out.println("--mode lustre-changelog --lustre-device " + LustreDevices.text(good));
            }
            return missing.isEmpty() ? 0 : 1;
        }

        private void one(String mdt, String user, Changelogs logs, Map<String, String> good) {
            Long first = null;
            String state;
            try (Changelogs.Log log = logs.open(mdt, 0)) {
                var record = log.next();
                first = record == null ? null : record.index();
                state = first == null ? "readable, empty" : "readable from record " + first;
            } catch (IOException e) {
                state = "cannot be read: " + e.getMessage();
                missing.add(mdt + "'s changelog cannot be read from this client; run as root");
            }
            if (user == null) {
                missing.add(mdt + " has no user of ours");
                commands.add("lctl --device " + mdt + " changelog_register");
                say(mdt, state);
                return;
            }
            if (first != null && first > 1) {
                // What lies before the first record is gone: to acknowledge it again removes
                // nothing, and shows whether the user is registered.
                int result = logs.clearOrErrno(mdt, user, first - 1);
                if (result == 0) {
                    state += ", user " + user + " is registered";
                    good.put(mdt, user);
                } else if (result == -Errno.ENOENT) {
                    state += ", user " + user + " is not registered, or has acknowledged more";
                    missing.add(
                            mdt
                                    + "'s user "
                                    + user
                                    + " does not answer; see lctl get_param mdd."
                                    + mdt
                                    + ".changelog_users");
                    commands.add("lctl --device " + mdt + " changelog_register");
                } else {
                    state += ", user " + user + ": " + Errno.describe(-result);
                    missing.add(mdt + " does not take acknowledgements");
                }
            } else {
                state += ", user " + user + " cannot be proved before something is acknowledged";
                good.put(mdt, user);
            }
            say(mdt, state);
        }
    }
}
