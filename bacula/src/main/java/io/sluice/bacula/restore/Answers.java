package io.sluice.bacula.restore;

import io.sluice.ptcomm.codec.Frame;

/** What stock PTCOMM wants said after each part; our own plugin waits for nothing. */
interface Answers {
    /** The part is taken; after a head: its data is wanted. */
    default void ok() {}

    /** Nothing more of the entry is wanted. */
    default void skip() {}

    /**
     * Asks the FD to make the entry itself.
     *
     * @return false where it cannot be asked
     */
    default boolean core() {
        return false;
    }

    /** Of a plugin that streams. */
    Answers NONE = new Answers() {};

    /** Of a stock plugin. */
    static Answers stock(FrameQueue out) {
        return new Answers() {
            @Override
            public void ok() {
                out.frame(Frame.COMMAND, "OK\n");
            }

            @Override
            public void skip() {
                out.frame(Frame.COMMAND, "SKIP\n");
            }

            @Override
            public boolean core() {
                out.frame(Frame.COMMAND, "CORE\n");
                return true;
            }
        };
    }
}
