package io.sluice.cli.engine;

import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Statx;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A tree on disk and its model, changed in step: each call does one thing on disk, as a program
 * would, and the same in memory. What the kernel decides, the time of a change, is asked for after
 * it. Not thread-safe.
 */
final class Tree {
    /** Below it all times are whole seconds, as on a filesystem that knows no better. */
    static final String WHOLE_SECONDS = "seconds";

    private static final String OUTSIDE = "../outside";

    /** Made to get a number again: others may be free before it. */
    private static final int OTHER_INODES = 100;

    final Model model;
    private final Disk disk;
    private final int uid;
    private final int gid;
    private final Map<String, Set<String>> trail = new TreeMap<>();
    private final Map<String, Set<String>> trailBelow = new TreeMap<>();
    private String action = "";
    private int round = 1;
    private int nodes;
    private int inodesAgain;

    /**
     * @param path of the tree, which is made, as is a directory beside it for what leaves the tree
     * @param uid owner of what is made, as is {@code gid}
     */
    Tree(byte[] path, int uid, int gid) throws IOException {
        disk = new Disk(path);
        this.uid = uid;
        this.gid = gid;
        disk.makeDirectory("");
        disk.makeDirectory(OUTSIDE);
        model = new Model(node("", FileType.DIRECTORY, 0755));
        touch("");
    }

    /** What is changed from now on is seen by this round first. */
    void begin(int nextRound) {
        round = nextRound;
        trail.clear();
        trailBelow.clear();
        model.listCandidates();
    }

    /** Names what changes the tree from now on. */
    void by(String actionName) {
        action = actionName;
    }

    /** What touched the path, or took with it or barred all below a directory above it. */
    Set<String> trail(String path) {
        Set<String> actions = new TreeSet<>(trail.getOrDefault(path, Set.of()));
        trailBelow.forEach(
                (top, by) -> {
                    if (Model.isIn(path, top)) {
                        by.forEach(each -> actions.add(each + " of '" + top + "'"));
                    }
                });
        return actions;
    }

    private void touched(String path) {
        trail.computeIfAbsent(path, p -> new TreeSet<>()).add(action);
    }

    private void touchedBelow(String path) {
        touched(path);
        trailBelow.computeIfAbsent(path, p -> new TreeSet<>()).add(action);
    }

    /** Takes over what the kernel made of a change. */
    private void touch(String path) throws IOException {
        Node node = model.node(path);
        Statx stat = disk.stat(path);
        if (Model.isIn(path, WHOLE_SECONDS) && stat.modificationNanos() != 0) {
            disk.times(path, stat.modificationSeconds(), 0);
            stat = disk.stat(path);
        }
        node.seconds = stat.modificationSeconds();
        node.nanos = stat.modificationNanos();
        node.changed = round;
        touched(path);
    }

    private void touchBoth(String path) throws IOException {
        touch(path);
        touch(Model.parent(path));
    }

    /** It lost a name, perhaps not its last. */
    private void unnamed(Node node) {
        Model.walk("", node, (path, each) -> each.changed = round);
    }

    private Node node(String path, FileType type, int permissions) throws IOException {
        Node node = new Node(++nodes, type);
        node.uid = uid;
        node.gid = gid;
        disk.owner(path, uid, gid);
        if (type == FileType.SYMLINK) {
            node.permissions = 0777;
        } else {
            node.permissions = permissions;
            disk.mode(path, permissions);
        }
        return node;
    }

    void directory(String path, int permissions) throws IOException {
        disk.makeDirectory(path);
        model.put(path, node(path, FileType.DIRECTORY, permissions));
        touchBoth(path);
    }

    void file(String path, int permissions, byte[] content) throws IOException {
        disk.makeFile(path);
        fill(path, permissions, content);
    }

    private void fill(String path, int permissions, byte[] content) throws IOException {
        if (content.length > 0) {
            disk.write(path, 0, content);
        }
        Node node = node(path, FileType.REGULAR, permissions);
        node.content(content);
        model.put(path, node);
        touchBoth(path);
    }

    void special(String path, FileType type, int permissions) throws IOException {
        disk.makeSpecial(path, type);
        model.put(path, node(path, type, permissions));
        touchBoth(path);
    }

    void symlink(String path, String target) throws IOException {
        disk.makeSymlink(path, target);
        Node node = node(path, FileType.SYMLINK, 0);
        node.target = target;
        model.put(path, node);
        touchBoth(path);
    }

