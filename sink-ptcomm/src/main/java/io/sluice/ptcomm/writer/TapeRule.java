package io.sluice.ptcomm.writer;

import io.sluice.common.entry.EntryKind;
import io.sluice.common.filesystem.HsmOptions;
import io.sluice.common.filesystem.HsmPolicy;
import io.sluice.common.filesystem.TapeState;
import io.sluice.common.item.Reason;
import io.sluice.common.round.OwedReason;

/**
 * What becomes of an item whose data lies on tape alone. An entry without data must not shadow one
 * with data, so it is made only of names that are new, and of those that the index gave out knowing
 * that they are on tape ({@link EntryKind#RELEASED}): it has seen that the stored data, if there is
 * any, is of another state of the file.
 */
enum TapeRule {
    /** Fetch it back, then read it. */
    RECALL,
    /** An entry without data. */
    STUB,
    /** No entry: what is stored has data that may be the file's. */
    KEEP;

    static TapeRule of(HsmOptions options, Item item, TapeState tape) {
        boolean recalls = options.policy() == HsmPolicy.BACKUP_RELEASED;
        if (recalls && !tape.lost()) {
            return RECALL;
        }
        // Where files are fetched back, the index gives them out whatever is stored.
        boolean noneStored =
                item.reason() == Reason.NEW || (!recalls && item.kind() == EntryKind.RELEASED);
        return noneStored ? STUB : KEEP;
    }

    /**
     * Whether the index takes an item for one without data, although its data is here now. Stored
     * with it, a later entry without data would shadow it; so it waits for the next round.
     */
    static boolean isTakenForStub(HsmOptions options, Item item) {
        return item.kind() == EntryKind.RELEASED && options.policy() != HsmPolicy.BACKUP_RELEASED;
    }

    /** Notes in the outcome that its entry is one without data. */
    static void stub(HsmOptions options, Outcome outcome, TapeState tape) {
        outcome.tape =
                switch (options.policy()) {
                    case SKIP_RELEASED -> Outcome.Tape.SKIPPED;
                    case MARK_RELEASED -> Outcome.Tape.MARKED;
                    case BACKUP_RELEASED -> Outcome.Tape.LOST;
                };
        outcome.lost = tape.lost();
        boolean known =
                outcome.item.kind() == EntryKind.RELEASED
                        && options.policy() != HsmPolicy.BACKUP_RELEASED;
        if (outcome.owed == null && !known) {
            // The index takes it for stored with its data: it was released since, or is lost.
            outcome.owed = OwedReason.CHANGED;
        }
    }
}
