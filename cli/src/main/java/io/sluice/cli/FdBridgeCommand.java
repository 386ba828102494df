package io.sluice.cli;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Posix;
import io.sluice.pipeline.options.PathArgument;
import io.sluice.pipeline.options.RawArguments;
import io.sluice.pipeline.options.TlsOptions;
import io.sluice.ptcomm.fd.Bridge;
import io.sluice.ptcomm.fd.BridgeAddress;
import io.sluice.ptcomm.fd.BridgeConsumer;
import io.sluice.ptcomm.fd.BridgeConsumers;
import io.sluice.ptcomm.fd.FdTimes;
import io.sluice.ptcomm.fd.Secret;
import io.sluice.ptcomm.fd.TransportFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice fd-bridge}. */
@Command(
        name = "fd-bridge",
        description = {
            "Takes one shard's stream from 'sluice backup --fd' and hands it to a consumer: standard output,"
                    + " a file, or a command's standard input.",
            "Ends with 0 when the round stands, else with 1 and the reason."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class FdBridgeCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
            names = "--listen",
            required = true,
            paramLabel = "HOST:PORT",
            description =
                    "Where to listen; port 0 takes any free one. The address is printed to standard error.")
    private String listen;

    @Option(
            converter = PathArgument.class,
            names = "--secret-file",
            required = true,
            paramLabel = "FILE",
            description = "What the backup knows too; mode 600, 16 characters or more.")
    private String secretFile;

    @Mixin private TlsOptions tls;

    @Option(
            converter = PathArgument.class,
            names = "--output",
            paramLabel = "FILE",
            description = "A new file for the stream; FILE.part until the round stands.")
    private String output;

    @Option(
            names = "--resume-timeout",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description =
                    "Give up when nobody has been connected for so long, counted from the first"
                            + " connection on (default: ${DEFAULT-VALUE}).")
    private long resumeTimeout;

    @Parameters(
            paramLabel = "COMMAND",
            arity = "0..*",
            description = "Behind --: a command that reads the stream, with its arguments.")
    private List<String> command = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        if (output != null && !command.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "--output and a command exclude each other");
        }
        if (resumeTimeout < 1 || resumeTimeout > TimeUnit.DAYS.toSeconds(365)) {
            throw new ParameterException(
                    spec.commandLine(), "--resume-timeout must be 1 or more, not " + resumeTimeout);
        }
        InetSocketAddress address = address();
        Secret secret = Secret.of(RawArguments.path(secretFile));
        TransportFactory transports = tls.transports(spec.commandLine());
        // What comes through is everybody's data.
        Posix.umask(0077);
        BridgeConsumer consumer = consumer();
        Bridge bridge;
        try {
            bridge =
                    new Bridge(
                            address,
                            transports,
                            secret,
                            consumer,
                            FdTimes.DEFAULT.withResumeMs(TimeUnit.SECONDS.toMillis(resumeTimeout)),
                            SpillDirectory.path());
        } catch (SluiceException e) {
            consumer.close();
            throw e;
        }
        try (bridge) {
            SluiceCommand.ERR.println(
                    "sluice: listening at "
                            + bridge.address().getAddress().getHostAddress()
                            + ":"
                            + bridge.address().getPort());
            return Interruption.guard(
                    () -> {
                        bridge.await();
                        tell(bridge.done());
                        return ExitCode.OK;
                    },
                    () -> interrupted(bridge),
                    "interrupted, the stream is given up");
        }
    }

    private static void tell(Bridge.Done done) {
        SluiceCommand.ERR.println(
                "sluice: the round stands: "
                        + done.entries()
                        + " entries, "
                        + done.bytes()
                        + " bytes to the consumer; "
                        + done.received()
                        + " bytes received, over "
                        + done.writers()
                        + " connections");
    }

    /** Whether it came too late. */
    private static boolean interrupted(Bridge bridge) {
        try {
            if (bridge.await(0)) {
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SluiceException e) {
            // It has failed for another reason just now.
        }
        bridge.giveUp("the bridge was interrupted");
        return false;
    }

    private BridgeConsumer consumer() {
        if (output != null) {
            return BridgeConsumers.file(RawArguments.path(output));
        }
        if (command.isEmpty()) {
            return BridgeConsumers.standardOutput();
        }
        return BridgeConsumers.command(
                command.stream()
                        .map(word -> new String(RawArguments.bytes(word), StandardCharsets.UTF_8))
                        .toList());
    }

    private InetSocketAddress address() {
        BridgeAddress wanted;
        try {
            wanted = BridgeAddress.parseListening(listen);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--listen: " + e.getMessage(), e);
        }
        InetSocketAddress address = new InetSocketAddress(wanted.host(), wanted.port());
        if (address.isUnresolved()) {
            throw new SluiceException("--listen: unknown host '" + wanted.host() + "'");
        }
        return address;
    }
}
