package io.sluice.e2e;

import com.dynatrace.hash4j.hashing.HashStream64;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.common.hash.Xxh3;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Bridges of one round, each a process of its own, and what they were given. */
final class FdBridges implements AutoCloseable {
    private final Path directory;
    private final Path secret;
    private final List<Object> more;
    private final List<String> addresses = new ArrayList<>();
    private final List<RunningSluice> running = new ArrayList<>();

    /**
     * @param directory new; gets the secret and the streams
     * @param more options of all bridges
     */
    FdBridges(Path directory, Object... more) throws IOException {
        this.more = List.of(more);
        this.directory = Files.createDirectories(directory);
        secret = directory.resolve("secret");
        Files.writeString(secret, "a secret for the bridges of one test\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    }

    /**
     * Starts the next shard's.
     *
     * @param command that gets the stream; none for a file
     */
    FdBridges start(String... command) throws Exception {
        int shard = running.size();
        String address = "127.0.0.1:" + Ports.free();
        addresses.add(address);
        List<Object> words =
                new ArrayList<>(List.of("fd-bridge", "--listen", address, "--secret-file", secret));
        words.addAll(more);
        if (command.length == 0) {
            words.addAll(List.of("--output", stream(shard)));
        } else {
            words.add("--");
            words.addAll(List.of(command));
        }
        RunningSluice bridge = Sluice.command(words.toArray()).start();
        running.add(bridge);
        bridge.await("a bridge that listens", () -> bridge.errorSoFar().contains("listening"));
        return this;
    }

    Path stream(int shard) {
        return directory.resolve("stream-" + shard);
    }

    Path secret() {
        return secret;
    }

    RunningSluice bridge(int shard) {
        return running.get(shard);
    }

    /** What a backup is told to use them. */
    List<Object> options() {
        return List.of("--fd", String.join(",", addresses), "--secret-file", secret);
    }

    /** The streams have been released. */
    void succeed() throws IOException {
        for (RunningSluice bridge : running) {
            Result result = bridge.result();
            result.exits(0);
        }
    }

    /**
     * An archive whose round holds the streams that the bridges were given, for those who read
     * archives.
     *
     * @param state the archive that the backup had for what the next round must know
     */
    void intoArchive(Path state, int round, Path archive) throws IOException {
        ObjectMapper json = new ObjectMapper();
        Path into = Files.createDirectories(archive.resolve("rounds/" + round));
        ObjectNode description = (ObjectNode) json.readTree(state.resolve("archive.json").toFile());
        description.put("streams", "here");
        json.writeValue(archive.resolve("archive.json").toFile(), description);
        ObjectNode manifest =
                (ObjectNode)
                        json.readTree(state.resolve("rounds/" + round + "/manifest.json").toFile());
        manifest.putArray("bridges");
        manifest.put("compression", "none");
        for (int shard = 0; shard < running.size(); shard++) {
            ObjectNode receipt = (ObjectNode) manifest.path("receipts").path(shard);
            String name = "shard-" + shard + ".run.0.0.ptcomm";
            Files.createLink(into.resolve(name), stream(shard));
            ArrayNode segments = receipt.putArray("segments");
            segments.addObject()
                    .put("name", name)
                    .put("length", Files.size(stream(shard)))
                    .put("entries", receipt.path("entries").asLong())
                    .put("xxh3", HexFormat.of().toHexDigits(xxh3(stream(shard))));
        }
        json.writeValue(into.resolve("manifest.json").toFile(), manifest);
    }

    private static long xxh3(Path file) throws IOException {
        HashStream64 hash = Xxh3.stream();
        byte[] buffer = new byte[1 << 20];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                hash.putBytes(buffer, 0, n);
            }
        }
        return hash.getAsLong();
    }

    @Override
    public void close() throws IOException {
        for (RunningSluice bridge : running) {
            bridge.close();
        }
    }
}
