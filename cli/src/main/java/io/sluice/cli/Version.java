package io.sluice.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code sluice --version} prints: the jar's own version. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {text()};
    }

    static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return "sluice " + (version == null ? "(unpacked)" : version);
    }
}
