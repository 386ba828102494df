package io.sluice.ptcomm.fd;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Set;
import javax.net.ssl.SSLException;

/** What went wrong with TLS, as a line that names the mend. JSSE says it in classes and in text. */
final class TlsFault {
    private static final String ALERT = "Received fatal alert: ";

    /** Alerts that are about the certificate of who gets them (RFC 8446, 6.2). */
    private static final Set<String> OF_CERTIFICATES =
            Set.of(
                    "bad_certificate",
                    "unsupported_certificate",
                    "certificate_revoked",
                    "certificate_expired",
                    "certificate_unknown",
                    "certificate_required",
                    "unknown_ca",
                    "access_denied");

    private TlsFault() {}

    /**
     * @param peer the other side
     */
    static SSLException of(SSLException problem, String peer) {
        return new SSLException(line(problem, peer), problem);
    }

    private static String line(SSLException problem, String peer) {
        CertificateException certificate = null;
        for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateExpiredException) {
                return "the certificate of "
                        + peer
                        + " has expired ("
                        + cause.getMessage()
                        + "): renew it";
            }
            if (cause instanceof CertificateNotYetValidException) {
                return "the certificate of "
                        + peer
                        + " is not valid yet ("
                        + cause.getMessage()
                        + "): set the clocks right, or wait";
            }
            if (cause instanceof CertPathBuilderException) {
                return "the certificate of "
                        + peer
                        + " is not signed by an authority of this side's trust store: add that one";
            }
            if (cause instanceof CertificateException found) {
                certificate = found;
            }
        }
        if (certificate != null) {
            // What JSSE says of a host's name is of the plain class, all else of others.
            return certificate.getClass() == CertificateException.class
                    ? "the certificate of "
                            + peer
                            + " is not for that host: "
                            + certificate.getMessage()
                            + "; dial a name that it has, or have one made for this"
                    : "the certificate of "
                            + peer
                            + " cannot be used for this: "
                            + certificate.getMessage();
        }
        String text = String.valueOf(problem.getMessage());
        if (text.contains("Empty client certificate chain")) {
            return peer
                    + " has shown no certificate that an authority of this side's trust store has"
                    + " signed: add its authority here, or give it a key store";
        }
        if (text.contains("Unsupported or unrecognized SSL message")
                || text.contains("plaintext connection")) {
            return peer + " does not speak TLS: give both sides a key store, or neither";
        }
        if (text.contains(ALERT)) {
            String alert = text.substring(text.indexOf(ALERT) + ALERT.length());
            return OF_CERTIFICATES.contains(alert)
                    ? peer
                            + " does not accept this side's certificate, or lack of one ("
                            + alert
                            + "): its log says why"
                    : peer + " broke TLS off (" + alert + "): its log says why";
        }
        return "TLS with " + peer + " failed: " + text;
    }
}
