package io.sluice.ptcomm.fd;

import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.ptcomm.writer.BridgeAbortException;
import java.io.IOException;

/**
 * The opening of a connection: each side says its role, version and nonce; the one that dialed says
 * what for, with its proof; the bridge proves itself.
 */
final class Handshake {
    static final int VERSION = 1;

    /** Most bytes of a control before both sides are proven. */
    static final int MOST_BYTES = 1000;

    static final String WRITER = "writer";
    static final String LAUNCHER = "launcher";
    static final String BRIDGE = "bridge";

    /**
     * What a bridge knows of who dialed.
     *
     * @param role {@link #WRITER} or {@link #LAUNCHER}
     * @param attempt of a writer
     * @param acknowledged of a writer
     */
    record Caller(String role, RoundNames names, int attempt, long acknowledged) {}

    private Handshake() {}

    /** The side that dials. */
    static void dial(Connection connection, Secret secret, Caller caller) throws IOException {
        String nonce = Secret.nonce();
        connection.send(hello(caller.role(), nonce));
        String bridges = nonce(answer(connection, Control.HELLO), BRIDGE);
        String purpose = purpose(caller);
        connection.send(
                Control.AUTH + " proof=" + secret.proof(caller.role(), nonce, bridges, purpose));
        connection.send(purpose);
        String proof = answer(connection, Control.AUTH).field("proof");
        if (!Secret.matches(secret.proof(BRIDGE, nonce, bridges, purpose), proof)) {
            throw new BridgeAbortException(
                    connection.peer() + " does not know the secret: it is another bridge, or none");
        }
    }

    /** The side of the bridge. */
    static Caller accept(Connection connection, Secret secret) throws IOException {
        Control hello = connection.control(MOST_BYTES);
        if (!hello.is(Control.HELLO)) {
            throw new ProtocolException(0, "expected Hello");
        }
        String role = hello.field("role");
        if (!role.equals(WRITER) && !role.equals(LAUNCHER)) {
            throw new ProtocolException(0, "expected a writer or a launcher");
        }
        String dialers = nonce(hello, role);
        String nonce = Secret.nonce();
        connection.send(hello(BRIDGE, nonce));
        Control auth = connection.control(MOST_BYTES);
        Control wanted = connection.control(MOST_BYTES);
        boolean writer = role.equals(WRITER);
        if (!auth.is(Control.AUTH) || !wanted.is(writer ? Control.STREAM : Control.LEASE)) {
            throw new ProtocolException(0, "expected Auth, and what the connection is for");
        }
        Caller caller =
                new Caller(
                        role,
                        RoundNames.of(wanted),
                        writer ? wanted.number("attempt", Integer.MAX_VALUE) : 0,
                        writer ? wanted.number("acknowledged") : 0);
        String purpose = purpose(caller);
        if (!Secret.matches(secret.proof(role, dialers, nonce, purpose), auth.field("proof"))) {
            throw new BridgeAbortException("the secret is not this bridge's");
        }
        connection.send(Control.AUTH + " proof=" + secret.proof(BRIDGE, dialers, nonce, purpose));
        return caller;
    }

    private static String hello(String role, String nonce) {
        return Control.HELLO + " role=" + role + " version=" + VERSION + " nonce=" + nonce;
    }

    /** The nonce of the other side, whose version is looked at. */
    private static String nonce(Control hello, String role) throws IOException {
        long version = hello.number("version");
        if (version != VERSION) {
            throw new BridgeAbortException(
                    "the "
                            + role
                            + " speaks version "
                            + version
                            + " of the stream protocol, this side version "
                            + VERSION
                            + ": use the same release on both sides");
        }
        if (!hello.field("role").equals(role)) {
            throw new ProtocolException(0, "expected a " + role);
        }
        return hello.field("nonce");
    }

    private static String purpose(Caller caller) {
        String names = caller.names().fields();
        return caller.role().equals(LAUNCHER)
                ? Control.LEASE + " " + names
                : Control.STREAM
                        + " "
                        + names
                        + " attempt="
                        + caller.attempt()
                        + " acknowledged="
                        + caller.acknowledged();
    }

    private static Control answer(Connection connection, String word) throws IOException {
        Control answer = connection.control(MOST_BYTES);
        if (answer.is(Control.ABORT)) {
            throw new BridgeAbortException(
                    "the bridge at " + connection.peer() + " refuses: " + answer.text());
        }
        if (!answer.is(word)) {
            throw new ProtocolException(0, "expected " + word);
        }
        return answer;
    }
}
