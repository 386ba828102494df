package io.sluice.ptcomm.fd;

import java.io.Serializable;

/**
 * Where a bridge listens. Resolved where it is dialed from.
 *
 * @param host name or address
 * @param port from 1 to 65,535; where a bridge is to listen also 0, for any free one
 */
public record BridgeAddress(String host, int port) implements Serializable {
    private static final int MOST_PORT = 65_535;

    /**
     * @throws IllegalArgumentException if the text is not {@code HOST:PORT}
     */
    public static BridgeAddress parse(String text) {
        return parse(text, 1);
    }

    /**
     * As {@link #parse}, of where to listen.
     *
     * @throws IllegalArgumentException if the text is not {@code HOST:PORT}
     */
    public static BridgeAddress parseListening(String text) {
        return parse(text, 0);
    }

    private static BridgeAddress parse(String text, int leastPort) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            host = "";
        }
        int port = -1;
        try {
            port = Integer.parseInt(text.substring(colon + 1));
        } catch (NumberFormatException e) {
            // As below.
        }
        if (host.isBlank() || port < leastPort || port > MOST_PORT) {
            throw new IllegalArgumentException("'" + text + "' is not HOST:PORT");
        }
        return new BridgeAddress(host, port);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
