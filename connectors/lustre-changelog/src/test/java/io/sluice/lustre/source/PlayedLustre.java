package io.sluice.lustre.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.common.posix.Errno;
import io.sluice.lustre.Fid;
import io.sluice.lustre.LinkEa;
import io.sluice.lustre.changelog.ChangelogRecord;
import io.sluice.lustre.changelog.RecordType;
import io.sluice.lustre.resolve.FidNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A directory that plays a Lustre: what is done through this class is done to the directory, and
 * leaves the records that an MDT would write. FIDs are never given twice. Threads may read while
 * one writes.
 */
public final class PlayedLustre implements Changelogs, FidNames {
    private static final int LAST_LINK = 1;

    /** What has a FID; the same object under each of its names. */
    private static final class Node {
        final Fid fid;
        final TreeMap<String, Node> children;

        Node(Fid fid, boolean directory) {
            this.fid = fid;
            children = directory ? new TreeMap<>() : null;
        }
    }

    /** One MDT's log. */
    private static final class Mdt {
        final List<ChangelogRecord> records = new ArrayList<>();
        final Map<String, Long> users = new TreeMap<>();
        long last;
        long purged;
        int failing;
    }

    private final Path root;
    private final Node top = new Node(new Fid(0x200000007L, 1, 0), true);
    private final Map<String, Mdt> mdts = new TreeMap<>();
    private int lastObject = 1;
    private Fid overflown;

    /** Calls of {@link #clearOrErrno}, each {@code <mdt> <user> <index>}. */
    final List<String> cleared = new ArrayList<>();

    public PlayedLustre(Path root, int mdts) {
        this.root = root;
        for (int i = 0; i < mdts; i++) {
            Mdt mdt = new Mdt();
            mdt.users.put("cl1", 0L);
            this.mdts.put("fs-MDT000" + i, mdt);
        }
    }

    public Path root() {
        return root;
    }

    private static String mdt(int number) {
        return "fs-MDT000" + number;
    }

    synchronized void deregister(String mdt) {
        mdts.get(mdt).users.clear();
    }

    /** The next calls into that log fail. */
    synchronized void fail(String mdt, int calls) {
        mdts.get(mdt).failing = calls;
    }

    public synchronized long last(String mdt) {
        return mdts.get(mdt).last;
    }

    /** Of a link EA that has no more room. */
    synchronized void overflow(String path) {
        overflown = at(path).fid;
    }

    private Node at(String path) {
        Node node = top;
        for (String name : path.isEmpty() ? new String[0] : path.split("/")) {
            node = node == null || node.children == null ? null : node.children.get(name);
        }
        return node;
    }

    private Node parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? top : at(path.substring(0, slash));
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    public synchronized boolean exists(String path) {
        return at(path) != null;
    }

    /** Whether both are names of one object. */
    public synchronized boolean isSame(String path, String other) {
        return at(path) != null && at(path) == at(other);
    }

    public synchronized boolean isDirectory(String path) {
        return at(path) != null && at(path).children != null;
    }

    private Node make(String path, boolean directory) {
        Node node = new Node(new Fid(0x200000401L, ++lastObject, 0), directory);
        parent(path).children.put(name(path), node);
        return node;
    }

