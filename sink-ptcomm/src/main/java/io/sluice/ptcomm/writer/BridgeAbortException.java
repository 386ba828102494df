package io.sluice.ptcomm.writer;

import java.io.IOException;

/** The bridge refuses the stream or has given it up: no other attempt can go on with it. */
public final class BridgeAbortException extends IOException {
    private static final long serialVersionUID = 1L;

    public BridgeAbortException(String message) {
        super(message);
    }
}
