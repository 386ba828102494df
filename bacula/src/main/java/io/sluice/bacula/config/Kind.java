package io.sluice.bacula.config;

import io.sluice.common.text.Text;
import io.sluice.lustre.source.LustreDevices;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A kind of value. Text has one character for each byte (ISO 8859-1), so that a path that is no
 * UTF-8 stays what it is.
 *
 * @param <T> what the text stands for
 */
public final class Kind<T> {
    /** A constant that has a spelling. */
    public interface Word {
        String text();
    }

    /** Why a text is no value; the message follows the key's name. */
    static final class BadValueException extends Exception {
        private static final long serialVersionUID = 1L;

        BadValueException(String message) {
            super(message);
        }
    }

    /** Takes a text apart. */
    interface Reader<T> {
        T read(String text) throws BadValueException;
    }

    private static final Pattern TIME =
            Pattern.compile("(?:(\\d{1,5})d)?(?:(\\d{1,6})h)?(?:(\\d{1,7})m)?(?:(\\d{1,8})s?)?");
    private static final Pattern PERCENT = Pattern.compile("([0-9]{1,3})%?");
    private static final Pattern MEMORY = Pattern.compile("[1-9][0-9]{0,14}[KMGTkmgt]?");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@,+-]{0,127}");
    private static final Pattern REST =
            Pattern.compile("(https?://)?(\\[[0-9A-Fa-f:]+\\]|[A-Za-z0-9._-]+):([0-9]{1,5})/?");

    static final Kind<Boolean> FLAG = new Kind<>("yes, no", Kind::flag, on -> on ? "yes" : "no");

    static final Kind<byte[]> PATH =
            new Kind<>("an absolute path", Kind::path, value -> Text.escape(value));

    static final Kind<Duration> TIME_SPAN =
            new Kind<>(
                    "seconds, or days, hours, minutes and seconds like 1h30m",
                    Kind::time,
                    value -> value.toSeconds() + "s");

    static final Kind<String> MEMORY_SIZE = matching("a number with K, M, G or T", MEMORY);

    /** Of a set, and so of a directory. */
    static final Kind<String> FILE_NAME =
            matching(
                    "up to 128 letters, digits and ._-, no dot first",
                    Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}"));

    static final Kind<String> SITE_NAME =
            matching("letters, digits and ._@,+-, a letter or digit first", NAME);

    static final Kind<String> REST_ADDRESS =
            matching("HOST:PORT, or http:// or https:// before it", REST);

    static final Kind<Map<String, String>> LUSTRE_USERS =
            new Kind<>(
                    "MDTs and users, such as fs-MDT0000:cl1,fs-MDT0001:cl3",
                    text -> {
                        try {
                            return LustreDevices.parse(text, null);
                        } catch (IllegalArgumentException e) {
                            throw new BadValueException(e.getMessage());
                        }
                    },
                    LustreDevices::text);

    static final Kind<Map<String, Long>> LUSTRE_RECORDS =
            new Kind<>(
                    "MDTs and records, such as fs-MDT0000:120,fs-MDT0001:77",
                    text -> {
                        try {
                            return LustreDevices.parseSince(text);
                        } catch (IllegalArgumentException e) {
                            throw new BadValueException(e.getMessage());
                        }
                    },
                    LustreDevices::text);

    static final Kind<byte[]> BYTES =
            new Kind<>(
                    "any text",
                    text -> {
                        if (text.isEmpty()) {
                            throw new BadValueException("is empty; leave the key out");
                        }
                        return bytes(text);
                    },
                    Text::escape);

    private final String valid;
    private final Reader<T> reader;
    private final Function<T, String> writer;

    Kind(String valid, Reader<T> reader, Function<T, String> writer) {
        this.valid = valid;
        this.reader = reader;
        this.writer = writer;
    }

    /** What may be said, as a list or in words. */
    public String valid() {
        return valid;
    }

    T read(String text) throws BadValueException {
        return reader.read(text);
    }

    /** The value as one printable line. */
    public String show(T value) {
        return writer.apply(value);
    }

    static Kind<Integer> number(int least, int most) {
        return new Kind<>(
                least + " to " + most,
                text -> {
                    long value = text.matches("[0-9]{1,10}") ? Long.parseLong(text) : -1;
                    if (value < least || value > most) {
                        throw new BadValueException(
                                "must be " + least + " to " + most + ", not " + quote(text));
                    }
                    return (int) value;
                },
                value -> Integer.toString(value));
    }

    /** A share in per cent, with or without the sign. */
    static Kind<Integer> percent() {
        return new Kind<>(
                "0% to 100%",
                text -> {
                    Matcher matcher = PERCENT.matcher(text);
                    if (!matcher.matches() || Integer.parseInt(matcher.group(1)) > 100) {
                        throw new BadValueException("must be 0% to 100%, not " + quote(text));
                    }
                    return Integer.parseInt(matcher.group(1));
                },
                value -> value + "%");
    }

    static <W extends Enum<W> & Word> Kind<W> words(Class<W> type) {
        W[] all = type.getEnumConstants();
        String valid = Arrays.stream(all).map(Word::text).collect(Collectors.joining(", "));
        return new Kind<>(
                valid,
                text -> {
                    for (W word : all) {
                        if (word.text().equalsIgnoreCase(text)) {
                            return word;
                        }
                    }
                    throw new BadValueException(
                            "cannot be "
                                    + quote(text)
                                    + NearMiss.hint(
                                            text, Arrays.stream(all).map(Word::text).toList())
                                    + "; valid are "
                                    + valid);
                },
                Word::text);
    }

    private static Kind<String> matching(String valid, Pattern pattern) {
        return new Kind<>(
                valid,
                text -> {
                    if (!pattern.matcher(text).matches()) {
                        throw new BadValueException("must be " + valid + ", not " + quote(text));
                    }
                    return text;
                },
                value -> value);
    }

    private static Boolean flag(String text) throws BadValueException {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "yes", "true", "on", "1" -> true;
            case "no", "false", "off", "0" -> false;
            default -> throw new BadValueException("must be yes or no, not " + quote(text));
        };
    }

    /** Slashes that say nothing are dropped: two spellings are not two trees. */
    static byte[] path(String text) throws BadValueException {
        if (!text.startsWith("/")) {
            throw new BadValueException(
                    "must be an absolute path, not " + quote(text) + "; begin it with a slash");
        }
        if (text.indexOf('\0') >= 0) {
            throw new BadValueException("holds a NUL, which no path has: " + quote(text));
        }
        String clean = text.replaceAll("/+", "/");
        for (String component : clean.split("/", -1)) {
            if (component.equals(".") || component.equals("..")) {
                throw new BadValueException(
                        "must not go through '" + component + "': " + quote(text));
            }
        }
        return bytes(
                clean.length() > 1 && clean.endsWith("/")
                        ? clean.substring(0, clean.length() - 1)
                        : clean);
    }

    private static Duration time(String text) throws BadValueException {
        Matcher matcher = TIME.matcher(text.toLowerCase(Locale.ROOT));
        if (text.isEmpty() || !matcher.matches()) {
            throw new BadValueException(
                    "must be seconds, or a time like 1h30m, not " + quote(text));
        }
        Duration time =
                Duration.ofDays(part(matcher, 1))
                        .plusHours(part(matcher, 2))
                        .plusMinutes(part(matcher, 3))
                        .plusSeconds(part(matcher, 4));
        if (time.isZero()) {
            throw new BadValueException("must be more than no time at all");
        }
        return time;
    }

    private static long part(Matcher matcher, int group) {
        return matcher.group(group) == null ? 0 : Long.parseLong(matcher.group(group));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static String quote(String text) {
        return Text.quote(bytes(text));
    }
}
