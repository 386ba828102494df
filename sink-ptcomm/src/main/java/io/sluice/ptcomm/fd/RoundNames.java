package io.sluice.ptcomm.fd;

import io.sluice.ptcomm.codec.ProtocolException;

/**
 * What a connection is for.
 *
 * @param shard number of the stream, from 0
 * @param shards number of streams of the round
 * @param round its number
 * @param run identity of the run
 */
record RoundNames(int shard, int shards, long round, String run) {
    private static final int MOST_SHARDS = 4096;

    static RoundNames of(Control control) throws ProtocolException {
        String[] shard = control.field("shard").split("/", -1);
        try {
            RoundNames names =
                    new RoundNames(
                            Integer.parseInt(shard[0]),
                            Integer.parseInt(shard[1]),
                            control.number("round"),
                            control.field("run"));
            if (names.shard >= 0 && names.shard < names.shards && names.shards <= MOST_SHARDS) {
                return names;
            }
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            // As below.
        }
        throw new ProtocolException(0, "expected 'shard=K/N' in " + control.word());
    }

    /** As fields of a control. */
    String fields() {
        return "shard=" + shard + "/" + shards + " round=" + round + " run=" + run;
    }

    /** For messages. */
    String text() {
        return "shard " + shard + " of " + shards + " of round " + round + " (run " + run + ")";
    }
}
