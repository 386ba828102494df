package io.sluice.bacula.director;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What must lie on the File Daemon's host. */
final class PluginChecks {
    private static final String PLUGIN = "sluice-fd.so";

    /** The one whose plugin interface the plugin speaks. */
    private static final String WANTED_VERSION = "15.0.";

    private static final Pattern VERSION = Pattern.compile("Version: ([0-9]+\\.[0-9.]+)");
    private static final int VERSION_BYTES = 16 * 1024;
    private static final int VERSION_SECONDS = 10;

    private final List<Finding> findings;

    PluginChecks(List<Finding> findings) {
        this.findings = findings;
    }

    void plugin(Configuration daemon) {
        Optional<Directive> directory =
                daemon.first("FileDaemon")
                        .or(() -> daemon.first("Client"))
                        .flatMap(resource -> resource.directive("PluginDirectory"));
        if (directory.isEmpty()) {
            findings.add(
                    Finding.fail(
                            "plugin",
                            "bacula-fd.conf has no Plugin Directory, so the File Daemon loads no plugin",
                            "add Plugin Directory = /usr/lib/bacula, put "
                                    + PLUGIN
                                    + " there and restart bacula-fd"));
            return;
        }
        Path plugin = path(directory.get().value()).resolve(PLUGIN);
        if (Files.isSymbolicLink(plugin)) {
            findings.add(
                    Finding.fail(
                            "plugin",
                            "'" + plugin + "' is a symbolic link, which bacula-fd passes over",
                            "put a copy of the file there and restart bacula-fd"));
        } else if (!Files.isRegularFile(plugin, LinkOption.NOFOLLOW_LINKS)) {
            findings.add(
                    Finding.fail(
                            "plugin",
                            "'"
                                    + plugin
                                    + "' is "
                                    + (Files.exists(plugin, LinkOption.NOFOLLOW_LINKS)
                                            ? "no regular file"
                                            : "not there")
                                    + ", where Plugin Directory ("
                                    + directory.get().where()
                                    + ") says",
                            "copy " + PLUGIN + " there and restart bacula-fd"));
        } else {
            findings.add(Finding.ok("plugin", "'" + plugin + "' is a regular file"));
        }
    }

    /** The program that the plugin starts. */
    void backend(Path backend) {
        if (!Files.isRegularFile(backend)) {
            findings.add(
                    Finding.fail(
                            "backend",
                            "'" + backend + "', which the plugin starts, is not there",
                            "install Sluice there, or set SLUICE_BACKEND in bacula-fd's environment (and here)"));
        } else if (!Files.isExecutable(backend)) {
            findings.add(
                    Finding.fail(
                            "backend",
                            "'" + backend + "', which the plugin starts, is not executable",
                            "chmod 755 it"));
        } else {
            findings.add(
                    Finding.ok(
                            "backend",
                            "'"
                                    + backend
                                    + "' is executable; bacula-fd's own SLUICE_BACKEND, if set, goes before"));
        }
    }

    /** Asks the daemon's program for its version. */
    void version(Path program) {
        Optional<String> version = ask(program);
        if (version.isEmpty()) {
            findings.add(
                    Finding.warn(
                            "version",
                            "the version of bacula-fd is not known: '"
                                    + program
                                    + "' does not tell it",
                            "name the program with --bacula-fd; it must be "
                                    + WANTED_VERSION
                                    + "x"));
        } else if (!version.get().startsWith(WANTED_VERSION)) {
            findings.add(
                    Finding.fail(
                            "version",
                            "bacula-fd is "
                                    + version.get()
                                    + ", the plugin is for "
                                    + WANTED_VERSION
                                    + "x and is not loaded",
                            "install Bacula " + WANTED_VERSION + "x on this host"));
        } else {
            findings.add(Finding.ok("version", "bacula-fd is " + version.get()));
        }
    }

    private static Optional<String> ask(Path program) {
        Process process;
        try {
            process =
                    new ProcessBuilder(program.toString(), "-?")
                            .redirectErrorStream(true)
                            .redirectInput(
                                    ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                            .start();
        } catch (IOException e) {
            return Optional.empty();
        }
        try (InputStream out = process.getInputStream()) {
            // What it says fits into the pipe.
            if (!process.waitFor(VERSION_SECONDS, TimeUnit.SECONDS)) {
                return Optional.empty();
            }
            String said = new String(out.readNBytes(VERSION_BYTES), StandardCharsets.ISO_8859_1);
            Matcher matcher = VERSION.matcher(said);
            return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            process.destroyForcibly();
        }
    }

    static Path path(String text) {
        return Path.of(
                new String(text.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
    }
}
