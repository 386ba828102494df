package io.sluice.pipeline.options;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The command line's own bytes. Java decodes arguments by the locale and loses what it cannot
 * decode (under {@code LC_ALL=C}, everything beyond ASCII); the kernel keeps them in {@code
 * /proc/self/cmdline}. Inside this program an argument is a string with one character for each byte
 * (ISO 8859-1), which loses nothing.
 */
public final class RawArguments {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    private RawArguments() {}

    /**
     * @param decoded what the JVM made of the arguments: only their number counts
     */
    public static String[] read(String[] decoded) throws IOException {
        return last(Files.readAllBytes(COMMAND_LINE), decoded.length);
    }

    /**
     * The same for a program that another one started in this process, which mostly had the
     * program's arguments as the end of its own; where it had not, they are as the JVM decoded
     * them.
     */
    public static String[] match(String[] decoded) throws IOException {
        String[] raw = last(Files.readAllBytes(COMMAND_LINE), decoded.length);
        Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding"));
        for (int i = 0; i < raw.length; i++) {
            if (!new String(bytes(raw[i]), charset).equals(decoded[i])) {
                return Arrays.stream(decoded)
                        .map(
                                argument ->
                                        new String(
                                                argument.getBytes(StandardCharsets.UTF_8),
                                                StandardCharsets.ISO_8859_1))
                        .toArray(String[]::new);
            }
        }
        return raw;
    }

    /** Of a file that the JVM must be able to name: in UTF-8. */
    public static Path path(String argument) {
        return Path.of(new String(bytes(argument), StandardCharsets.UTF_8));
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

    public static byte[] bytes(String argument) {
        return argument.getBytes(StandardCharsets.ISO_8859_1);
    }
}
