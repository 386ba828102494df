package io.sluice.common.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Key stores for tests of TLS, made by the JDK's {@code keytool}. */
public final class Certificates {
    private static final String PASSWORD = "a password of tests";

    private final Path directory;

    public Certificates(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
        Files.writeString(passwordFile(), PASSWORD + "\n");
        Files.setPosixFilePermissions(passwordFile(), PosixFilePermissions.fromString("rw-------"));
    }

    public Path passwordFile() {
        return directory.resolve("password");
    }

    /** A new authority; its trust store. */
    public Path authority(String name) throws Exception {
        keytool(
                "-genkeypair -keyalg EC -validity 30 -ext bc:c -alias ca -dname CN=%s -keystore %s"
                        .formatted(name, store(name)));
        Path certificate = directory.resolve(name + ".crt");
        keytool("-exportcert -alias ca -keystore %s -file %s".formatted(store(name), certificate));
        Path trust = directory.resolve(name + ".trust");
        keytool(
                "-importcert -noprompt -alias ca -keystore %s -file %s"
                        .formatted(trust, certificate));
        return trust;
    }

    /**
     * A key store with a certificate that an authority has signed.
     *
     * @param alternatives as {@code -ext san=} takes them: {@code ip:127.0.0.1}
     */
    public Path signed(String name, String authority, String alternatives) throws Exception {
        return signed(name, authority, alternatives, "-validity 30");
    }

    /** As {@link #signed}; it was valid until five days ago. */
    public Path expired(String name, String authority, String alternatives) throws Exception {
        return signed(name, authority, alternatives, "-startdate -10d -validity 5");
    }

    private Path signed(String name, String authority, String alternatives, String valid)
            throws Exception {
        Path request = directory.resolve(name + ".csr");
        Path certificate = directory.resolve(name + ".crt");
        String own = "-alias own -keystore " + store(name);
        keytool("-genkeypair -keyalg EC -validity 30 -dname CN=%s %s".formatted(name, own));
        keytool("-certreq %s -file %s".formatted(own, request));
        keytool(
                "-gencert %s -alias ca -keystore %s -ext san=%s -infile %s -outfile %s"
                        .formatted(valid, store(authority), alternatives, request, certificate));
        keytool(
                "-importcert -noprompt -alias ca -keystore %s -file %s"
                        .formatted(store(name), directory.resolve(authority + ".crt")));
        keytool("-importcert -noprompt %s -file %s".formatted(own, certificate));
        Files.setPosixFilePermissions(store(name), PosixFilePermissions.fromString("rw-------"));
        return store(name);
    }

    private Path store(String name) {
        return directory.resolve(name + ".p12");
    }

    private void keytool(String words) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin/keytool").toString());
        command.addAll(List.of(words.split(" ")));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
        Path log = directory.resolve("keytool.log");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(words + ": " + Files.readString(log));
        }
    }
}
