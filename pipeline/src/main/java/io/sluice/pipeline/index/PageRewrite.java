package io.sluice.pipeline.index;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.posix.FileType;
import java.util.Arrays;

/**
 * What all who make a new page of a stored one have in common: the stored children one by one, what
 * is known of them in this round, and the page that is written. Reusable; not thread-safe.
 */
abstract class PageRewrite {
    private final PageReader old = new PageReader();
    private final PageWriter page = new PageWriter();
    private boolean oldIsOfThisRound;
    private boolean changed;

    private final TapeUse tape;

    /**
     * @param tape where there is any, regular files get marks of their data
     */
    PageRewrite(TapeUse tape) {
        this.tape = tape;
    }

    /** Begins with a page; the stored child is then the first, if there is one. */
    final boolean start(byte[] stored, long round) {
        old.start(stored);
        page.start(round);
        oldIsOfThisRound = old.round() == round;
        changed = false;
        return old.next();
    }

    final boolean next() {
        return old.next();
    }

    final PageReader old() {
        return old;
    }

    /** Flags of the stored child that hold in this round. */
    final int flags() {
        return oldIsOfThisRound ? old.flags() : old.flags() & ~PageWriter.OF_ROUND;
    }

    final boolean is(int flag) {
        return (flags() & flag) != 0;
    }

    /** Keeps the stored child as it is. */
    final void keep() {
        keep(flags());
    }

    /** Keeps the stored child, with these flags. */
    final void keep(int flags) {
        changed |= flags != flags();
        page.add(
                old.nameBuffer(),
                0,
                old.nameLength(),
                old.inode(),
                old.signature(),
                flags,
                old.mark());
    }

    /** Leaves the stored child out. */
    final void drop() {
        changed = true;
    }

    /** Writes a listed entry that goes out; in place of the stored child, if that has its name. */
    final void write(EntryCursor entry, int moreFlags) {
        changed = true;
        boolean stub = makesStubs() && entry.kind() == EntryKind.RELEASED;
        boolean marked = tape != TapeUse.NONE && !stub && entry.type() == FileType.REGULAR;
        int flags =
                PageWriter.ANNOUNCED
                        | (entry.type() == FileType.DIRECTORY ? PageWriter.DIRECTORY : 0)
                        | (stub ? PageWriter.STUB : 0)
                        | (marked ? PageWriter.MARKED : 0)
                        | moreFlags;
        page.add(
                entry.buffer(),
                entry.nameStart(),
                entry.nameLength(),
                entry.inode(),
                entry.signature(),
                flags,
                marked ? DataMark.of(entry.stat()) : 0);
    }

    /** Whether files on tape that are new to the backup become entries without data. */
    final boolean makesStubs() {
        return tape != TapeUse.RECALLS;
    }

    /**
     * Whether the entry is what is stored: nothing of it has changed, and its data is there, or is
     * not to be.
     */
    final boolean isStored(EntryCursor entry) {
        boolean stub = makesStubs() && entry.kind() == EntryKind.RELEASED;
        return entry.signature() == old.signature() && (stub || !is(PageWriter.STUB));
    }

    /**
     * Whether an entry without data would shadow one with data that may still be the file's: it is
     * on tape, and the stored data has its size and modification time, or nobody knows and it would
     * not be fetched back.
     */
    final boolean wouldShadow(EntryCursor entry) {
        return entry.kind() == EntryKind.RELEASED
                && !is(PageWriter.STUB)
                && !old.isDirectory()
                && (old.isMarked() ? old.mark() == DataMark.of(entry.stat()) : makesStubs());
    }

    /** {@link PageWriter#REPLACED} if the stored child is a directory and the entry is none. */
    final int replaced(EntryCursor entry) {
        boolean replaced = old.isDirectory() && entry.type() != FileType.DIRECTORY;
        return replaced ? PageWriter.REPLACED : 0;
    }

    /** Order of the stored name against the entry's. */
    final int compare(EntryCursor entry) {
        int start = entry.nameStart();
        return Arrays.compareUnsigned(
                old.nameBuffer(),
                0,
                old.nameLength(),
                entry.buffer(),
                start,
                start + entry.nameLength());
    }

    /** The new page, or null when it is the stored one. */
    final byte[] result() {
        if (!changed) {
            return null;
        }
        return page.count() == 0 ? Pages.NO_PAGE : page.toBytes();
    }

    /** Number of children in the page just made. */
    final int count() {
        return page.count();
    }
}
