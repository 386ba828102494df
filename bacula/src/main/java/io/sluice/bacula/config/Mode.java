package io.sluice.bacula.config;

import io.sluice.bacula.config.Kind.Word;

/** Where a round learns what has changed. */
public enum Mode implements Word {
    /** A walk over any mounted tree. */
    POSIX("posix"),
    LUSTRE("lustre"),
    LUSTRE_CHANGELOG("lustre-changelog"),
    GPFS_POLICY("gpfs-policy"),
    CEPHFS_RCTIME("cephfs-rctime"),
    BEEGFS_WATCH("beegfs-watch"),
    /** Nothing is walked: shows that plugin and backend talk to each other. */
    HANDSHAKE("handshake");

    private final String text;

    Mode(String text) {
        this.text = text;
    }

    @Override
    public String text() {
        return text;
    }
}