    /** Writes to a file, which is made if there is none; its length grows each time. */
    public synchronized void write(int mdt, String path) throws IOException {
        boolean fresh = at(path) == null;
        Files.writeString(
                root.resolve(path), "more", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        if (fresh) {
            Node node = make(path, false);
            record(mdt, RecordType.CREATE, 0, node.fid, parent(path).fid, null, null, path, null);
        }
        // The parent is left over from another record.
        Fid stale = new Fid(0x77, 7, 0);
        record(mdt, RecordType.CLOSE, 0, at(path).fid, stale, null, null, "", null);
    }

    public synchronized void mkdir(int mdt, String path) throws IOException {
        Files.createDirectory(root.resolve(path));
        Node node = make(path, true);
        record(mdt, RecordType.MKDIR, 0, node.fid, parent(path).fid, null, null, path, null);
    }

    public synchronized void link(int mdt, String path, String as) throws IOException {
        Files.createLink(root.resolve(as), root.resolve(path));
        Node node = at(path);
        parent(as).children.put(name(as), node);
        record(mdt, RecordType.HARDLINK, 0, node.fid, parent(as).fid, null, null, as, null);
    }

    /** Removes a file, or a directory that is empty. */
    public synchronized void remove(int mdt, String path) throws IOException {
        Files.delete(root.resolve(path));
        Node node = parent(path).children.remove(name(path));
        boolean directory = node.children != null;
        int last = directory || names(node.fid).isEmpty() ? LAST_LINK : 0;
        record(
                mdt,
                directory ? RecordType.RMDIR : RecordType.UNLINK,
                last,
                node.fid,
                parent(path).fid,
                null,
                null,
                path,
                null);
    }

    /** Renames, over another file too. */
    public synchronized void rename(int mdt, String from, String to) throws IOException {
        Files.move(root.resolve(from), root.resolve(to), StandardCopyOption.REPLACE_EXISTING);
        Fid left = parent(from).fid;
        Node over = at(to);
        Node node = parent(from).children.remove(name(from));
        parent(to).children.put(name(to), node);
        boolean last = over != null && names(over.fid).isEmpty();
        record(
                mdt,
                RecordType.RENAME,
                last ? LAST_LINK : 0,
                over == null ? Fid.ZERO : over.fid,
                parent(to).fid,
                node.fid,
                left,
                to,
                from);
    }

    private void record(
            int number,
            RecordType type,
            int flags,
            Fid target,
            Fid parent,
            Fid source,
            Fid sourceParent,
            String path,
            String from) {
        Mdt mdt = mdts.get(mdt(number));
        mdt.last++;
        mdt.records.add(
                new ChangelogRecord(
                        mdt.last,
                        0,
                        type.number(),
                        flags,
                        null,
                        System.currentTimeMillis() / 1000,
                        0,
                        target,
                        parent,
                        source,
                        sourceParent,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        name(path).getBytes(UTF_8),
                        from == null ? null : name(from).getBytes(UTF_8)));
    }

    /** All records of a log from one index up to and with another. */
    public synchronized List<ChangelogRecord> records(int mdt, long from, long to) {
        return mdts.get(mdt(mdt)).records.stream()
                .filter(record -> record.index() >= from && record.index() <= to)
                .toList();
    }

    /** The last record of a log, which is still being written: it is not there yet. */
    synchronized ChangelogRecord holdBack(String mdt) {
        List<ChangelogRecord> records = mdts.get(mdt).records;
        return records.remove(records.size() - 1);
    }

    /** Now it is. */
    synchronized void writeLate(String mdt, ChangelogRecord record) {
        List<ChangelogRecord> records = mdts.get(mdt).records;
        records.add(record);
        records.sort(Comparator.comparingLong(ChangelogRecord::index));
    }

    @Override
    public synchronized Log open(String name, long from) throws IOException {
        Mdt mdt = mdts.get(name);
        if (mdt.failing > 0) {
            mdt.failing--;
            throw new IOException("llapi_changelog_start " + name + ": EIO");
        }
        return new Log() {
            private long next = from;

            @Override
            public ChangelogRecord next() throws IOException {
                synchronized (PlayedLustre.this) {
                    if (mdt.failing > 0) {
                        mdt.failing--;
                        throw new IOException("llapi_changelog_recv " + name + ": EIO");
                    }
                    for (ChangelogRecord record : mdt.records) {
                        if (record.index() >= next) {
                            next = record.index() + 1;
                            return record;
                        }
                    }
                    return null;
                }
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public synchronized int clearOrErrno(String name, String user, long index) {
        cleared.add(name + " " + user + " " + index);
        Mdt mdt = mdts.get(name);
        if (index > mdt.last) {
            return -Errno.EINVAL;
        }
        Long before = mdt.users.get(user);
        if (before == null || index < before) {
            return -Errno.ENOENT;
        }
        mdt.users.put(user, index);
        mdt.purged = mdt.users.values().stream().mapToLong(Long::longValue).min().orElse(0);
        mdt.records.removeIf(record -> record.index() <= mdt.purged);
        return 0;
    }

    @Override
    public synchronized byte[] pathOf(Fid fid) {
        if (fid.equals(top.fid)) {
            return new byte[0];
        }
        List<LinkEa.Link> links = names(fid);
        if (links.isEmpty()) {
            return null;
        }
        byte[] above = pathOf(links.get(0).parent());
        String path = new String(above, UTF_8);
        String name = new String(links.get(0).name(), UTF_8);
        return (path.isEmpty() ? name : path + "/" + name).getBytes(UTF_8);
    }

    @Override
    public synchronized Links linksOf(Fid fid) {
        return new Links(names(fid), !fid.equals(overflown));
    }

    private List<LinkEa.Link> names(Fid fid) {
        List<LinkEa.Link> links = new ArrayList<>();
        names(top, fid, links);
        return links;
    }

    private static void names(Node in, Fid fid, List<LinkEa.Link> links) {
        in.children.forEach(
                (name, node) -> {
                    if (node.fid.equals(fid)) {
                        links.add(new LinkEa.Link(in.fid, name.getBytes(UTF_8)));
                    }
                    if (node.children != null) {
                        names(node, fid, links);
                    }
                });
    }
}
