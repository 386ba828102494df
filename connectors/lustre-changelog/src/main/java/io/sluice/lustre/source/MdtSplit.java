package io.sluice.lustre.source;

import io.sluice.common.text.Text;
import io.sluice.scan.split.SentCounts;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.SourceSplit;

/**
 * The log of one MDT in one round, as far as it has been read and emitted.
 *
 * @param mdt such as {@code fs-MDT0000}
 * @param user who reads it, such as {@code cl1}
 * @param acknowledged index up to which that user has acknowledged; 0 for nothing yet
 * @param next index to go on at
 * @param ended whether the round has all that it wants of it
 * @param lost whether the log can have lost records since the base: the tree has been listed, and
 *     no later round may go on from here
 * @param subtrees directories to be listed before anything is read, relative to the root
 * @param sent what was emitted of it
 * @param deltas answers emitted of it
 * @param records that were read
 * @param unknown of those, of types that are not known
 * @param doubts why all of the tree had to be listed; one line each
 */
public record MdtSplit(
        String mdt,
        String user,
        long acknowledged,
        long next,
        boolean ended,
        boolean lost,
        List<byte[]> subtrees,
        SentCounts sent,
        long deltas,
        long records,
        long unknown,
        List<String> doubts)
        implements SourceSplit {
    public MdtSplit {
        subtrees = List.copyOf(subtrees);
        doubts = List.copyOf(doubts);
    }

    /** At the beginning of a round. */
    public static MdtSplit begin(
            String mdt, String user, long acknowledged, long next, List<byte[]> subtrees) {
        return new MdtSplit(
                mdt,
                user,
                acknowledged,
                next,
                false,
                false,
                subtrees,
                SentCounts.NONE,
                0,
                0,
                0,
                List.of());
    }

    @Override
    public String splitId() {
        return mdt;
    }

    /** That was acknowledged, of which nothing is there. */
    MdtSplit acknowledged(long index) {
        return new MdtSplit(
                mdt, user, index, next, ended, lost, subtrees, sent, deltas, records, unknown,
                doubts);
    }

    /** The subtrees are listed. */
    MdtSplit listed() {
        return with(next, ended, lost, List.of(), records, unknown, doubts);
    }

    /** So many more records are read and resolved. */
    MdtSplit read(long now, long more, long ofThemUnknown) {
        return with(now, ended, lost, subtrees, records + more, unknown + ofThemUnknown, doubts);
    }

    MdtSplit end(boolean isLost) {
        return with(next, true, isLost, subtrees, records, unknown, doubts);
    }

    /** All of the tree has been listed, for this reason. */
    MdtSplit doubted(String why) {
        List<String> more = new ArrayList<>(doubts);
        more.add(why);
        return with(next, ended, lost, subtrees, records, unknown, more);
    }

    private MdtSplit with(
            long at,
            boolean hasEnded,
            boolean isLost,
            List<byte[]> toList,
            long read,
            long readUnknown,
            List<String> why) {
        return new MdtSplit(
                mdt,
                user,
                acknowledged,
                at,
                hasEnded,
                isLost,
                toList,
                sent,
                deltas,
                read,
                readUnknown,
                why);
    }

    /** With what is emitted by now. */
    MdtSplit sent(SentCounts listed, long answers) {
        return new MdtSplit(
                mdt,
                user,
                acknowledged,
                next,
                ended,
                lost,
                subtrees,
                listed,
                answers,
                records,
                unknown,
                doubts);
    }

    @Override
    public String toString() {
        return mdt
                + " from "
                + next
                + " as "
                + user
                + (subtrees.isEmpty() ? "" : ", with '" + Text.escape(subtrees.get(0)) + "'");
    }
}
