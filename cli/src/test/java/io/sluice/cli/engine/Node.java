package io.sluice.cli.engine;

import io.sluice.common.hash.Xxh3;
import io.sluice.common.posix.FileType;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** An inode of the model. A file's names are the places in the model where it hangs. */
final class Node {
    /** Of its own: a number that the filesystem gives again would join what never was one file. */
    final int id;

    final FileType type;

    /** A directory's entries, by name; null for all else. */
    final NavigableMap<String, Node> children;

    int permissions;
    int uid;
    int gid;
    long seconds;
    int nanos;

    /** A symbolic link's target, as Latin-1. */
    String target = "";

    /** Each value is never written to. */
    Map<String, byte[]> xattrs = Map.of();

    /** The round that will be, or was, the first to see the node as it is. */
    int changed;

    private byte[] content = {};
    private long hash = Xxh3.hash64(content);

    Node(int id, FileType type) {
        this.id = id;
        this.type = type;
        children = type == FileType.DIRECTORY ? new TreeMap<>() : null;
    }

    boolean isDirectory() {
        return type == FileType.DIRECTORY;
    }

    boolean isRegular() {
        return type == FileType.REGULAR;
    }

    /** Never written to. */
    byte[] content() {
        return content;
    }

    /** The array is the node's from now on. */
    void content(byte[] bytes) {
        content = bytes;
        hash = Xxh3.hash64(bytes);
    }

    void xattr(String name, byte[] value) {
        Map<String, byte[]> copy = new TreeMap<>(xattrs);
        if (value == null) {
            copy.remove(name);
        } else {
            copy.put(name, value);
        }
        xattrs = copy;
    }

    /** What it is now, stored by the given round. */
    Entry entry(int round) {
        return new Entry(
                id,
                changed,
                round,
                0,
                type,
                permissions,
                uid,
                gid,
                seconds,
                nanos,
                content.length,
                hash,
                target,
                xattrs);
    }
}
