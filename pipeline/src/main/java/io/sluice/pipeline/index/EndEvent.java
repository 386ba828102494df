package io.sluice.pipeline.index;

import java.io.Serializable;
import java.util.List;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;

/**
 * What the index's subtasks and their coordinator say to each other at the end of a round. Each
 * message bounds its own size: Flink drops one beyond its frame of 10 MiB without an error.
 */
sealed interface EndEvent extends OperatorEvent {
    /** Most directories in a message. */
    int MOST_DIRECTORIES = 1000;

    /**
     * Most directories to be descended at once: each may have a page of subdirectories, and they
     * all come back in answer.
     */
    int MOST_DESCENDED = 64;

    /** Most bytes of their paths, which the last one may exceed. */
    int MOST_BYTES = 256 * 1024;

    /**
     * A page of a directory that goes.
     *
     * @param path of the directory
     * @param why it goes
     * @param page number of the page to begin with
     */
    record Work(byte[] path, Departures.Whole why, int page) implements Serializable {}

    /**
     * What happens to all that goes.
     *
     * @param withheld whether it stays instead
     * @param gone number of names, not counting what went with a replaced directory
     */
    record Verdict(boolean withheld, long gone) implements Serializable {}

    /**
     * To the coordinator: the subtask has all of the round.
     *
     * @param gone names marked in directories that stay
     * @param verdict that it has acted upon already, before a failure; else null
     */
    record Arrived(long gone, Verdict verdict) implements EndEvent {}

    /**
     * To a subtask: name directories that go, of which nothing above tells.
     *
     * @param why they are asked for: replaced or gone
     */
    record Roots(long phase, Departures.Whole why) implements EndEvent {}

    /** To a subtask: all children of these directories go. */
    record Descend(long phase, List<Work> directories) implements EndEvent {}

    /**
     * To the coordinator, in answer to {@link Roots} and {@link Descend}.
     *
     * @param directories that go too, or go on
     * @param gone how many more names go than was known
     * @param last whether the request is through
     * @param noMoreRoots whether there are no further roots; with the last answer to {@link Roots}
     */
    record Found(long phase, List<Work> directories, long gone, boolean last, boolean noMoreRoots)
            implements EndEvent {}

    /** To a subtask: act. */
    record Judge(long phase, Verdict verdict) implements EndEvent {}
}
