package io.sluice.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.common.posix.Errno;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Restores entries that come once, one after the other, in whatever order: of several shards and
 * rounds, as a volume gives them back. Which version counts has been decided before. Files take
 * their names as they come; links are made, and directories get their attributes, at the end.
 *
 * <p>The target is a directory such as {@code /} that others use meanwhile: nothing but entries and
 * the temporary name of the one that is being written is ever put there. It is the handler's path
 * "". Else all is as {@link Restore} has it, but for three things: a link whose file is not
 * restored fails, since nothing can be read again, unless that file is there unchanged, and never
 * becomes a name of another file that is restored under that file's name; a file with a checksum
 * that differs or is lost, as one that was torn, is put where nothing else is; and a symbolic link
 * never gives way to a directory.
 *
 * <p>Belongs to one thread. Life: {@link #begin}, the handler's calls, {@link #finish}, {@link
 * #close}. LAYOUT blocks may come between {@link #entry} and the first data.
 */
public final class StreamRestore implements EntryHandler, Closeable {
    private final RestoreTally tally;
    private final Target target;
    private final StreamJournal journal;
    private final DirectoryJournal directories;
    private final LinkJournal links;
    private final TargetTree tree;
    private final RestoreEnd end;
    private final FilesystemHooks hooks;
    private final Replace replace;
    private final Restorer restorer;

    private StreamRestore(
            Target target,
            StreamJournal journal,
            Replace replace,
            FilesystemHooks hooks,
            RestoreTally tally) {
        this.target = target;
        this.journal = journal;
        this.replace = replace;
        this.hooks = hooks;
        this.tally = tally;
        end = new RestoreEnd(target);
        Path spill = journal.spillDirectory();
        directories = new DirectoryJournal(spill);
        links = new LinkJournal(spill, SpillSorter.DEFAULT_RUN_BYTES);
        TargetTree.Others others =
                replace == Replace.ALWAYS
                        ? TargetTree.Others.REPLACED_BUT_LINKS
                        : TargetTree.Others.KEPT;
        TargetTree.Making making =
                new TargetTree.Making() {
                    @Override
                    public void made(byte[] path) throws IOException {
                        directories.made(path);
                    }
                };
        tree = new TargetTree(target, others, making, 1);
        restorer =
                new Restorer(
                        new RestoreOptions(replace, Selection.everything(), false, spill),
                        false,
                        tree,
                        directories,
                        links,
                        new FileRestorer(tree, replace, journal, hooks, true, end, tally),
                        new SpecialRestorer(tree, replace, journal, end, tally),
                        end,
                        tally);
    }

    /**
     * @param target path of the directory to restore into, made when missing
     * @param workDirectory for working files, which are removed again; made when missing
     * @param listener hears of each entry that is not restored as it was
     * @throws SluiceException when one of the directories cannot be used
     */
    public static StreamRestore begin(
            byte[] target,
            Replace replace,
            FilesystemHooks hooks,
            Path workDirectory,
            RestoreListener listener)
            throws IOException {
        RestoreTally tally = new RestoreTally(listener);
        Target opened = Target.openOrCreate(target);
        try {
            StreamJournal journal = StreamJournal.begin(workDirectory, target, tally);
            StreamRestore restore = new StreamRestore(opened, journal, replace, hooks, tally);
            if (opened.created()) {
                restore.directories.made(DirectoryPath.ROOT);
            }
            return restore;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /**
     * Counts an entry that the caller could not make one of; the caller tells why. What was begun
     * before is broken off.
     */
    public void refused(int errno) {
        restorer.breakOff();
        tally.refused(errno);
    }

    /** Ends the entry that was begun, if there is one: its end is lost. */
    public void breakOff() {
        restorer.breakOff();
    }

    @Override
    public boolean entry(StreamEntry entry) throws IOException {
        if (RestoreJournal.isReservedAnywhere(entry.path())) {
            EntryFailure e = RestoreJournal.reserved();
            restorer.breakOff();
            tally.selected();
            tally.failed(entry.path(), e.operation(), e.errno(), e.note());
            return false;
        }
        return restorer.entry(entry);
    }

    @Override
    public void extent(long offset, long length) throws IOException {
        restorer.extent(offset, length);
    }

    @Override
    public void data(ByteBuffer bytes) throws IOException {
        restorer.data(bytes);
    }

    @Override
    public void torn(int errno, String text) {
        restorer.torn(errno, text);
    }

    @Override
    public void block(String kind, byte[] content) throws IOException {
        restorer.block(kind, content);
    }

    @Override
    public void end(DataState state) throws IOException {
        restorer.end(state);
    }

    @Override
    public void deleted(byte[] path, boolean directory) {
        restorer.deleted(path, directory);
    }

    /**
     * Makes the links, gives directories their attributes and writes the filesystem out; also where
     * the entries have ended too early.
     *
     * @throws SluiceException when the target is full or takes no writes
     */
    public RestoreReport finish() throws IOException {
        restorer.breakOff();
        links.read(new Links(new LinkMaker(tree, replace, journal, end, tally)));
        boolean replaceExisting = replace == Replace.ALWAYS;
        try (TargetTree looking = new TargetTree(target, false, TargetTree.Making.NONE)) {
            directories.apply(looking, replaceExisting, hooks, tally, target::sync);
        } catch (EntryFailure e) {
            end.check(DirectoryPath.ROOT, e);
            throw e;
        }
        target.syncDirectory();
        return tally.report(List.of());
    }

    /** As it is found outside of the target. */
    private byte[] whole(byte[] path) {
        byte[] root = target.path();
        int length = root[root.length - 1] == '/' ? root.length - 1 : root.length;
        byte[] whole = Arrays.copyOf(root, length + 1 + path.length);
        whole[length] = '/';
        System.arraycopy(path, 0, whole, length + 1, path.length);
        return whole;
    }

    /** All files are either there or will not come. */
    private final class Links implements LinkJournal.Reader {
        private final LinkMaker maker;

        Links(LinkMaker maker) {
            this.maker = maker;
        }

        @Override
        public boolean isThere(LinkJournal.Written file) {
            return false;
        }

        @Override
        public void written(LinkJournal.Written file, LinkJournal.Link link) throws IOException {
            if (file.source().equals(link.source())) {
                maker.link(file, link);
            } else if (maker.isKept(link)) {
                tally.skipped(link.path(), SkipReason.EXISTS);
            } else {
                // Entries are of several rounds: a name may have become another file's.
                tally.failed(
                        link.path(),
                        "link",
                        Errno.ENOENT,
                        "this job restores another file as "
                                + Text.quote(whole(link.dataName()))
                                + " than the one that it is a name of, which an earlier backup"
                                + " has");
            }
        }

        @Override
        public void withoutData(LinkJournal.Link link) {
            tally.skipped(link.path(), SkipReason.NO_DATA);
        }

        @Override
        public boolean notWritten(LinkJournal.Link link, boolean held) throws IOException {
            LinkJournal.Written existing = maker.isKept(link) ? null : maker.existing(link);
            if (existing != null) {
                maker.link(existing, link);
            } else if (maker.isKept(link)) {
                tally.skipped(link.path(), SkipReason.EXISTS);
            } else {
                tally.failed(
                        link.path(),
                        "link",
                        Errno.ENOENT,
                        "the file that it is a name of, "
                                + Text.quote(whole(link.dataName()))
                                + ", is not restored by this job");
            }
            return false;
        }
    }

    /** Removes what has not come to its end, and the working files. */
    @Override
    public void close() throws IOException {
        restorer.close();
        tree.close();
        links.close();
        directories.close();
        journal.close();
        target.close();
    }
}
