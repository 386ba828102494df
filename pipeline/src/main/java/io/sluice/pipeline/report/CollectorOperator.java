package io.sluice.pipeline.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.sluice.common.SluiceException;
import io.sluice.common.round.Failure;
import io.sluice.common.round.Owed;
import io.sluice.common.round.Receipt;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import io.sluice.common.text.Text;
import io.sluice.pipeline.owed.OwedLine;
import io.sluice.pipeline.savepoint.ListStates;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Gathers what index and shard writers tell of the round; one instance. On the round's watermark,
 * which comes when all of them are through, it checks the books, ends its lists of what is owed and
 * what failed and writes, last, {@code report.json}, which names them: that file's appearance says
 * that the round is done.
 *
 * <p>A checkpoint has the counts, the receipts and the lengths of the growing files. A restored
 * collector goes on there, in files of its own, since the attempt before it may not be quite dead;
 * it takes a report back that was written since, and writes it again when the watermark comes
 * again. State of another run counts as empty.
 */
public final class CollectorOperator extends AbstractStreamOperator<Void>
        implements OneInputStreamOperator<RoundEvent, Void> {
    private static final long serialVersionUID = 1L;

    /**
     * Failures that the report itself names; a terminal shows no more, and the file has them all.
     */
    private static final int NAMED_FAILURES = 100;

    /** Its uid. */
    public static final String NAME = "collector";

    private static final String STATE = "collector";

    private final CollectorOptions options;

    private transient ListState<CollectorState> state;
    private transient String attempt;
    private transient Books books;
    private transient List<Failure> failures;
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
        // As long as it is there, the launcher takes the round for done.
        Files.deleteIfExists(RoundFiles.report(directory));
        attempt = HexFormat.of().toHexDigits(new SecureRandom().nextLong());
        CollectorState former = former();
        former.events().forEach(this::remember);
        owed = goOn(RoundFiles.OWED, former, former.owedBytes());
        failed = goOn(RoundFiles.FAILED, former, former.failedBytes());
        if (options.lastCommitted() != null) {
            getMetricGroup()
                    .addGroup("sluice")
                    .gauge("seconds_since_committed_round", (Gauge<Long>) this::age);
        }
    }

    /** What a restore would go back by. */
    private long age() {
        return Duration.between(options.lastCommitted(), Instant.now()).toSeconds();
    }

    private GrowingFile goOn(String name, CollectorState former, long bytes) throws IOException {
        Path directory = Path.of(options.directory());
        return GrowingFile.copy(
                RoundFiles.part(directory, name, attempt),
                RoundFiles.part(directory, name, former.attempt()),
                bytes);
    }

    /**
     * Which attempt a savepoint is of.
     *
     * @return empty if it is of none of that run
     */
    public static String attempt(ListStates savepoint, String run) throws IOException {
        return savepoint.list(NAME, STATE, CollectorStateSerializer.INSTANCE).stream()
                .filter(stored -> stored.run().equals(run))
                .map(CollectorState::attempt)
                .findFirst()
                .orElse("");
    }

    private CollectorState former() throws Exception {
        for (CollectorState stored : state.get()) {
            if (stored.run().equals(options.run())) {
                return stored;
            }
        }
        return new CollectorState(options.run(), "", 0, 0, List.of());
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        state =
                context.getOperatorStateStore()
                        .getListState(
                                new ListStateDescriptor<>(
                                        STATE, CollectorStateSerializer.INSTANCE));
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        List<RoundEvent> events = books.events();
        events.addAll(failures);
        state.update(
                List.of(
                        new CollectorState(
                                options.run(), attempt, owed.sync(), failed.sync(), events)));
    }

    @Override
    public void processElement(StreamRecord<RoundEvent> element) throws Exception {
        RoundEvent event = element.getValue();
        remember(event);
        if (event instanceof Owed debt) {
            owed.line(OwedLine.of(debt));
        } else if (event instanceof Failure failure) {
            failed.line(line(failure));
        }
    }

    private void remember(RoundEvent event) {
        if (event instanceof Tally tally) {
            books.add(tally);
        } else if (event instanceof Receipt receipt) {
            books.add(receipt);
        } else if (event instanceof Failure failure && failures.size() < NAMED_FAILURES) {
            failures.add(failure);
        }
    }

    private static RoundReport.FailureLine line(Failure failure) {
        return new RoundReport.FailureLine(
                Text.escape(failure.path()), failure.operation(), failure.reason());
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.getTimestamp() != options.round()) {
            throw new SluiceException(
                    "round " + options.round() + " was ended from outside; start it again");
        }
        List<String> imbalances = books.imbalances(options.shards());
        if (!imbalances.isEmpty()) {
            throw new SluiceException("the books do not balance: " + String.join("; ", imbalances));
        }
        writeReport(List.of(owed.finish(RoundFiles.OWED), failed.finish(RoundFiles.FAILED)));
        super.processWatermark(mark);
    }

    private void writeReport(List<RoundReport.Listed> lists) throws IOException {
        Instant ended = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        RoundReport report =
                RoundReport.of(
                        options,
                        books,
                        attempt,
                        lists,
                        failures.stream().map(CollectorOperator::line).toList(),
                        ended.toString(),
                        Duration.between(options.started(), ended).toMillis());
        ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        Path directory = Path.of(options.directory());
        Path part = RoundFiles.part(directory, RoundFiles.REPORT, attempt);
        try (GrowingFile file = new GrowingFile(part)) {
            file.write((json.writeValueAsString(report) + "\n").getBytes(StandardCharsets.UTF_8));
            file.finish(RoundFiles.REPORT);
        }
        Files.move(part, RoundFiles.report(directory), StandardCopyOption.ATOMIC_MOVE);
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
