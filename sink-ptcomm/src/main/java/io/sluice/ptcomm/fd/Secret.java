package io.sluice.ptcomm.fd;

import io.sluice.common.SluiceException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a round's writers, bridges and launcher know and nobody else: 16 bytes or more. Each side of
 * a connection proves that it knows it by an HMAC-SHA256 over its role, both sides' nonces, and the
 * names of what the connection is for. It does not protect the bytes that follow; TLS does.
 */
public final class Secret implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final String ALGORITHM = "HmacSHA256";
    private static final int LEAST_BYTES = 16;
    private static final int NONCE_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] key;

    public Secret(byte[] key) {
        if (key.length < LEAST_BYTES) {
            throw new IllegalArgumentException("a secret has at least 16 bytes");
        }
        this.key = key.clone();
    }

    /**
     * The content of a file, without white space around it.
     *
     * @throws SluiceException if it cannot be read, is readable by others, or too short or long
     */
    public static Secret of(Path file) {
        String text = PrivateFile.line(file, "secret file");
        if (text.length() < LEAST_BYTES) {
            throw new SluiceException(
                    "secret file '"
                            + file
                            + "' has less than 16 bytes: write a new one with 'openssl rand -hex 32'");
        }
        return new Secret(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    static String nonce() {
        byte[] nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        return HexFormat.of().formatHex(nonce);
    }

    /**
     * The proof that {@code role} knows the secret.
     *
     * @param purpose the line that says what the connection is for
     */
    String proof(String role, String dialersNonce, String bridgesNonce, String purpose) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            String text = role + '\n' + dialersNonce + '\n' + bridgesNonce + '\n' + purpose;
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no " + ALGORITHM, e);
        }
    }

    /** Whether the other side's proof is right; takes the same time for every wrong one. */
    static boolean matches(String expected, String given) {
        return MessageDigest.isEqual(Control.bytes(expected), Control.bytes(given));
    }

    @Override
    public String toString() {
        return "Secret[" + key.length + " bytes]";
    }
}
