package io.sluice.bacula.config;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.sluice.common.SluiceException;
import io.sluice.common.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The site's file: TOML 1.0, of which each key is one of {@link Keys} that may stand in a file. A
 * list's key takes an array, or one string.
 *
 * @param texts of each key that it has, one character for each byte
 * @param origins where each stands: file and line
 */
record SiteFile(Map<Key<?>, List<String>> texts, Map<Key<?>, String> origins) {
    static final int MAX_BYTES = 1 << 20;

    static final SiteFile NONE = new SiteFile(Map.of(), Map.of());

    /**
     * @param required whether it is an error that there is none
     * @throws SluiceException when it cannot be read, is no TOML, or has what is no key or value
     */
    static SiteFile read(Path file, boolean required) {
        byte[] content;
        try (InputStream in = Files.newInputStream(file)) {
            content = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            if (!required) {
                return NONE;
            }
            throw new SluiceException(
                    name(file)
                            + ": there is no such file; make it, or unset "
                            + Site.CONFIG_VARIABLE,
                    e);
        } catch (IOException e) {
            throw new SluiceException(
                    name(file) + " cannot be read: " + e.getMessage() + "; give it mode 644", e);
        }
        if (content.length > MAX_BYTES) {
            throw new SluiceException(
                    name(file) + " is larger than 1 MiB; is it the site's file at all?");
        }
        return new Parsing(file, new String(content, StandardCharsets.UTF_8)).parse(content);
    }

    private static String name(Path file) {
        return Text.escape(file.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** One file while it is read. */
    private record Parsing(Path file, String text) {
        SiteFile parse(byte[] content) {
            Map<Key<?>, List<String>> texts = new LinkedHashMap<>();
            Map<Key<?>, String> origins = new LinkedHashMap<>();
            JsonNode root = tree(content);
            for (Iterator<String> names = root.fieldNames(); names.hasNext(); ) {
                String name = names.next();
                Key<?> key = Keys.named(name);
                String where = where(name);
                if (key == null) {
                    List<String> valid = Keys.names(Place.FILE);
                    throw new SluiceException(
                            where
                                    + ": there is no key "
                                    + quote(name)
                                    + NearMiss.hint(name, valid)
                                    + "; valid are "
                                    + String.join(", ", valid));
                }
                if (!key.places().contains(Place.FILE)) {
                    throw new SluiceException(
                            where
                                    + ": "
                                    + key
                                    + " belongs to one job; put it into the job's Plugin line");
                }
                if (texts.put(key, texts(key, root.get(name), where)) != null) {
                    throw new SluiceException(where + ": " + key + " is there twice; drop one");
                }
                origins.put(key, where);
            }
            return new SiteFile(texts, origins);
        }

        private JsonNode tree(byte[] content) {
            try {
                return new TomlMapper().readTree(content);
            } catch (JacksonException e) {
                String line = e.getLocation() == null ? "" : " line " + e.getLocation().getLineNr();
                throw broken(line, e.getOriginalMessage(), e);
            } catch (IOException | RuntimeException | LinkageError e) {
                throw broken("", e.toString(), e);
            }
        }

        private SluiceException broken(String line, String reason, Throwable cause) {
            return new SluiceException(
                    name(file)
                            + line
                            + ": "
                            + Text.escape(String.valueOf(reason).getBytes(StandardCharsets.UTF_8))
                            + "; write key = \"value\", one a line (TOML)",
                    cause);
        }

        private List<String> texts(Key<?> key, JsonNode value, String where) {
            List<String> texts = new ArrayList<>();
            if (value.isArray() && key.isList()) {
                value.forEach(each -> texts.add(text(key, each, where)));
            } else {
                texts.add(text(key, value, where));
            }
            return texts;
        }

        private String text(Key<?> key, JsonNode value, String where) {
            if (!value.isTextual() && !value.isIntegralNumber() && !value.isBoolean()) {
                throw new SluiceException(
                        where
                                + ": "
                                + key
                                + " must be a string, a number or true or false, not "
                                + quote(value.toString()));
            }
            byte[] bytes = value.asText().getBytes(StandardCharsets.UTF_8);
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }

        /** The parser keeps no lines of values; the first line that begins with the key is it. */
        private String where(String key) {
            Pattern line =
                    Pattern.compile("[ \t]*[\"']?" + Pattern.quote(key) + "[\"']?[ \t]*[=.].*");
            int number = 0;
            for (String each : text.split("\r?\n", -1)) {
                number++;
                if (line.matcher(each).matches() || each.strip().equals("[" + key + "]")) {
                    return name(file) + " line " + number;
                }
            }
            return name(file);
        }

        private static String quote(String text) {
            return Text.quote(text.getBytes(StandardCharsets.UTF_8));
        }
    }
}
