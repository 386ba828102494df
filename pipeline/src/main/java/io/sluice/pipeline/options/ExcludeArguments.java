package io.sluice.pipeline.options;

import io.sluice.common.SluiceException;
import io.sluice.common.pattern.BadPatternException;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.pattern.IgnorePatterns;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * What the command line says is to be left out. The patterns of files come first, in the files'
 * order, and then those of the command line itself, which so have the last word.
 */
public final class ExcludeArguments {
    /** No list of patterns that somebody wrote is longer; a wrong file, such as an image, is. */
    private static final int MAX_FILE_BYTES = 16 << 20;

    private final CommandSpec spec;

    public ExcludeArguments(CommandSpec spec) {
        this.spec = spec;
    }

    /**
     * @throws ParameterException for a pattern that can match nothing, also in a file
     * @throws SluiceException for a file that cannot be read
     */
    public Excludes read(List<String> patterns, List<String> files, List<String> markers) {
        IgnorePatterns all = IgnorePatterns.NONE;
        for (String file : files) {
            all = all.then(file(file));
        }
        for (String pattern : patterns) {
            all = all.then(pattern(pattern));
        }
        try {
            return new Excludes(all, markers.stream().map(RawArguments::bytes).toList());
        } catch (BadPatternException e) {
            throw bad("--exclude-if-present", e);
        }
    }

    private IgnorePatterns pattern(String pattern) {
        IgnorePatterns one;
        try {
            one = IgnorePatterns.of(List.of(RawArguments.bytes(pattern)));
        } catch (BadPatternException e) {
            throw bad("--exclude", e);
        }
        if (one.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--exclude '"
                            + pattern
                            + "' is blank or a comment; put a backslash before a '#' that begins a name");
        }
        return one;
    }

    private IgnorePatterns file(String file) {
        byte[] content = content(RawArguments.bytes(file));
        try {
            return IgnorePatterns.ofFile(content);
        } catch (BadPatternException e) {
            throw bad("--exclude-file '" + file + "', line " + e.line() + ":", e);
        }
    }

    /** Picocli's messages have one character for each byte of an argument; so has this one. */
    private ParameterException bad(String where, BadPatternException e) {
        String pattern = new String(e.pattern(), StandardCharsets.ISO_8859_1);
        return new ParameterException(
                spec.commandLine(), where + " '" + pattern + "' " + e.reason());
    }

    private static byte[] content(byte[] file) {
        int fd = Posix.openOrErrno(Posix.AT_FDCWD, file, Posix.O_RDONLY | Posix.O_NOCTTY, 0);
        if (fd < 0) {
            throw unreadable(file, Errno.describe(-fd));
        }
        // Also a pipe, as the shell's <(…) gives one.
        Path opened = Path.of(new String(Posix.procPath(fd), StandardCharsets.US_ASCII));
        try (InputStream in = Files.newInputStream(opened)) {
            byte[] content = in.readNBytes(MAX_FILE_BYTES + 1);
            if (content.length > MAX_FILE_BYTES) {
                throw unreadable(file, "longer than 16 MiB; is it a list of patterns?");
            }
            return content;
        } catch (IOException e) {
            throw unreadable(file, e.getMessage());
        } finally {
            Posix.close(fd);
        }
    }

    private static SluiceException unreadable(byte[] file, String why) {
        return new SluiceException(
                "cannot read the patterns of --exclude-file " + Text.quote(file) + ": " + why);
    }
}
