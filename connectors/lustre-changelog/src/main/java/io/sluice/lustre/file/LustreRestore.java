package io.sluice.lustre.file;

import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.lustre.LustreFormatException;
import io.sluice.lustre.layout.Layout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import java.util.function.IntSupplier;

/**
 * Restores files with the layouts that they had, as far as this Lustre has the like: a file is made
 * without objects, gets the wishes of its old layout, and is read back, for a client may say yes
 * and do nothing. What cannot be had is left out step by step, and counted: pools, stripes beyond
 * the number of OSTs, at last the layout itself; then the file gets its directory's.
 *
 * <p>A file whose data was on tape alone is not made: whatever would be made has a FID of its own,
 * under which no archive has data, so that nothing could ever be read from it. Where such a file is
 * still there, it stays, and its data is fetched back if that is asked for.
 */
final class LustreRestore implements FilesystemHooks {
    private static final byte[] SELF = {'.'};

    /** {@code S_IFREG}. */
    private static final int REGULAR = 0100000;

    private static final String WITHOUT_POOL = "restored with a layout that names no pool";
    private static final String CLAMPED = "restored with fewer stripes: there are not so many OSTs";
    private static final String DEFAULT = "restored with the directory's default layout";
    private static final String OTHER =
            "restored with another default layout: the directory took it, and tells it otherwise";
    private static final String RECALLS = "on tape alone and asked for";
    private static final String NOT_RECALLED = "on tape alone and could not be asked for";

    /** Files asked for in one request. */
    private static final int BATCH = 50;

    private final LayoutCalls calls;
    private final IntPredicate isLustre;
    private final IntSupplier osts;
    private final Recaller recaller;
    private final Map<Long, Boolean> devices = new ConcurrentHashMap<>();
    private final SortedMap<String, Long> notes = new TreeMap<>();
    private final Map<Long, List<byte[]>> wanted = new TreeMap<>();

    /** Fetches files back. */
    interface Recaller {
        /** Null where the file's data is not on tape, else what to ask for. */
        Wanted look(int descriptor) throws PosixException;

        /** 0 or {@code -errno}. */
        int recall(long archive, List<byte[]> identities);
    }

    /** A file on tape. */
    record Wanted(long archive, byte[] identity) {}

    /**
     * @param isLustre whether a directory's descriptor leads to Lustre
     * @param osts how many OSTs there are; 0 if that is not told
     * @param recaller null where nothing is to be fetched back
     */
    LustreRestore(LayoutCalls calls, IntPredicate isLustre, IntSupplier osts, Recaller recaller) {
        this.calls = calls;
        this.isLustre = isLustre;
        this.osts = osts;
        this.recaller = recaller;
    }

    @Override
    public int create(int parent, byte[] name, int flags, int mode, byte[] content) {
        Layout layout = layout(content);
        if (layout == null || !isOnLustre(parent)) {
            return -Errno.EOPNOTSUPP;
        }
        for (Step step : steps(layout)) {
            int made = Posix.mknodOrErrno(parent, name, REGULAR | mode, 0, 0);
            if (made < 0) {
                return made;
            }
            if (step.layout == null || isTaken(parent, name, step.layout)) {
                step.notes.forEach(this::note);
                return open(parent, name, flags);
            }
            // What has a layout, also a wrong one, gets no other.
            Posix.unlinkOrErrno(parent, name, 0);
        }
        throw new IllegalStateException("the last step has no layout");
    }

    /**
     * @param layout null for none
     * @param notes what is left out
     */
    private record Step(Layout layout, List<String> notes) {}

