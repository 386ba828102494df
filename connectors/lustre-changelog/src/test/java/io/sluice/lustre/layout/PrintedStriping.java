package io.sluice.lustre.layout;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code lfs getstripe} says of one file, as text or as YAML: keys and values of the whole,
 * and of each component.
 */
final class PrintedStriping {
    /** One or more on a line; a FID in brackets is one value. */
    private static final Pattern FIELD =
            Pattern.compile("([a-z_]+(?:\\.[a-z_]+)?):\\s*(\\[[^]]*]|\\S*)");

    /** A line of the table of objects: OST, object as two numbers, group. */
    private static final Pattern OBJECT = Pattern.compile("\\t\\s+(\\d+)\\t\\s+\\d+\\t.*");

    final Map<String, String> whole = new HashMap<>();
    final List<Map<String, String>> components = new ArrayList<>();
    final List<List<Integer>> osts = new ArrayList<>();

    private PrintedStriping() {
        osts.add(new ArrayList<>());
    }

    /**
     * By the name that stands above, without {@code ./}; of two the last, where a file is twice.
     */
    static Map<String, PrintedStriping> parse(List<String> lines) {
        Map<String, PrintedStriping> files = new LinkedHashMap<>();
        PrintedStriping current = new PrintedStriping();
        for (String line : lines) {
            if (line.startsWith("./") || line.startsWith("== ")) {
                current = new PrintedStriping();
                if (!line.endsWith(" has no stripe info")) {
                    files.put(line.replaceFirst("^(\\./|== )", ""), current);
                }
            } else if (line.startsWith("(Default)")) {
                current = new PrintedStriping();
            } else {
                current.add(line);
            }
        }
        return files;
    }

    private void add(String line) {
        Matcher object = OBJECT.matcher(line);
        if (object.matches()) {
            last(osts).add(Integer.valueOf(object.group(1)));
            return;
        }
        Matcher field = FIELD.matcher(line);
        while (field.find()) {
            String key = field.group(1).replaceFirst("^lmm_", "");
            String value = field.group(2).replaceFirst(",$", "");
            if (key.equals("lcme_id")) {
                if (!components.isEmpty()) {
                    osts.add(new ArrayList<>());
                }
                components.add(new HashMap<>());
            }
            if (key.equals("l_ost_idx")) {
                last(osts).add(Integer.valueOf(value));
            } else {
                (components.isEmpty() ? whole : last(components)).put(key, value);
            }
        }
    }

    private static <T> T last(List<T> list) {
        return list.get(list.size() - 1);
    }
}
