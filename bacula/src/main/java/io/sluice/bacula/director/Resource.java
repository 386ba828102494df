package io.sluice.bacula.director;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code Type { … }}, on the top level or inside another one.
 *
 * @param type in small letters, without blanks
 * @param inner the blocks in it, such as a FileSet's Include
 * @param where file and line
 */
public record Resource(
        String type, List<Directive> directives, List<Resource> inner, String where) {
    public Resource {
        directives = List.copyOf(directives);
        inner = List.copyOf(inner);
    }

    /** As Bacula compares keywords: in any case, with blanks or without. */
    static String keyword(String text) {
        return text.replaceAll("[ \t]", "").toLowerCase(Locale.ROOT);
    }

    /** The last directive of that name, which is the one that counts. */
    Optional<Directive> directive(String keyword) {
        return all(keyword).stream().reduce((first, second) -> second);
    }

    List<Directive> all(String keyword) {
        String name = keyword(keyword);
        return directives.stream().filter(each -> each.name().equals(name)).toList();
    }

    /** The value, or the empty text. */
    String value(String keyword) {
        return directive(keyword).map(Directive::value).orElse("");
    }

    String name() {
        return value("Name");
    }

    List<Resource> blocks(String keyword) {
        return inner.stream().filter(each -> each.type().equals(keyword(keyword))).toList();
    }
}
