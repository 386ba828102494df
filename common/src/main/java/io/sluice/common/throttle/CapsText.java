package io.sluice.common.throttle;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.sluice.common.text.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A throttle file's text, read strictly: TOML 1.0, of which the keys {@code threads}, {@code
 * read_buffer_kib}, {@code pause_ms} and {@code reason} count.
 *
 * @param caps what it asks for
 * @param unknown its other keys, which ask for nothing
 */
record CapsText(Caps caps, List<String> unknown) {
    private static final String THREADS = "threads";

    /** What {@link #THREADS} was called before. */
    private static final String OLD_THREADS = "rayon_threads";

    private static final String READ_BUFFER_KIB = "read_buffer_kib";
    private static final String PAUSE_MS = "pause_ms";
    private static final String REASON = "reason";
    private static final Set<String> KNOWN =
            Set.of(THREADS, OLD_THREADS, READ_BUFFER_KIB, PAUSE_MS, REASON);

    /** Far beyond any number of threads that a process can have: more is a slip of the pen. */
    private static final int MAX_THREADS = 65_536;

    /** A gibibyte; no single read is that large. */
    private static final int MAX_READ_BUFFER_KIB = 1 << 20;

    /**
     * A writing thread may pause 64 times, once for each entry of a slice, before a checkpoint gets
     * its turn.
     */
    private static final int MAX_PAUSE_MS = 10_000;

    /**
     * Takes the text apart.
     *
     * @throws IOException when it is no TOML, has a value that makes no sense, or says nothing; the
     *     message is one line, without the file's name
     */
    static CapsText of(byte[] text) throws IOException {
        JsonNode root = tree(text);
        List<String> unknown = new ArrayList<>();
        root.fieldNames()
                .forEachRemaining(
                        key -> {
                            if (!KNOWN.contains(key)) {
                                unknown.add(key);
                            }
                        });
        int threads = number(root, OLD_THREADS, 1, MAX_THREADS, Caps.NO_CAP);
        threads = number(root, THREADS, 1, MAX_THREADS, threads);
        int kib = number(root, READ_BUFFER_KIB, 1, MAX_READ_BUFFER_KIB, Caps.NO_CAP);
        int pauseMs = number(root, PAUSE_MS, 0, MAX_PAUSE_MS, -1);
        if (threads == Caps.NO_CAP && kib == Caps.NO_CAP && pauseMs < 0) {
            // Also what a writer has only begun: taken for no caps, it would let a storm through.
            throw new IOException("it has none of threads, read_buffer_kib and pause_ms");
        }
        return new CapsText(
                new Caps(
                        threads,
                        kib == Caps.NO_CAP ? kib : kib * 1024,
                        Math.max(pauseMs, 0),
                        reason(root)),
                unknown);
    }

    private static JsonNode tree(byte[] text) throws IOException {
        try {
            return new TomlMapper().readTree(text);
        } catch (JacksonException e) {
            String where =
                    e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr() + ": ";
            throw new IOException(where + oneLine(e.getOriginalMessage()), e);
        } catch (RuntimeException | LinkageError e) {
            throw new IOException(oneLine(e.toString()), e);
        }
    }

    private static String oneLine(String message) {
        return Text.escape(String.valueOf(message).getBytes(StandardCharsets.UTF_8));
    }

    private static int number(JsonNode root, String key, int least, int most, int otherwise)
            throws IOException {
        JsonNode value = root.get(key);
        if (value == null) {
            return otherwise;
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.intValue() < least
                || value.intValue() > most) {
            throw new IOException(
                    key
                            + " must be an integer from "
                            + least
                            + " to "
                            + most
                            + ", not "
                            + oneLine(value.toString()));
        }
        return value.intValue();
    }

    private static String reason(JsonNode root) throws IOException {
        JsonNode value = root.get(REASON);
        if (value == null) {
            return "";
        }
        if (!value.isTextual()) {
            throw new IOException("reason must be a string, not " + oneLine(value.toString()));
        }
        return value.textValue();
    }
}
