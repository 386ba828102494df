package io.sluice.bacula.job;

/**
 * How a backup job's stream ended.
 *
 * @param reason null if the round stands
 * @param fdIsGone whether there is nobody left to tell
 */
record JobEnd(String reason, boolean fdIsGone) {
    static final JobEnd STANDS = new JobEnd(null, false);

    static JobEnd failed(String reason) {
        return new JobEnd(reason, false);
    }

    static JobEnd cancelled(String reason) {
        return new JobEnd(reason, true);
    }
}
