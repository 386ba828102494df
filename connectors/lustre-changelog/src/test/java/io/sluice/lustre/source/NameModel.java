package io.sluice.lustre.source;

import io.sluice.common.change.Change;
import io.sluice.common.change.Delta;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.posix.FileType;
import io.sluice.common.text.Text;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.reader.LocalScan;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;

/** What an index knows of each name, taken from answers and whole listings as it would. */
public final class NameModel {
    private final TreeMap<String, Long> known = new TreeMap<>();

    /** All that a tree holds now. */
    public static NameModel of(ScanOptions options) throws Exception {
        NameModel model = new NameModel();
        LocalScan.run(options, Path.of("/tmp"), model::listing);
        return model;
    }

    /** Another one that knows the same. */
    public NameModel copy() {
        NameModel copy = new NameModel();
        copy.known.putAll(known);
        return copy;
    }

    /** Paths and signatures. */
    public TreeMap<String, Long> known() {
        return known;
    }

    public void add(Change change) {
        if (change instanceof Delta delta) {
            EntryCursor entry = new EntryCursor().reset(delta.entry());
            entry.next();
            name(delta.directory(), entry);
        } else if (change instanceof Listing listing) {
            listing(listing);
        }
    }

    private void name(byte[] directory, EntryCursor entry) {
        String path = Text.escape(DirectoryPath.child(directory, entry.name()));
        if (entry.kind() == EntryKind.GONE) {
            removeBelow(path);
            known.remove(path);
        } else if (entry.kind() == EntryKind.PRESENT) {
            if (entry.type() != FileType.DIRECTORY) {
                removeBelow(path);
            }
            known.put(path, entry.signature());
        }
    }

    private void removeBelow(String path) {
        known.keySet().removeIf(name -> name.startsWith(path + "/"));
    }

    private void listing(Listing listing) {
        if (listing.errno() != 0) {
            return;
        }
        String directory = Text.escape(listing.directory());
        Set<String> listed = new HashSet<>();
        EntryCursor cursor = listing.cursor();
        while (cursor.next()) {
            listed.add(Text.escape(DirectoryPath.child(listing.directory(), cursor.name())));
            name(listing.directory(), cursor);
        }
        if (DirectoryPath.isAboveRoot(listing.directory())) {
            return;
        }
        String below = directory.isEmpty() ? "" : directory + "/";
        for (String path : Set.copyOf(known.keySet())) {
            boolean child =
                    !path.isEmpty()
                            && path.startsWith(below)
                            && path.indexOf('/', below.length()) < 0;
            if (child && !listed.contains(path)) {
                removeBelow(path);
                known.remove(path);
            }
        }
    }
}
