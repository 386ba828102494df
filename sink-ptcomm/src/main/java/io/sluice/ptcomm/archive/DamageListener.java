package io.sluice.ptcomm.archive;

import java.io.IOException;

/** Hears of segments, damaged ones above all, on the reading thread. */
public interface DamageListener {
    /**
     * What is told next is of the segment of this number, from 0 on; told of each, and before
     * anything else of it.
     */
    default void segment(int index) throws IOException {}

    /**
     * The segment whose entries are told next has another checksum than it was written with: some
     * of them may have wrong names or attributes. {@link #damaged} follows. Not told of a segment
     * beyond {@link ArchiveRound#CHECKED_FIRST_BYTES}, nor of one that is missing.
     */
    default void suspect(int shard, String segment) throws IOException {}

    /** After the last entry that could be read of a segment; reading goes on with the next one. */
    void damaged(Damage damage) throws IOException;
}
