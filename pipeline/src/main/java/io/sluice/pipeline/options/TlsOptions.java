package io.sluice.pipeline.options;

import io.sluice.ptcomm.fd.TlsTransports;
import io.sluice.ptcomm.fd.TransportFactory;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How writers, launcher and bridges speak with each other. */
public final class TlsOptions {
    @Option(
            converter = PathArgument.class,
            names = "--tls-key-store",
            paramLabel = "FILE",
            description =
                    "Speak TLS, with this private key and certificate (PKCS #12); mode 600. Needs the two below.")
    private String keyStore;

    @Option(
            converter = PathArgument.class,
            names = "--tls-trust-store",
            paramLabel = "FILE",
            description = "The authorities that sign the other side's certificate (PKCS #12).")
    private String trustStore;

    @Option(
            converter = PathArgument.class,
            names = "--tls-password-file",
            paramLabel = "FILE",
            description = "The password of both; mode 600.")
    private String passwordFile;

    /** Whether any of them is given. */
    public boolean isGiven() {
        return keyStore != null || trustStore != null || passwordFile != null;
    }

    /**
     * Reads the files.
     *
     * @param command to be blamed
     * @throws ParameterException if only some are given
     * @throws io.sluice.common.SluiceException if one is of no use
     */
    public TransportFactory transports(CommandLine command) {
        if (!isGiven()) {
            return TransportFactory.PLAIN;
        }
        if (keyStore == null || trustStore == null || passwordFile == null) {
            throw new ParameterException(
                    command,
                    "--tls-key-store, --tls-trust-store and --tls-password-file go together");
        }
        return TlsTransports.of(
                RawArguments.path(keyStore),
                RawArguments.path(trustStore),
                RawArguments.path(passwordFile));
    }
}
