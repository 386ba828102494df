package io.sluice.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line's own bytes. Java decodes arguments by the locale and loses what it cannot
 * decode (under {@code LC_ALL=C}, everything beyond ASCII); the kernel keeps them in {@code
 * /proc/self/cmdline}. Inside this program an argument is a string with one character for each byte
 * (ISO 8859-1), which loses nothing.
 */
final class RawArguments {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    private RawArguments() {}

    /**
     * @param decoded what the JVM made of the arguments: only their number counts
     */
    static String[] read(String[] decoded) throws IOException {
        return last(Files.readAllBytes(COMMAND_LINE), decoded.length);
    }

    /** The last {@code count} of the strings that NULs end. */
    static String[] last(byte[] commandLine, int count) {
        List<String> all = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < commandLine.length; i++) {
            if (commandLine[i] == 0) {
                all.add(new String(commandLine, start, i - start, StandardCharsets.ISO_8859_1));
                start = i + 1;
            }
        }
        if (all.size() < count) {
            throw new IllegalStateException(
                    "/proc/self/cmdline has " + all.size() + " arguments, the JVM " + count);
        }
        return all.subList(all.size() - count, all.size()).toArray(new String[0]);
    }

    static byte[] bytes(String argument) {
        return argument.getBytes(StandardCharsets.ISO_8859_1);
    }
}
