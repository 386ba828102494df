package io.sluice.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code sluice --version} prints: the jar's own version. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {"sluice " + (version == null ? "(unpacked)" : version)};
    }
}
