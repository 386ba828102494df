package io.sluice.restore;

/** Hears of single findings while a round is verified; called by one thread at a time. */
public interface VerifyListener {
    /** An entry or a part of the archive that is damaged. */
    void damaged(RestoreLine line);

    /** A difference between the round and the live tree. */
    void difference(Difference difference);
}
