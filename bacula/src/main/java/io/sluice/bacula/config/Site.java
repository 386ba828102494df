package io.sluice.bacula.config;

import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a host's environment and file say, for all its jobs. */
public final class Site {
    /** Of the environment: another path of the file, which then must be there. */
    public static final String CONFIG_VARIABLE = "SLUICE_CONFIG";

    public static final String DEFAULT_FILE = "/etc/sluice/sluice.toml";

    private static final Path ENVIRONMENT = Path.of("/proc/self/environ");

    private final Map<String, String> environment;
    private final SiteFile file;

    private Site(Map<String, String> environment, SiteFile file) {
        this.environment = environment;
        this.file = file;
    }

    /**
     * Of this process.
     *
     * @throws SluiceException when the file is broken; one line with file, line, reason and mend
     */
    public static Site read() {
        return of(environment());
    }

    /**
     * @param environment one character for each byte
     * @throws SluiceException when the file that it names is broken
     */
    public static Site of(Map<String, String> environment) {
        String named = environment.get(CONFIG_VARIABLE);
        boolean isNamed = named != null && !named.isEmpty();
        Path path =
                isNamed
                        ? Path.of(new String(Kind.bytes(named), StandardCharsets.UTF_8))
                        : Path.of(DEFAULT_FILE);
        return new Site(Map.copyOf(environment), SiteFile.read(path, isNamed));
    }

    /** Nothing but defaults. */
    public static Site none() {
        return new Site(Map.of(), SiteFile.NONE);
    }

    /** Java decodes the environment by the locale, and loses what it cannot decode. */
    private static Map<String, String> environment() {
        String all;
        try {
            all = Files.readString(ENVIRONMENT, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new SluiceException("cannot read " + ENVIRONMENT + ": " + e.getMessage(), e);
        }
        Map<String, String> variables = new HashMap<>();
        for (String variable : all.split("\0", -1)) {
            int equals = variable.indexOf('=');
            if (equals > 0) {
                variables.putIfAbsent(
                        variable.substring(0, equals), variable.substring(equals + 1));
            }
        }
        return variables;
    }

    /** What the environment has for the key, a list's values one a line; null for nothing. */
    List<String> fromEnvironment(Key<?> key) {
        if (!key.places().contains(Place.ENVIRONMENT)) {
            return null;
        }
        String value = environment.get(key.variable());
        if (value == null || value.isEmpty()) {
            return null;
        }
        return key.isList()
                ? value.lines().filter(line -> !line.isEmpty()).toList()
                : List.of(value);
    }

    /** What the file has for the key; null for nothing. */
    List<String> fromFile(Key<?> key) {
        return file.texts().get(key);
    }

    /** File and line of the key. */
    String origin(Key<?> key) {
        return file.origins().get(key);
    }
}
