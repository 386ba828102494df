package io.sluice.bacula.set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.bacula.job.JobLevel;
import io.sluice.common.SluiceException;
import io.sluice.common.shard.Strategy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The process of a round as its leader sees it, played by a shell. */
@Timeout(60)
class RoundProcessTest {
    private static final RoundOrder ORDER =
            new RoundOrder(
                    "/sets/s",
                    "s",
                    "meeting",
                    JobLevel.FULL,
                    null,
                    Set.of(),
                    3,
                    List.of(),
                    "/srv",
                    "",
                    "full",
                    List.of(),
                    List.of(),
                    List.of(),
                    false,
                    false,
                    Map.of(),
                    50,
                    false,
                    false,
                    0,
                    "",
                    "posix",
                    Map.of(),
                    Map.of(),
                    null,
                    Strategy.INODE_HASH);

    @TempDir private Path directory;
    private SetDirectory set;
    private Path log;

    @BeforeEach
    void open() throws Exception {
        set = SetDirectory.open(directory.toRealPath(), "s");
        log = set.rendezvous().resolve("round.log");
    }

    private RoundProcess start(String script) {
        return RoundProcess.start(List.of("sh", "-c", script), set, JobLevel.FULL);
    }

    private static void awaitEnd(RoundProcess process) throws Exception {
        assertThat(process.awaitEnd(TimeUnit.SECONDS.toMillis(30))).isNotNull();
    }

    @Test
    void itIsToldWhatItIsLikelyToBeAndGetsItsOrder() throws Exception {
        Files.writeString(log, "of the round before\n");
        RoundProcess process =
                start("read order; echo \"$order\" >&2; echo \"$SLUICE_ROUND\" >&2; echo done");
        process.requireAlive();
        process.order(ORDER);
        assertThat(process.awaitEnd(TimeUnit.SECONDS.toMillis(30))).isNull();
        List<String> lines = Files.readAllLines(log);
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).contains("\"meeting\":\"meeting\"");
        assertThat(lines.get(1)).isEqualTo("full");
    }

    @Test
    void oneThatCannotStartIsToldWithItsLog() throws Exception {
        RoundProcess process = start("echo no memory >&2; exit 3");
        awaitEnd(process);
        String why = "the round's process ended with 3 and said nothing; see '" + log + "'";
        assertThatExceptionOfType(SluiceException.class)
                .isThrownBy(process::requireAlive)
                .withMessage(why);
        assertThatExceptionOfType(SluiceException.class)
                .isThrownBy(() -> process.order(ORDER))
                .withMessage(why);
        assertThat(log).hasContent("no memory");
    }

    @Test
    void whatIsDismissedIsGoneAndLeavesTheFormerLog() throws Exception {
        Files.writeString(log, "of the round before\n");
        RoundProcess process = start("exec sleep 1000");
        process.requireAlive();
        process.dismiss();
        awaitEnd(process);
        assertThat(log).hasContent("of the round before");
    }
}
