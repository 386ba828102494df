package io.sluice.cli.engine;

import io.sluice.common.posix.FileType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What happens to files: their content and attributes. */
final class FileActions {
    private static final int[] OWNERS = {0, 1, 1001, 65534, 2_000_000_000};
    private static final int MAX_XATTRS = 5;
    private static final int SPARSE_BYTES = 3 << 20;
    private static final long PAST_SECONDS = 1_700_000_000;
    private static final int READ = 0400;

    private final Tree tree;
    private final Chance chance;
    private final boolean root;

    /**
     * @param root whether owners and trusted attributes may be changed, by this process and by the
     *     restore
     */
    FileActions(Tree tree, Chance chance, boolean root) {
        this.tree = tree;
        this.chance = chance;
        this.root = root;
    }

    List<Action> all() {
        List<Action> all = new ArrayList<>();
        all.add(new Action("create", 6, this::create));
        all.add(new Action("create a large file", 1, this::createLarge));
        all.add(new Action("create a sparse file", 2, this::createSparse));
        all.add(new Action("create a directory", 2, this::createDirectory));
        all.add(new Action("create a symbolic link", 2, this::createSymlink));
        all.add(new Action("create a special file", 1, this::createSpecial));
        all.add(new Action("write", 4, this::write));
        all.add(new Action("append", 4, this::append));
        all.add(new Action("truncate", 3, this::truncate));
        all.add(new Action("rewrite, mtime put back", 4, this::rewriteUnseen));
        all.add(new Action("rewrite in whole seconds", 4, this::rewriteInSeconds));
        all.add(new Action("chmod", 4, this::mode));
        all.add(new Action("touch back in time", 3, this::touchBack));
        all.add(new Action("set an attribute", 4, this::setXattr));
        all.add(new Action("change an attribute", 3, this::changeXattr));
        all.add(new Action("remove an attribute", 4, this::removeXattr));
        if (root) {
            all.add(new Action("chown", 3, this::owner));
        }
        return all;
    }

    private boolean create() throws IOException {
        tree.file(chance.freePath(), chance.fileMode(), chance.content());
        return true;
    }

    private boolean createLarge() throws IOException {
        tree.file(chance.freePath(), chance.fileMode(), chance.largeContent());
        return true;
    }

    private boolean createSparse() throws IOException {
        String path = chance.freePath();
        tree.file(path, chance.fileMode(), new byte[0]);
        tree.truncate(path, chance.below(SPARSE_BYTES));
        for (int i = chance.below(3); i > 0; i--) {
            tree.write(path, chance.below(SPARSE_BYTES), chance.bytes(1 + chance.below(5_000)));
        }
        return true;
    }

    private boolean createDirectory() throws IOException {
        tree.directory(chance.freePath(), chance.directoryMode());
        return true;
    }

    private boolean createSymlink() throws IOException {
        tree.symlink(chance.freePath(), chance.oneIn(2) ? "nowhere" : "/" + chance.freePath());
        return true;
    }

    private boolean createSpecial() throws IOException {
        FileType type = chance.oneIn(2) ? FileType.FIFO : FileType.SOCKET;
        tree.special(chance.freePath(), type, chance.fileMode());
        return true;
    }

    private boolean write() throws IOException {
        String path = chance.pickFile();
        if (path == null) {
            return false;
        }
        int size = tree.model.node(path).content().length;
        tree.write(path, chance.below(size + 1), chance.bytes(1 + chance.below(2_000)));
        return true;
    }

    private boolean append() throws IOException {
        String path = chance.pickFile();
        if (path == null) {
            return false;
        }
        int size = tree.model.node(path).content().length;
        tree.write(path, size, chance.bytes(1 + chance.below(2_000)));
        return true;
    }

    private boolean truncate() throws IOException {
        String path = chance.pickFile();
        if (path == null) {
            return false;
        }
        int size = tree.model.node(path).content().length;
        tree.truncate(path, chance.oneIn(4) ? size + chance.below(9_000) : chance.below(size + 1));
        return true;
    }

    /** Neither size nor modification time tell. */
    private boolean rewriteUnseen() throws IOException {
        String path = chance.pickFile();
        if (path == null || tree.model.node(path).content().length == 0) {
            return false;
        }
        Node node = tree.model.node(path);
        long seconds = node.seconds;
        int nanos = node.nanos;
        tree.write(path, 0, chance.bytes(node.content().length));
        tree.times(path, seconds, nanos);
        return true;
    }

    /** Perhaps in the second in which the round before read it. */
    private boolean rewriteInSeconds() throws IOException {
        List<String> files = new ArrayList<>();
        tree.model
                .node(Tree.WHOLE_SECONDS)
                .children
                .forEach(
                        (name, node) -> {
                            if (node.isRegular() && node.content().length > 0) {
                                files.add(Model.child(Tree.WHOLE_SECONDS, name));
                            }
                        });
        if (files.size() < 5) {
            String path = chance.freePath(Tree.WHOLE_SECONDS);
            tree.file(path, chance.fileMode(), chance.bytes(1000));
            files.add(path);
        }
        String path = files.get(chance.below(files.size()));
        tree.write(path, 0, chance.bytes(tree.model.node(path).content().length));
        return true;
    }

    private boolean mode() throws IOException {
        String path = tree.model.pick(chance.random, node -> node.type != FileType.SYMLINK);
        if (path == null) {
            return false;
        }
        tree.mode(path, chance.mode(tree.model.node(path)));
        return true;
    }

    private boolean owner() throws IOException {
        String path = tree.model.pick(chance.random, node -> true);
        if (path == null) {
            return false;
        }
        tree.owner(path, OWNERS[chance.below(OWNERS.length)], OWNERS[chance.below(OWNERS.length)]);
        return true;
    }

    private boolean touchBack() throws IOException {
        String path = tree.model.pick(chance.random, node -> true);
        if (path == null) {
            return false;
        }
        tree.times(path, chance.below((int) PAST_SECONDS), chance.below(1_000_000_000));
        return true;
    }

    private boolean setXattr() throws IOException {
        String path =
                tree.model.pick(
                        chance.random,
                        node ->
                                (node.isRegular() || node.isDirectory())
                                        && (node.permissions & READ) != 0
                                        && node.xattrs.size() < MAX_XATTRS);
        if (path == null) {
            return false;
        }
        String space = root && chance.oneIn(3) ? "trusted." : "user.";
        tree.xattr(path, space + "a" + chance.below(100), chance.bytes(chance.below(200)));
        return true;
    }

    private boolean changeXattr() throws IOException {
        String path = tree.model.pick(chance.random, node -> !node.xattrs.isEmpty());
        if (path == null) {
            return setXattr();
        }
        tree.xattr(path, anyXattr(path), chance.bytes(chance.below(200)));
        return true;
    }

    private boolean removeXattr() throws IOException {
        String path = tree.model.pick(chance.random, node -> !node.xattrs.isEmpty());
        if (path == null) {
            return false;
        }
        tree.removeXattr(path, anyXattr(path));
        return true;
    }

    private String anyXattr(String path) {
        List<String> names = new ArrayList<>(tree.model.node(path).xattrs.keySet());
        return names.get(chance.below(names.size()));
    }
}
