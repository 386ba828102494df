package io.sluice.cli.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The tree as it should be, in memory, and what a backup leaves out of it. Paths are relative, as
 * Latin-1; the root is the empty path.
 */
final class Model {
    private static final int TRIES = 200;

    /** Else most actions would be about its entries. */
    private static final int OF_LARGE_DIRECTORY = 300;

    final Node root;

    /** Directories that were moved out of the tree, by their names there. */
    final Map<String, Node> outside = new TreeMap<>();

    /** Paths that the user leaves out, each with all below it. */
    final List<String> excludes = new ArrayList<>();

    private final List<String> candidates = new ArrayList<>();

    Model(Node root) {
        this.root = root;
    }

    static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    static String child(String directory, String name) {
        return directory.isEmpty() ? name : directory + "/" + name;
    }

    /** Whether {@code path} is {@code directory} or lies below it. */
    static boolean isIn(String path, String directory) {
        return directory.isEmpty()
                || path.equals(directory)
                || (path.startsWith(directory) && path.charAt(directory.length()) == '/');
    }

    /** The node of a path, or null. */
    Node node(String path) {
        if (path.isEmpty()) {
            return root;
        }
        Node node = root;
        int from = 0;
        while (node != null && node.isDirectory()) {
            int slash = path.indexOf('/', from);
            if (slash < 0) {
                return node.children.get(path.substring(from));
            }
            node = node.children.get(path.substring(from, slash));
            from = slash + 1;
        }
        return null;
    }

    void put(String path, Node node) {
        node(parent(path)).children.put(name(path), node);
        candidates.add(path);
    }

    Node remove(String path) {
        return node(parent(path)).children.remove(name(path));
    }

    /** Lists the paths that {@link #pick} chooses from; what is put later comes to them. */
    void listCandidates() {
        candidates.clear();
        int[] ofLargeDirectory = {0};
        walk(
                (path, node) -> {
                    boolean large = isIn(path, LargeDirectory.PATH);
                    if (!large || ofLargeDirectory[0]++ < OF_LARGE_DIRECTORY) {
                        candidates.add(path);
                    }
                });
    }

    /** A path but the root's whose node is as wanted, or null when none was met. */
    String pick(Random random, Predicate<Node> wanted) {
        for (int i = 0; i < TRIES && !candidates.isEmpty(); i++) {
            String path = candidates.get(random.nextInt(candidates.size()));
            Node node = path.isEmpty() ? null : node(path);
            if (node != null && wanted.test(node)) {
                return path;
            }
        }
        return null;
    }

    /** A directory, perhaps the root. */
    String pickDirectory(Random random) {
        String path = random.nextInt(10) == 0 ? null : pick(random, Node::isDirectory);
        return path == null ? "" : path;
    }

    int size() {
        return size(root);
    }

    /** Number of entries of a subtree. */
    static int size(Node node) {
        int size = 1;
        if (node.isDirectory()) {
            for (Node child : node.children.values()) {
                size += size(child);
            }
        }
        return size;
    }

    /** Whether a subtree has more entries, found without counting all of them. */
    static boolean isLarger(Node node, int size) {
        return left(node, size) < 0;
    }

    private static int left(Node node, int size) {
        int left = size - 1;
        if (node.isDirectory()) {
            for (Node child : node.children.values()) {
                if (left < 0) {
                    return left;
                }
                left = left(child, left);
            }
        }
        return left;
    }

    /** Called for each entry, a directory before what it holds. */
    interface Visitor {
        void visit(String path, Node node);
    }

    void walk(Visitor visitor) {
        walk("", root, visitor);
    }

    static void walk(String path, Node node, Visitor visitor) {
        visitor.visit(path, node);
        if (node.isDirectory()) {
            node.children.forEach((name, child) -> walk(child(path, name), child, visitor));
        }
    }
}
