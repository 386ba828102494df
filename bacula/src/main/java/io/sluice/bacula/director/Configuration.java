package io.sluice.bacula.director;

import java.util.List;
import java.util.Optional;

/**
 * What configuration files hold.
 *
 * @param commands what {@code @|"command"} would have included: commands are not run
 */
public record Configuration(List<Resource> resources, List<String> commands) {
    public Configuration {
        resources = List.copyOf(resources);
        commands = List.copyOf(commands);
    }

    List<Resource> all(String type) {
        String keyword = Resource.keyword(type);
        return resources.stream().filter(each -> each.type().equals(keyword)).toList();
    }

    Optional<Resource> first(String type) {
        return all(type).stream().findFirst();
    }

    /** Bacula compares names with case. */
    Optional<Resource> named(String type, String name) {
        return all(type).stream().filter(each -> each.name().equals(name)).findFirst();
    }
}
