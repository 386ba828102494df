package io.sluice.pipeline.launch;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.common.SluiceException;
import io.sluice.common.round.Content;
import io.sluice.pipeline.report.RoundFiles;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.ptcomm.archive.Archive;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports and savepoints that belong together, and others. */
class SavepointCheckITCase {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path temporary;

    private static Path savepoint(Archive archive, int round) {
        Path directory = archive.savepointDirectory(round);
        return directory.resolve(directory.toFile().list()[0]);
    }

    private static ObjectNode report(Archive archive, int round) throws Exception {
        Path file = RoundFiles.report(archive.roundDirectory(round));
        return (ObjectNode) JSON.readTree(Files.readAllBytes(file));
    }

    private void require(Path savepoint, ObjectNode report) throws Exception {
        SavepointCheck.require(savepoint, JSON.treeToValue(report, RoundReport.class));
    }

    @Test
    void onlyTheRoundsOwnReportGoesWithItsSavepoint() throws Exception {
        try (SmallRounds rounds = new SmallRounds(temporary)) {
            for (int round = 1; round <= 2; round++) {
                rounds.change(round);
                rounds.backUp(rounds.archive(), Level.AUTO, Content.FULL, () -> {});
            }
            try (Archive archive = Archive.openForReading(bytes(rounds.archive().toString()))) {
                Path first = savepoint(archive, 1);
                Path second = savepoint(archive, 2);
                ObjectNode report = report(archive, 2);
                assertThatCode(() -> require(second, report)).doesNotThrowAnyException();
                assertThatThrownBy(() -> require(first, report))
                        .isInstanceOf(SluiceException.class)
                        .hasMessageContaining("are of two attempts of the job");

                report.put("attempt", "0123456789abcdef");
                assertThatThrownBy(() -> require(second, report))
                        .isInstanceOf(SluiceException.class)
                        .hasMessageContaining("are of two attempts of the job");

                ObjectNode former = report(archive, 1);
                assertThatCode(() -> require(first, former)).doesNotThrowAnyException();
                Path file = second.resolve("_metadata");
                assertThat(Files.size(file)).isPositive();
                Files.writeString(file, "x");
                assertThatThrownBy(() -> require(second, report(archive, 2)))
                        .isInstanceOf(SluiceException.class)
                        .hasMessageContaining("cannot be read");
            }
        }
    }
}
