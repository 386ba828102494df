package io.sluice.bench;

import io.sluice.common.change.Change;
import java.io.Serializable;
import java.util.function.Consumer;

/** Makes the changes of a round up; the same feed gives the same ones. */
interface Feed extends Serializable {
    /** One reader's share: every {@code step}-th part from {@code first} on. */
    Share open(int first, int step);

    /** Belongs to one thread. */
    interface Share {
        /**
         * Gives out some changes. Starts {@link Clock#CLOCK} before the first that count.
         *
         * @return false, and nothing was given, when there are no more
         */
        boolean next(Consumer<Change> output);
    }
}