    /** Writes into a file, at or behind its end too. */
    void write(String path, int offset, byte[] bytes) throws IOException {
        disk.write(path, offset, bytes);
        Node node = model.node(path);
        int size = Math.max(node.content().length, offset + bytes.length);
        byte[] content = Arrays.copyOf(node.content(), size);
        System.arraycopy(bytes, 0, content, offset, bytes.length);
        node.content(content);
        touch(path);
    }

    void truncate(String path, int size) throws IOException {
        disk.truncate(path, size);
        Node node = model.node(path);
        node.content(Arrays.copyOf(node.content(), size));
        touch(path);
    }

    void mode(String path, int permissions) throws IOException {
        disk.mode(path, permissions);
        model.node(path).permissions = permissions;
        touch(path);
        touchedBelow(path);
    }

    void owner(String path, int newUid, int newGid) throws IOException {
        disk.owner(path, newUid, newGid);
        Node node = model.node(path);
        node.uid = newUid;
        node.gid = newGid;
        if (node.type != FileType.SYMLINK) {
            // The kernel takes set-user-ID and set-group-ID away.
            disk.mode(path, node.permissions);
        }
        touch(path);
    }

    void times(String path, long seconds, int nanos) throws IOException {
        disk.times(path, seconds, nanos);
        touch(path);
    }

    void xattr(String path, String name, byte[] value) throws IOException {
        disk.setXattr(path, name, value);
        model.node(path).xattr(name, value);
        touch(path);
    }

    void removeXattr(String path, String name) throws IOException {
        disk.removeXattr(path, name);
        model.node(path).xattr(name, null);
        touch(path);
    }

    void link(String existing, String path) throws IOException {
        disk.link(existing, path);
        model.put(path, model.node(existing));
        touchBoth(path);
        touched(existing);
    }

    /** What has the name {@code to}, if anything, is no directory. */
    void rename(String from, String to) throws IOException {
        Node replaced = model.node(to);
        disk.rename(from, to);
        Node node = model.remove(from);
        if (replaced != null) {
            unnamed(replaced);
        }
        model.put(to, node);
        touchBoth(to);
        touchedBelow(to);
        touchedBelow(from);
        touch(Model.parent(from));
    }

    void exchange(String one, String two) throws IOException {
        disk.exchange(one, two);
        Node first = model.remove(one);
        Node second = model.remove(two);
        model.put(one, second);
        model.put(two, first);
        touchBoth(one);
        touchBoth(two);
        touchedBelow(one);
        touchedBelow(two);
    }

    void unlink(String path) throws IOException {
        disk.unlink(path);
        removed(path);
    }

    void removeTree(String path) throws IOException {
        disk.removeTree(path);
        removed(path);
    }

    private void removed(String path) throws IOException {
        unnamed(model.remove(path));
        touchedBelow(path);
        touch(Model.parent(path));
    }

    void moveOut(String path) throws IOException {
        Node node = model.remove(path);
        String name = Integer.toString(node.id);
        disk.rename(path, OUTSIDE + "/" + name);
        model.outside.put(name, node);
        node.changed = round;
        touchedBelow(path);
        touch(Model.parent(path));
    }

    void moveIn(String name, String path) throws IOException {
        disk.rename(OUTSIDE + "/" + name, path);
        model.put(path, model.outside.remove(name));
        touchBoth(path);
        touchedBelow(path);
    }

    /**
     * Deletes a file, and makes another of its name that has the inode's number again, where the
     * filesystem gives it again (ext4 does, tmpfs does not). What the model gets does not depend on
     * that: a seed does the same everywhere.
     */
    void remake(String path, int permissions, byte[] content) throws IOException {
        Statx before = disk.stat(path);
        long inode = before.inode();
        boolean freed = before.links() == 1;
        unlink(path);
        List<String> others = new ArrayList<>();
        boolean again = false;
        while (freed && !again && others.size() < OTHER_INODES) {
            String other = path + "." + others.size();
            disk.makeFile(other);
            again = disk.stat(other).inode() == inode;
            others.add(other);
        }
        if (again) {
            disk.rename(others.remove(others.size() - 1), path);
            inodesAgain++;
        } else {
            disk.makeFile(path);
        }
        for (String other : others) {
            disk.unlink(other);
        }
        fill(path, permissions, content);
    }

    /** How many inodes' numbers were given again at once. */
    int inodesAgain() {
        return inodesAgain;
    }
}
