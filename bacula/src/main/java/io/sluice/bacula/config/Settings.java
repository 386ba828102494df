package io.sluice.bacula.config;

import io.sluice.bacula.config.Kind.BadValueException;
import io.sluice.bacula.config.PluginLine.Pair;
import io.sluice.common.SluiceException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A value for each key, with where it came from: the Plugin line goes before the environment, that
 * before the site's file, and that before the default. A list is taken from one place, not put
 * together from several.
 */
public final class Settings {
    private final Map<Key<?>, Resolved<?>> values;

    private Settings(Map<Key<?>, Resolved<?>> values) {
        this.values = values;
    }

    /**
     * Of a job.
     *
     * @throws SluiceException for the first key or value that makes no sense, or does not go with
     *     the others: one line that names it and what is valid
     */
    public static Settings of(PluginLine line, Site site) {
        Settings settings = resolve(given(line), site);
        settings.check();
        return settings;
    }

    /**
     * Of the host alone; there is no path.
     *
     * @throws SluiceException as for a job
     */
    public static Settings of(Site site) {
        return resolve(Map.of(), site);
    }

    /** The value; null where none is given and there is no default. */
    public <T> T get(Key<T> key) {
        return resolved(key).value();
    }

    @SuppressWarnings("unchecked") // Each key is put with a value of its own type.
    public <T> Resolved<T> resolved(Key<T> key) {
        return (Resolved<T>) values.get(key);
    }

    /** All, in the order of {@link Keys#ALL}. */
    public List<Resolved<?>> all() {
        return List.copyOf(values.values());
    }

    /** The set's name, the default made of what tells sets apart. */
    public String set() {
        String name = get(Keys.SET);
        return name != null
                ? name
                : SetName.of(get(Keys.PATH), get(Keys.MODE), get(Keys.CONTENT), get(Keys.SHARD));
    }

    private static Map<Key<?>, List<String>> given(PluginLine line) {
        Map<Key<?>, List<String>> given = new LinkedHashMap<>();
        for (Pair pair : line.pairs()) {
            Key<?> key = Keys.named(pair.key());
            if (key == null) {
                List<String> valid = Keys.names(Place.LINE);
                throw new SluiceException(
                        "Plugin line: there is no key "
                                + Kind.quote(pair.key())
                                + NearMiss.hint(pair.key(), valid)
                                + "; valid are "
                                + String.join(", ", valid));
            }
            if (!key.places().contains(Place.LINE)) {
                throw new SluiceException(
                        "Plugin line: "
                                + key
                                + " holds for all jobs of a host; put it into "
                                + Site.DEFAULT_FILE
                                + " or set "
                                + key.variable());
            }
            if (pair.value() == null && !key.isFlag()) {
                throw new SluiceException("Plugin line: " + key + " needs a value: " + key.valid());
            }
            List<String> texts = given.computeIfAbsent(key, each -> new ArrayList<>());
            if (!texts.isEmpty() && !key.isList()) {
                throw new SluiceException("Plugin line: " + key + " is there twice; drop one");
            }
            texts.add(pair.value() == null ? "yes" : pair.value());
        }
        return given;
    }

    private static Settings resolve(Map<Key<?>, List<String>> line, Site site) {
        Map<Key<?>, Resolved<?>> values = new LinkedHashMap<>();
        for (Key<?> key : Keys.ALL) {
            values.put(key, resolve(key, line.get(key), site));
        }
        return new Settings(values);
    }

    private static <T> Resolved<T> resolve(Key<T> key, List<String> line, Site site) {
        if (line != null) {
            return read(key, line, Place.LINE, Place.LINE.text());
        }
        List<String> environment = site.fromEnvironment(key);
        if (environment != null) {
            return read(key, environment, Place.ENVIRONMENT, key.variable());
        }
        List<String> file = site.fromFile(key);
        if (file != null) {
            return read(key, file, Place.FILE, site.origin(key));
        }
        return new Resolved<>(key, key.defaultValue(), Place.DEFAULT, Place.DEFAULT.text());
    }

    private static <T> Resolved<T> read(
            Key<T> key, List<String> texts, Place place, String origin) {
        try {
            return new Resolved<>(key, key.read(texts), place, origin);
        } catch (BadValueException e) {
            throw new SluiceException(origin + ": " + key + " " + e.getMessage(), e);
        }
    }

    private void check() {
        if (get(Keys.PATH) == null) {
            throw new SluiceException(
                    "Plugin line: path is missing; write path=/the/directory to back up");
        }
        if (get(Keys.SCHEDULER) == SchedulerName.FLINK && get(Keys.FLINK) == null) {
            throw new SluiceException(
                    "scheduler=flink needs the cluster's REST address; add flink=HOST:PORT");
        }
        byte[] subtree = get(Keys.SHARD).subtree();
        if (subtree != null && !SetName.isWithin(get(Keys.PATH), subtree)) {
            throw new SluiceException(
                    "shard="
                            + get(Keys.SHARD)
                            + " does not lie in path="
                            + Kind.PATH.show(get(Keys.PATH))
                            + "; name a directory in it");
        }
    }
}
