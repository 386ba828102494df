package io.sluice.pipeline.report;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.sluice.common.SluiceException;
import io.sluice.common.posix.Errno;
import io.sluice.common.round.Content;
import io.sluice.common.round.Failure;
import io.sluice.common.round.Owed;
import io.sluice.common.round.OwedReason;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.serial.FrozenSample;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollectorOperatorTest {
    private static final long ROUND = 12;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path directory;

    private OneInputStreamOperatorTestHarness<RoundEvent, Void> collector() throws Exception {
        return collector("run-1", null);
    }

    private OneInputStreamOperatorTestHarness<RoundEvent, Void> collector(
            String run, OperatorSubtaskState state) throws Exception {
        var harness =
                new OneInputStreamOperatorTestHarness<>(
                        new CollectorOperator(
                                new CollectorOptions(
                                        ROUND,
                                        run,
                                        "incremental",
                                        ROUND - 1,
                                        100,
                                        Content.FULL,
                                        "/data",
                                        Instant.parse("2026-11-21T02:33:00Z"),
                                        null,
                                        RoundSample.SHARDS,
                                        directory.toString())));
        if (state != null) {
            harness.initializeState(state);
        }
        harness.open();
        return harness;
    }

    private static void send(
            OneInputStreamOperatorTestHarness<RoundEvent, Void> collector, List<RoundEvent> events)
            throws Exception {
        for (RoundEvent event : events) {
            collector.processElement(new StreamRecord<>(event));
        }
    }

    private List<String> files() throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith(".part"))
                    .sorted()
                    .toList();
        }
    }

    private static JsonSchema schema() throws Exception {
        try (InputStream in = RoundReport.class.getResourceAsStream("report.schema.json")) {
            return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(in);
        }
    }

    private JsonNode report() throws Exception {
        return JSON.readTree(directory.resolve(RoundFiles.REPORT).toFile());
    }

    @Test
    void filesAppearWhenTheyAreComplete() throws Exception {
        try (var collector = collector()) {
            send(collector, new RoundSample().events());
            send(
                    collector,
                    List.of(
                            new Owed(new byte[] {'a', (byte) 0xff}, OwedReason.RACY, 1),
                            new Owed(bytes("d"), OwedReason.SCAN, -1),
                            new Failure(bytes("b\n"), "open", Errno.EACCES)));
            assertThat(files()).isEmpty();
            collector.processWatermark(new Watermark(ROUND));
            assertThat(files()).containsExactly(RoundFiles.REPORT);
            RoundFiles.place(directory, JSON.treeToValue(report(), RoundReport.class));
            assertThat(files())
                    .containsExactly(RoundFiles.FAILED, RoundFiles.OWED, RoundFiles.REPORT);
            for (String name : files()) {
                assertThat(
                                PosixFilePermissions.toString(
                                        Files.getPosixFilePermissions(directory.resolve(name))))
                        .isEqualTo("rw-------");
            }
        }
        assertThat(Files.readAllLines(directory.resolve(RoundFiles.OWED)))
                .hasSize(2)
                .anyMatch(
                        line ->
                                line.contains("\"reason\":\"racy\"")
                                        && line.contains("\"shard\":1"))
                .anyMatch(line -> line.contains("\"reason\":\"scan\""));
        assertThat(Files.readAllLines(directory.resolve(RoundFiles.FAILED))).hasSize(1);
        assertThat(schema().validate(report())).isEmpty();
        RoundReport report = JSON.treeToValue(report(), RoundReport.class);
        assertThat(report.seen() + report.retried())
                .isEqualTo(
                        report.stored()
                                + report.unchanged()
                                + Books.total(report.skipped())
                                + Books.total(report.failed())
                                + report.repeated());
        assertThat(report.scanMs()).isEqualTo(1750);
        assertThat(report.files()).isEqualTo(9);
        assertThat(report.bytes()).isEqualTo(1024);
        // Entries 4, a torn read, the listing without permission; not the one that vanished.
        assertThat(report.failuresTotal()).isEqualTo(6);
        assertThat(report.lastLine(5))
                .isEqualTo(
                        "files=9 bytes=1024 unchanged=2 deleted=4 skipped=6 errors=6"
                                + " hsm_skipped=0 hsm_marked=0 hsm_lost=0 elapsed_ms=5");
    }

    @Test
    void booksThatDoNotBalanceFailTheRound() throws Exception {
        try (var collector = collector()) {
            send(
                    collector,
                    new RoundSample().falsify("directory-index/0", "unchanged", 1).events());
            assertThatThrownBy(() -> collector.processWatermark(new Watermark(ROUND)))
                    .hasMessage(
                            "the books do not balance: names merged by the index: 24,"
                                    + " their outcomes: 25");
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void anotherWatermarkFailsTheRound() throws Exception {
        try (var collector = collector()) {
            send(collector, new RoundSample().events());
            assertThatThrownBy(() -> collector.processWatermark(Watermark.MAX_WATERMARK))
                    .hasMessageContaining("ended from outside");
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void theReportNamesAHundredFailuresAndTheFileAll() throws Exception {
        try (var collector = collector()) {
            for (int i = 0; i < 250; i++) {
                send(collector, List.of(new Failure(bytes("f" + i), "open", Errno.EIO)));
            }
            send(collector, new RoundSample().events());
            collector.processWatermark(new Watermark(ROUND));
        }
        assertThat(list(RoundFiles.FAILED)).hasSize(250);
        assertThat(report().get("failures")).hasSize(100);
        assertThat(schema().validate(report())).isEmpty();
    }

    @Test
    void theSchemaKnowsEveryFieldAndDescribesIt() throws Exception {
        try (var collector = collector()) {
            send(collector, List.of(new Failure(bytes("f"), "open", Errno.EIO)));
            send(collector, new RoundSample().events());
            collector.processWatermark(new Watermark(ROUND));
        }
        JsonNode report = report();
        checkStrict(report, report, "");
        JsonNode schema = JSON.readTree(RoundReport.class.getResource("report.schema.json"));
        for (JsonNode property : schema.get("properties")) {
            assertThat(property.get("description")).isNotNull();
        }
    }

    private static Failure failure(String path) {
        return new Failure(bytes(path), "open", Errno.EIO);
    }

    private static Owed owed(String path) {
        return new Owed(bytes(path), OwedReason.RACY, 0);
    }

    /** A list of the attempt that wrote the report. */
    private List<String> list(String name) throws Exception {
        return Files.readAllLines(
                RoundFiles.part(directory, name, report().get("attempt").textValue()));
    }

    /** The counts, the receipts, the lines and the failures named. */
    private List<String> told() throws Exception {
        ObjectNode report = (ObjectNode) report();
        report.remove(List.of("ended", "elapsed_ms", "attempt"));
        List<String> told = new ArrayList<>();
        told.add(report.toString());
        told.addAll(list(RoundFiles.OWED));
        told.addAll(list(RoundFiles.FAILED));
        return told;
    }

    @Test
    void whatWasHeardSinceTheCheckpointIsForgottenAndHeardAgain() throws Exception {
        List<RoundEvent> early = List.of(owed("a"), failure("b"), owed("c"));
        List<RoundEvent> late = List.of(failure("d"), owed("e"));
        List<RoundEvent> sample = new RoundSample().events();
        try (var collector = collector()) {
            send(collector, early);
            send(collector, sample);
            send(collector, late);
            collector.processWatermark(new Watermark(ROUND));
        }
        List<String> expected = told();
        OperatorSubtaskState first;
        try (var collector = collector()) {
            // What another attempt has left of the same round.
            assertThat(files()).doesNotContain(RoundFiles.REPORT);
            send(collector, early);
            send(collector, sample.subList(0, 3));
            first = collector.snapshot(1, 1);
            // Enough for the file to have some of it.
            for (int i = 0; i < 5000; i++) {
                send(collector, List.of(owed("lost" + i), failure("lost" + i)));
            }
        }
        OperatorSubtaskState complete;
        try (var collector = collector("run-1", first)) {
            send(collector, sample);
            send(collector, late);
            complete = collector.snapshot(2, 2);
            collector.processWatermark(new Watermark(ROUND));
            assertThat(told()).isEqualTo(expected);
        }
        for (OperatorSubtaskState state : List.of(complete, complete)) {
            try (var collector = collector("run-1", state)) {
                assertThat(files()).isEmpty();
                collector.processWatermark(new Watermark(ROUND));
                assertThat(told()).isEqualTo(expected);
                complete = collector.snapshot(3, 3);
            }
        }
        // Also from a checkpoint behind the report.
        try (var collector = collector("run-1", complete)) {
            collector.processWatermark(new Watermark(ROUND));
            assertThat(told()).isEqualTo(expected);
        }
    }

    @Test
    void stateOfAnotherRunCountsAsEmpty() throws Exception {
        OperatorSubtaskState state;
        try (var collector = collector()) {
            send(collector, List.of(owed("a"), failure("b")));
            send(collector, new RoundSample().events());
            state = collector.snapshot(1, 1);
        }
        try (var collector = collector("run-2", state)) {
            assertThatThrownBy(() -> collector.processWatermark(new Watermark(ROUND)))
                    .hasMessageContaining("the books do not balance");
        }
        try (var collector = collector("run-2", state)) {
            send(collector, new RoundSample().events());
            collector.processWatermark(new Watermark(ROUND));
        }
        assertThat(list(RoundFiles.OWED)).isEmpty();
        assertThat(report().get("failures")).isEmpty();
    }

    private Path only(String name) throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith(name + "."))
                    .reduce(
                            (a, b) -> {
                                throw new AssertionError(a + " and " + b);
                            })
                    .orElseThrow();
        }
    }

    /** Its task manager was frozen, given up, and thaws. */
    @Test
    void anAttemptThatIsNotDeadDoesNotTouchTheFilesOfTheNext() throws Exception {
        List<RoundEvent> sample = new RoundSample().events();
        try (var frozen = collector()) {
            send(frozen, List.of(owed("early")));
            try (var live = collector("run-1", frozen.snapshot(1, 1))) {
                send(frozen, List.of(owed("of the frozen one"), failure("x")));
                send(live, List.of(owed("of the live one")));
                frozen.snapshot(2, 2);
                send(frozen, sample);
                frozen.processWatermark(new Watermark(ROUND));
                RoundReport late = JSON.treeToValue(report(), RoundReport.class);
                send(live, sample);
                live.processWatermark(new Watermark(ROUND));
                RoundReport report = JSON.treeToValue(report(), RoundReport.class);
                assertThat(report.attempt()).isNotEqualTo(late.attempt());
                RoundFiles.place(directory, report);
                assertThat(Files.readString(directory.resolve(RoundFiles.OWED)))
                        .contains("early", "of the live one")
                        .doesNotContain("frozen");
                assertThat(directory.resolve(RoundFiles.FAILED)).isEmptyFile();
            }
        }
    }

    @Test
    void listsThatAreNotTheReportsAreRefused() throws Exception {
        try (var collector = collector()) {
            send(collector, List.of(owed("a")));
            send(collector, new RoundSample().events());
            collector.processWatermark(new Watermark(ROUND));
        }
        RoundReport report = JSON.treeToValue(report(), RoundReport.class);
        Path part = RoundFiles.part(directory, RoundFiles.OWED, report.attempt());
        String written = Files.readString(part);
        for (String other : List.of("", written.replace('a', 'b'), written + written)) {
            Files.writeString(part, other);
            assertThatThrownBy(() -> RoundFiles.place(directory, report))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("is not what the report says");
        }
        Files.delete(part);
        assertThatThrownBy(() -> RoundFiles.place(directory, report))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("is not what the report says");
        assertThat(files()).containsExactly(RoundFiles.REPORT);
    }

    @Test
    void aFileThatIsShorterThanAtTheCheckpointFailsTheRound() throws Exception {
        OperatorSubtaskState state;
        try (var collector = collector()) {
            send(collector, List.of(owed("a")));
            state = collector.snapshot(1, 1);
        }
        Files.delete(only(RoundFiles.OWED));
        assertThatThrownBy(() -> collector("run-1", state))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("has 0 bytes, and had ");
    }

    @Test
    void stateIsReadAndWrittenAsEver() throws Exception {
        byte[] frozen =
                FrozenSample.load(CollectorOperatorTest.class, "collector-v2.hex").get("state");
        CollectorState state =
                new CollectorState(
                        "run-é",
                        "00c0ffee12345678",
                        1L << 33,
                        77,
                        List.of(new Failure(bytes("p"), "open", Errno.EIO)));
        DataOutputSerializer out = new DataOutputSerializer(64);
        CollectorStateSerializer.INSTANCE.serialize(state, out);
        assertThat(HexFormat.of().formatHex(out.getCopyOfBuffer()))
                .isEqualTo(HexFormat.of().formatHex(frozen));
        CollectorState read =
                CollectorStateSerializer.INSTANCE.deserialize(new DataInputDeserializer(frozen));
        assertThat(read).usingRecursiveComparison().isEqualTo(state);

        byte[] former =
                FrozenSample.load(CollectorOperatorTest.class, "collector-v1.hex").get("state");
        assertThat(CollectorStateSerializer.INSTANCE.deserialize(new DataInputDeserializer(former)))
                .usingRecursiveComparison()
                .isEqualTo(
                        new CollectorState(
                                state.run(),
                                "",
                                state.owedBytes(),
                                state.failedBytes(),
                                state.events()));
    }

    /** Each field of each object may not be missing, and none may come to it. */
    private void checkStrict(JsonNode report, JsonNode node, String where) throws Exception {
        if (node instanceof ObjectNode object) {
            List<String> fields = new ArrayList<>();
            object.fieldNames().forEachRemaining(fields::add);
            boolean counts =
                    List.of(
                                    "/types",
                                    "/skipped",
                                    "/failed",
                                    "/owed",
                                    "/read_errors",
                                    "/directories/failed")
                            .contains(where);
            for (String field : counts ? List.<String>of() : fields) {
                JsonNode value = object.remove(field);
                assertThat(schema().validate(report)).as(where + "/" + field).isNotEmpty();
                object.set(field, value);
                checkStrict(report, value, where + "/" + field);
            }
            object.put("another", "x");
            assertThat(schema().validate(report)).as(where + "/another").isNotEmpty();
            object.remove("another");
        } else if (node.isArray()) {
            for (Iterator<JsonNode> i = node.elements(); i.hasNext(); ) {
                checkStrict(report, i.next(), where + "[]");
            }
        }
    }
}
