package io.sluice.cli;

import io.sluice.common.round.Receipt;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Manifest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice list}. */
@Command(
        name = "list",
        description = "Lists the rounds of an archive, or a round's entries.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ListCommand implements Callable<Integer> {
    @Mixin private ArchiveOptions archive;

    @Option(
            names = "--files",
            description = "List what the archive holds at the round, sorted by path.")
    private boolean files;

    @Option(
            names = "--changes",
            description = "List only what the round itself has recorded, deletions too.")
    private boolean changes;

    @Option(
            names = "--json",
            description = "Print JSON: rounds as one array, entries as one object a line.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        try (Archive opened = archive.open()) {
            if (changes) {
                return new EntryList(json).printChanges(opened.round(archive.round(opened)));
            }
            if (files) {
                return new EntryList(json).print(archive.streams(opened));
            }
            List<Manifest> rounds =
                    archive.isRoundNamed()
                            ? List.of(opened.manifest(archive.round(opened)))
                            : opened.rounds();
            if (json) {
                SluiceCommand.OUT.println(
                        ReportText.json(rounds.stream().map(ListCommand::fields).toList()));
            } else {
                SluiceCommand.OUT.println(Text.quote(Text.unescape(opened.description().path())));
                rounds.forEach(ListCommand::print);
                if (rounds.isEmpty()) {
                    SluiceCommand.OUT.println("no complete round yet");
                }
            }
            return ExitCode.OK;
        }
    }

    private static void print(Manifest round) {
        SluiceCommand.OUT.printf(
                Locale.ROOT,
                "%6d  %-22s %-9s %s  %s  %s  %s stored%n",
                round.round(),
                level(round),
                round.content(),
                round.started(),
                ReportText.duration(Duration.between(round.started(), round.ended()).toMillis()),
                ReportText.count(entries(round), "entry", "entries"),
                ReportText.size(storedBytes(round)));
    }

    private static String level(Manifest round) {
        return round.level() + (round.base() == null ? "" : " since " + round.base());
    }

    private static Map<String, Object> fields(Manifest round) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("round", round.round());
        fields.put("run", round.run());
        fields.put("level", round.level());
        fields.put("base", round.base());
        fields.put("content", round.content());
        fields.put("path", round.path());
        fields.put("started", round.started().toString());
        fields.put("ended", round.ended().toString());
        fields.put("shards", round.shards());
        fields.put("entries", entries(round));
        fields.put("stored_bytes", storedBytes(round));
        return fields;
    }

    private static long entries(Manifest round) {
        return round.receipts().stream().mapToLong(Receipt::entries).sum();
    }

    private static long storedBytes(Manifest round) {
        List<Receipt.Segment> segments = new ArrayList<>();
        round.receipts().forEach(receipt -> segments.addAll(receipt.segments()));
        return segments.stream().mapToLong(Receipt.Segment::length).sum();
    }
}
