package io.sluice.cli.engine;

import java.io.IOException;

/**
 * Something that happens to a tree.
 *
 * @param weight how often, against the others
 */
record Action(String name, int weight, Step step) {
    /** Does it once. */
    @FunctionalInterface
    interface Step {
        /** Does it, or gives false when there is nothing to do it to. */
        boolean run() throws IOException;
    }
}
