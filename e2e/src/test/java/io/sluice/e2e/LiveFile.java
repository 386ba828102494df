package io.sluice.e2e;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A file whose content says which write each of its bytes comes from, and the list of all writes:
 * so that of any content it can be told whether the file ever had it. Content is cells of 16 bytes:
 * file, stamp of the write, position, check sum. Writes run from their first byte to their last, so
 * half of one is a state too. One thread writes, any may ask.
 */
final class LiveFile {
    static final int CELL_BYTES = 16;

    /** A run of cells of one write. */
    record Run(int stamp, int cells) {}

    private enum Kind {
        OVERWRITE,
        APPEND,
        TRUNCATE
    }

    /**
     * @param cells how many are appended, or stay
     */
    private record Operation(Kind kind, int stamp, int cells) {}

    private final int id;
    private final List<Operation> operations = new ArrayList<>();
    private int cells;
    private int stamp;

    LiveFile(int id) {
        this.id = id;
    }

    int id() {
        return id;
    }

    /** Size in cells; for the thread that writes. */
    int cells() {
        return cells;
    }

    /** To be called before the file is overwritten from begin to end; gives the stamp. */
    synchronized int overwriting() {
        operations.add(new Operation(Kind.OVERWRITE, ++stamp, cells));
        return stamp;
    }

    /** To be called before cells are appended. */
    synchronized int appending(int count) {
        operations.add(new Operation(Kind.APPEND, ++stamp, count));
        cells += count;
        return stamp;
    }

    /** To be called before the file is cut. */
    synchronized void truncating(int to) {
        operations.add(new Operation(Kind.TRUNCATE, 0, to));
        cells = to;
    }

    /** The cells from {@code first} on, of one write. */
    ByteBuffer content(int writeStamp, int first, int count) {
        ByteBuffer content = ByteBuffer.allocate(count * CELL_BYTES);
        for (int i = first; i < first + count; i++) {
            content.putInt(id).putInt(writeStamp).putInt(i).putInt(sum(id, writeStamp, i));
        }
        return content.flip();
    }

    private static int sum(int file, int writeStamp, int position) {
        int hash = (file * 0x9e3779b1) ^ (writeStamp * 0x85ebca77) ^ (position * 0xc2b2ae3d);
        return hash ^ (hash >>> 15) ^ 0x5bd1e995;
    }

    /** The file that a content claims to be of, or -1 for an empty one. */
    static int idOf(byte[] content) {
        return content.length < CELL_BYTES ? -1 : ByteBuffer.wrap(content).getInt();
    }

    /** Null when the file had this content at some time, else what is wrong with it. */
    String fault(byte[] content) {
        if (content.length % CELL_BYTES != 0) {
            return content.length + " bytes";
        }
        List<Run> runs = new ArrayList<>();
        ByteBuffer bytes = ByteBuffer.wrap(content);
        for (int i = 0; bytes.hasRemaining(); i++) {
            int file = bytes.getInt();
            int writeStamp = bytes.getInt();
            int position = bytes.getInt();
            if (file != id || position != i || bytes.getInt() != sum(file, writeStamp, position)) {
                return "cell " + i + " of " + content.length / CELL_BYTES + " is none of this file";
            }
            add(runs, writeStamp, 1);
        }
        return hadState(runs) ? null : "never had these runs: " + runs;
    }

    private synchronized boolean hadState(List<Run> seen) {
        int seenCells = count(seen);
        List<Run> state = List.of();
        if (seen.isEmpty()) {
            return true;
        }
        for (Operation operation : operations) {
            int before = count(state);
            switch (operation.kind()) {
                case OVERWRITE -> {
                    Run first = seen.get(0);
                    int written = first.stamp() == operation.stamp() ? first.cells() : 0;
                    if (seenCells == before
                            && seen.equals(overwritten(state, operation.stamp(), written))) {
                        return true;
                    }
                    state = overwritten(state, operation.stamp(), before);
                }
                case APPEND -> {
                    int added = seenCells - before;
                    if (added >= 0
                            && added <= operation.cells()
                            && seen.equals(appended(state, operation.stamp(), added))) {
                        return true;
                    }
                    state = appended(state, operation.stamp(), operation.cells());
                }
                case TRUNCATE -> state = part(state, 0, operation.cells());
            }
            if (seen.equals(state)) {
                return true;
            }
        }
        return false;
    }

    private static List<Run> overwritten(List<Run> state, int stamp, int written) {
        List<Run> after = new ArrayList<>();
        add(after, stamp, written);
        for (Run run : part(state, written, count(state))) {
            add(after, run.stamp(), run.cells());
        }
        return after;
    }

    private static List<Run> appended(List<Run> state, int stamp, int added) {
        List<Run> after = new ArrayList<>(state);
        add(after, stamp, added);
        return after;
    }

    private static List<Run> part(List<Run> state, int from, int to) {
        List<Run> part = new ArrayList<>();
        int at = 0;
        for (Run run : state) {
            int begin = Math.max(at, from);
            int end = Math.min(at + run.cells(), to);
            add(part, run.stamp(), Math.max(0, end - begin));
            at += run.cells();
        }
        return part;
    }

    private static void add(List<Run> runs, int stamp, int cells) {
        int last = runs.size() - 1;
        if (cells == 0) {
            return;
        }
        if (last >= 0 && runs.get(last).stamp() == stamp) {
            runs.set(last, new Run(stamp, runs.get(last).cells() + cells));
        } else {
            runs.add(new Run(stamp, cells));
        }
    }

    private static int count(List<Run> runs) {
        return runs.stream().mapToInt(Run::cells).sum();
    }
}
