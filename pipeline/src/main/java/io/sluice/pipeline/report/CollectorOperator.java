package io.sluice.pipeline.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.sluice.common.round.Failure;
import io.sluice.common.round.Owed;
import io.sluice.common.round.Receipt;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.writer.LastingFailureException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Gathers what index and shard writers tell of the round; one instance. On the round's watermark,
 * which comes when all of them are through, it checks the books and writes {@code owed.jsonl},
 * {@code failed.jsonl} and, last, {@code report.json}: that file's appearance says that the round
 * is done.
 */
public final class CollectorOperator extends AbstractStreamOperator<Void>
        implements OneInputStreamOperator<RoundEvent, Void> {
    private static final long serialVersionUID = 1L;

    /**
     * Failures that the report itself names; a terminal shows no more, and the file has them all.
     */
    private static final int NAMED_FAILURES = 100;

    private final CollectorOptions options;

    private transient Books books;
    private transient List<RoundReport.FailureLine> failures;
    private transient GrowingFile owed;
    private transient GrowingFile failed;

    public CollectorOperator(CollectorOptions options) {
        this.options = options;
    }

    @Override
    public void open() throws Exception {
        super.open();
        books = new Books();
        failures = new ArrayList<>();
        Path directory = Path.of(options.directory());
        owed = new GrowingFile(directory.resolve(RoundFiles.OWED));
        failed = new GrowingFile(directory.resolve(RoundFiles.FAILED));
    }

    @Override
    public void processElement(StreamRecord<RoundEvent> element) throws Exception {
        RoundEvent event = element.getValue();
        if (event instanceof Tally tally) {
            books.add(tally);
        } else if (event instanceof Receipt receipt) {
            books.add(receipt);
        } else if (event instanceof Owed debt) {
            owed.line(new OwedLine(Text.escape(debt.path()), debt.reason().text(), debt.shard()));
        } else if (event instanceof Failure failure) {
            RoundReport.FailureLine line =
                    new RoundReport.FailureLine(
                            Text.escape(failure.path()), failure.operation(), failure.reason());
            failed.line(line);
            if (failures.size() < NAMED_FAILURES) {
                failures.add(line);
            }
        }
    }

    /**
     * A line of {@code owed.jsonl}.
     *
     * @param shard that noticed; -1 for the index
     */
    record OwedLine(String path, String reason, int shard) {}

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.getTimestamp() != options.round()) {
            throw new LastingFailureException(
                    "round " + options.round() + " was ended from outside; start it again");
        }
        List<String> imbalances = books.imbalances(options.shards());
        if (!imbalances.isEmpty()) {
            throw new LastingFailureException(
                    "the books do not balance: " + String.join("; ", imbalances));
        }
        owed.finish();
        failed.finish();
        writeReport();
        super.processWatermark(mark);
    }

    private void writeReport() throws IOException {
        Instant ended = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        RoundReport report =
                RoundReport.of(
                        options,
                        books,
                        failures,
                        ended.toString(),
                        Duration.between(options.started(), ended).toMillis());
        ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        try (GrowingFile file = new GrowingFile(RoundFiles.report(Path.of(options.directory())))) {
            file.write((json.writeValueAsString(report) + "\n").getBytes(StandardCharsets.UTF_8));
            file.finish();
        }
    }

    @Override
    public void close() throws Exception {
        if (owed != null) {
            owed.close();
        }
        if (failed != null) {
            failed.close();
        }
        super.close();
    }
}
