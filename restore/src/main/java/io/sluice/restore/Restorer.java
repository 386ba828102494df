package io.sluice.restore;

import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileType;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Restores one shard's stream as it is read. Files, symbolic links and special files are made as
 * their entries end; directories are made at once and their attributes left to the {@link
 * DirectoryJournal}; later names of files are left to the {@link LinkJournal}. One thread.
 */
final class Restorer implements EntryHandler, Closeable {
    private final RestoreOptions options;
    private final boolean metadataOnly;
    private final TargetTree tree;
    private final DirectoryJournal directories;
    private final LinkJournal links;
    private final RestoreEnd end;
    private final RestoreTally tally;
    private final FileRestorer files;
    private final SpecialRestorer specials;

    // What is being restored: one of these, or all are null.
    private StreamEntry file;
    private StreamEntry special;
    private byte[] directory;
    private boolean suspect;

    Restorer(
            RestoreOptions options,
            boolean metadataOnly,
            TargetTree tree,
            WorkJournal journal,
            DirectoryJournal directories,
            LinkJournal links,
            RestoreEnd end,
            RestoreTally tally) {
        this(
                options,
                metadataOnly,
                tree,
                directories,
                links,
                new FileRestorer(
                        tree, options.replace(), journal, options.hooks(), false, end, tally),
                new SpecialRestorer(tree, options.replace(), journal, end, tally),
                end,
                tally);
    }

    Restorer(
            RestoreOptions options,
            boolean metadataOnly,
            TargetTree tree,
            DirectoryJournal directories,
            LinkJournal links,
            FileRestorer files,
            SpecialRestorer specials,
            RestoreEnd end,
            RestoreTally tally) {
        this.options = options;
        this.metadataOnly = metadataOnly;
        this.tree = tree;
        this.directories = directories;
        this.links = links;
        this.end = end;
        this.tally = tally;
        this.files = files;
        this.specials = specials;
    }

    @Override
    public boolean entry(StreamEntry told) throws IOException {
        end.checkStopped();
        breakOff();
        byte[] path = told.path();
        TargetTree.requireSafe(path);
        if (told.isLink()) {
            TargetTree.requireSafe(told.linkTo());
        }
        Stat stat = suspect ? Suspicion.lessened(told.stat()) : told.stat();
        StreamEntry entry = new StreamEntry(told.path(), stat, told.target(), told.linkTo());
        FileType type = stat.type();
        Selection.Answer answer = options.selection().test(path);
        if (answer != Selection.Answer.SELECTED) {
            if (answer == Selection.Answer.PARENT && type == FileType.DIRECTORY) {
                directories.entry(path, stat, DirectoryJournal.Wanted.AS_PARENT);
                directory = path;
                return true;
            }
            return false;
        }
        tally.selected();
        if (suspect) {
            tally.suspect(path);
        }
        if (metadataOnly) {
            boolean data = type == FileType.REGULAR && stat.size() > 0;
            if (data || !options.metadata()) {
                tally.skipped(path, data ? SkipReason.NO_DATA : SkipReason.METADATA);
                return false;
            }
        }
        if (RestoreJournal.isReserved(path)) {
            EntryFailure e = RestoreJournal.reserved();
            tally.failed(path, e.operation(), e.errno(), e.note());
            return false;
        }
        if (entry.isLink()) {
            links.link(LinkJournal.Link.of(path, entry.linkTo(), stat));
            return false;
        } else if (type == FileType.DIRECTORY) {
            return directory(path, stat);
        } else if (type == FileType.REGULAR) {
            if (!files.begin(path, path, stat)) {
                return false;
            }
            file = entry;
        } else {
            if (!specials.begin(entry, path)) {
                return false;
            }
            special = entry;
        }
        return true;
    }

    private boolean directory(byte[] path, Stat stat) throws IOException {
        try {
            tree.directory(path);
            DirectoryJournal.Wanted wanted =
                    suspect
                            ? DirectoryJournal.Wanted.SUSPECTED
                            : DirectoryJournal.Wanted.FOR_ITSELF;
            directories.entry(path, stat, wanted);
            directory = path;
            return true;
        } catch (EntryFailure e) {
            end.check(path, e);
            tally.failed(path, e.operation(), e.errno(), e.note());
            return false;
        }
    }

    @Override
    public void extent(long offset, long length) throws IOException {
        if (file != null) {
            files.extent(offset);
        }
    }

    @Override
    public void data(ByteBuffer bytes) throws IOException {
        end.checkStopped();
        if (file != null) {
            files.data(bytes);
        }
    }

    @Override
    public void torn(int errno, String text) {
        if (file != null) {
            files.torn(errno, text);
        }
    }

    @Override
    public void block(String kind, byte[] content) throws IOException {
        if (file != null) {
            files.block(kind, content);
        } else if (special != null) {
            specials.block(kind, content);
        } else if (directory != null) {
            directories.block(directory, kind, content);
        }
    }

    @Override
    public void end(DataState state) throws IOException {
        if (file != null) {
            endFile(state);
        } else if (special != null && specials.end()) {
            tally.restored(special.stat().type(), 0);
            if (Integer.compareUnsigned(special.stat().links(), 1) > 0) {
                links.written(special.path(), specials.written());
            }
        }
        file = null;
        special = null;
        directory = null;
    }

    private void endFile(DataState state) throws IOException {
        Stat stat = file.stat();
        FileRestorer.Outcome outcome = files.end(state);
        boolean linked = Integer.compareUnsigned(stat.links(), 1) > 0;
        if (outcome == FileRestorer.Outcome.WRITTEN) {
            tally.restored(FileType.REGULAR, files.bytes());
            if (linked) {
                links.written(file.path(), files.written());
            }
        } else if (outcome == FileRestorer.Outcome.WITHOUT_DATA && linked) {
            links.withoutData(file.path());
        }
    }

    @Override
    public void deleted(byte[] path, boolean directory) {
        breakOff();
        tally.tombstone();
    }

    /** Whether the entries to come are of a segment that is damaged. */
    void suspect(boolean yes) {
        suspect = yes;
        files.suspect(yes);
        specials.suspect(yes);
    }

    /** Counts what has lost its end with a damaged part of the archive, and removes it. */
    void breakOff() {
        if (file != null) {
            files.breakOff();
        } else if (special != null) {
            specials.breakOff();
        }
        file = null;
        special = null;
        directory = null;
    }

    /** Removes what has not come to its end. */
    @Override
    public void close() {
        files.close();
        specials.close();
    }
}