    /** What a pool lacks is no reason to leave out a stripe, nor the other way round. */
    private List<Step> steps(Layout layout) {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(layout, List.of()));
        if (layout.hasPools()) {
            steps.add(new Step(layout.withoutPools(), List.of(WITHOUT_POOL)));
        }
        int count = osts.getAsInt();
        if (count > 0) {
            Layout clamped = layout.clampedTo(count);
            if (!Arrays.equals(clamped.clean(), layout.clean())) {
                steps.add(new Step(clamped, List.of(CLAMPED)));
                if (layout.hasPools()) {
                    steps.add(new Step(clamped.withoutPools(), List.of(CLAMPED, WITHOUT_POOL)));
                }
            }
        }
        steps.add(new Step(null, List.of(DEFAULT)));
        return steps;
    }

    private boolean isTaken(int parent, byte[] name, Layout layout) {
        return calls.set(parent, name, layout.clean()) >= 0 && isSet(parent, name, layout);
    }

    private boolean isSet(int parent, byte[] name, Layout layout) {
        try {
            return layout.equalsAsSet(Layout.parse(calls.get(parent, name)));
        } catch (PosixException | LustreFormatException e) {
            return false;
        }
    }

    private static int open(int parent, byte[] name, int flags) {
        int fd = Posix.openOrErrno(parent, name, flags & ~(Posix.O_CREAT | Posix.O_EXCL), 0);
        if (fd < 0) {
            Posix.unlinkOrErrno(parent, name, 0);
        }
        return fd;
    }

    @Override
    public int apply(int descriptor, String kind, byte[] content) {
        Statx stat = new Statx();
        if (!kind.equals("LAYOUT")
                || Posix.statOrErrno(descriptor, stat) < 0
                || stat.type() != FileType.DIRECTORY
                || !isOnLustre(descriptor)) {
            return -Errno.EOPNOTSUPP;
        }
        Layout layout = layout(content);
        if (layout == null) {
            return -Errno.EOPNOTSUPP;
        }
        boolean changed = false;
        for (Step step : steps(layout)) {
            if (step.layout == null) {
                // What was set last stays: a directory is not made anew as a file is.
                note(changed ? OTHER : DEFAULT);
            } else if (calls.set(descriptor, SELF, step.layout.clean()) >= 0) {
                if (isSet(descriptor, SELF, step.layout)) {
                    step.notes.forEach(this::note);
                    return 0;
                }
                changed = true;
            }
        }
        return 0;
    }

    private static Layout layout(byte[] content) {
        byte[] value = LayoutBlock.value(content);
        try {
            return value == null ? null : Layout.parse(value);
        } catch (LustreFormatException e) {
            return null;
        }
    }

    private boolean isOnLustre(int descriptor) {
        Statx stat = new Statx();
        if (Posix.statOrErrno(descriptor, stat) < 0) {
            return false;
        }
        long device = (long) stat.deviceMajor() << 32 | Integer.toUnsignedLong(stat.deviceMinor());
        return devices.computeIfAbsent(device, unknown -> isLustre.test(descriptor));
    }

    @Override
    public void kept(int parent, byte[] name) {
        if (recaller == null || !isOnLustre(parent)) {
            return;
        }
        int fd = Posix.openOrErrno(parent, name, Posix.O_PATH | Posix.O_NOFOLLOW, 0);
        if (fd < 0) {
            return;
        }
        try {
            Statx stat = new Statx();
            if (Posix.statOrErrno(fd, stat) < 0 || stat.type() != FileType.REGULAR) {
                return;
            }
            Wanted file = recaller.look(fd);
            if (file != null) {
                want(file);
            }
        } catch (PosixException e) {
            note(NOT_RECALLED);
        } finally {
            Posix.close(fd);
        }
    }

    private synchronized void want(Wanted file) {
        List<byte[]> batch =
                wanted.computeIfAbsent(file.archive, archive -> new ArrayList<>(BATCH));
        batch.add(file.identity);
        if (batch.size() == BATCH) {
            recall(file.archive, batch);
        }
    }

    private void recall(long archive, List<byte[]> batch) {
        if (!batch.isEmpty()) {
            int result = recaller.recall(archive, List.copyOf(batch));
            notes.merge(result < 0 ? NOT_RECALLED : RECALLS, (long) batch.size(), Long::sum);
            batch.clear();
        }
    }

    private synchronized void note(String what) {
        notes.merge(what, 1L, Long::sum);
    }

    @Override
    public synchronized SortedMap<String, Long> end() {
        wanted.forEach(this::recall);
        return new TreeMap<>(notes);
    }
}
