package io.sluice.pipeline.options;

import io.sluice.common.filesystem.HsmOptions;
import io.sluice.common.filesystem.HsmPolicy;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What becomes of files whose data lies on tape alone: options of every round of a Lustre mode. */
final class HsmArguments {
    private static final int MAX_RECALLS = 100_000;
    private static final List<String> NAMES =
            List.of(
                    "--hsm-policy",
                    "--hsm-recalls",
                    "--hsm-recalls-per-hour",
                    "--hsm-recall-timeout",
                    "--hsm-release-again");

    /** Of the command that these options are mixed into. */
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--hsm-policy",
            paramLabel = "skip-released|mark-released|backup-released",
            defaultValue = "skip-released",
            converter = PolicyConverter.class,
            description =
                    "In a Lustre mode, what becomes of files whose data lies on tape alone: an entry without data,"
                            + " counted as skipped or as marked; or they are fetched back and stored"
                            + " (default: ${DEFAULT-VALUE}).")
    private HsmPolicy policy;

    @Option(
            names = "--hsm-recalls",
            paramLabel = "N",
            description =
                    "With backup-released, so many may be on their way back from tape at a time (default: "
                            + HsmOptions.RECALLS
                            + ").")
    private int recalls = HsmOptions.RECALLS;

    @Option(
            names = "--hsm-recalls-per-hour",
            paramLabel = "N",
            description = "So many may be asked for within any hour (default: as many as come).")
    private int perHour;

    @Option(
            names = "--hsm-recall-timeout",
            paramLabel = "SECONDS",
            description =
                    "What has not come back by then has failed, and is tried again in the next round (default: a day).")
    private int timeoutSecs = HsmOptions.RECALL_TIMEOUT_SECS;

    @Option(
            names = "--hsm-release-again",
            description = "Release what was fetched back from the disks when it has been read.")
    private boolean releaseAgain;

    static final class PolicyConverter extends WordConverter<HsmPolicy> {
        PolicyConverter() {
            super(HsmPolicy::text, HsmPolicy.values());
        }
    }

    /**
     * @param needed what none of these options is of use without
     * @throws ParameterException if one was given
     */
    void refuse(String needed) {
        for (String option : NAMES) {
            if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(spec.commandLine(), option + " needs " + needed);
            }
        }
    }

    /**
     * @throws ParameterException for a number that makes no sense
     */
    HsmOptions options() {
        check("--hsm-recalls", recalls, 1, MAX_RECALLS);
        check("--hsm-recalls-per-hour", perHour, 0, Integer.MAX_VALUE);
        check("--hsm-recall-timeout", timeoutSecs, 1, Integer.MAX_VALUE);
        return new HsmOptions(policy, recalls, perHour, timeoutSecs, releaseAgain);
    }

    private void check(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(),
                    option
                            + " must be "
                            + least
                            + (most == Integer.MAX_VALUE ? " or more" : " to " + most)
                            + ", not "
                            + value);
        }
    }
}
