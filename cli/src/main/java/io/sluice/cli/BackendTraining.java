package io.sluice.cli;

import io.sluice.bacula.config.Site;
import io.sluice.bacula.job.Backend;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.FrameWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A Bacula job whose other shard never comes: it uses what a backend needs up to the round, and
 * bacula-fd waits for that to start.
 */
final class BackendTraining {
    private BackendTraining() {}

    static void run(Path work) throws IOException {
        Pipe toBackend = Pipe.open();
        Pipe fromBackend = Pipe.open();
        Map<String, String> environment =
                Map.of(
                        "SLUICE_STATE_DIR",
                        work.resolve("state").toString(),
                        "SLUICE_ACCEPT_TIMEOUT_SECS",
                        "1");
        Backend backend =
                new Backend(
                        toBackend.source(),
                        fromBackend.sink(),
                        () -> Site.of(environment),
                        List.of("true"));
        Thread serving = new Thread(() -> serve(backend, fromBackend), "backend");
        serving.start();
        for (String text :
                List.of(
                        "Hello sluice 1",
                        "Job",
                        "Name=training",
                        "Type=B",
                        "Level=F",
                        "",
                        "Params",
                        "line=path=" + work.resolve("tree") + ";shard=0/2",
                        "",
                        "BackupStart")) {
            send(toBackend, text);
        }
        FrameReader answers = new FrameReader(fromBackend.source());
        while (next(answers)) {
            // Up to the job's failure.
        }
        toBackend.sink().close();
    }

    private static void serve(Backend backend, Pipe out) {
        try (Pipe.SinkChannel sink = out.sink()) {
            backend.run();
        } catch (IOException | InterruptedException e) {
            // The archive is made of what was used until then.
            return;
        }
    }

    private static boolean next(FrameReader answers) {
        try {
            return answers.next();
        } catch (IOException e) {
            // The frame that fails a job is none of a stream.
            return false;
        }
    }

    private static void send(Pipe pipe, String text) throws IOException {
        byte[] payload = (text + "\n").getBytes(StandardCharsets.ISO_8859_1);
        boolean end = text.isEmpty();
        ByteBuffer frame = ByteBuffer.allocate(Frame.HEADER_BYTES + payload.length);
        FrameWriter.header(frame, end ? Frame.END : Frame.COMMAND, end ? 0 : payload.length);
        if (!end) {
            frame.put(payload);
        }
        frame.flip();
        while (frame.hasRemaining()) {
            pipe.sink().write(frame);
        }
    }
}
