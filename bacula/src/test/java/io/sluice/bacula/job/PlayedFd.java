package io.sluice.bacula.job;

import io.sluice.bacula.config.Site;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameWriter;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/**
 * The FD's side of a job: a test that speaks PTCOMM through pipes with a backend in this process.
 */
final class PlayedFd implements Closeable {
    /** A frame from the backend. */
    record Received(char letter, byte[] payload) {
        String text() {
            return new String(payload, StandardCharsets.ISO_8859_1).stripTrailing();
        }
    }

    private final Pipe toBackend = Pipe.open();
    private final Pipe fromBackend = Pipe.open();
    private final DataInputStream in;
    private final Backend backend;
    private final Thread serving;
    private final CompletableFuture<Void> served = new CompletableFuture<>();

    /** What the job's log has: letter, blank, line. */
    private final List<String> log = new ArrayList<>();

    /** The stream without messages, with its final F. */
    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();

    private boolean aborted;
    private int entries;

    PlayedFd(Map<String, String> environment) throws IOException {
        in =
                new DataInputStream(
                        new java.io.BufferedInputStream(
                                Channels.newInputStream(fromBackend.source()), 1 << 16));
        backend =
                new Backend(
                        toBackend.source(),
                        fromBackend.sink(),
                        () -> Site.of(environment),
                        RoundProcessMain.command());
        serving =
                new Thread(
                        () -> {
                            try {
                                backend.run();
                                served.complete(null);
                            } catch (Throwable e) {
                                served.completeExceptionally(e);
                            } finally {
                                closeQuietly();
                            }
                        },
                        "backend");
        serving.setDaemon(true);
        serving.start();
    }

    private void closeQuietly() {
        try {
            fromBackend.sink().close();
            toBackend.source().close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    void send(char letter, String payload) throws IOException {
        byte[] bytes = payload.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer frame = ByteBuffer.allocate(Frame.HEADER_BYTES + bytes.length);
        FrameWriter.header(frame, (byte) letter, bytes.length);
        frame.put(bytes).flip();
        while (frame.hasRemaining()) {
            toBackend.sink().write(frame);
        }
    }

    void command(String text) throws IOException {
        send('C', text + "\n");
    }

    /** The next frame that is no message; null at the end. */
    Received next() throws IOException {
        while (true) {
            byte[] header = new byte[Frame.HEADER_BYTES];
            int first = in.read();
            if (first < 0) {
                return null;
            }
            header[0] = (byte) first;
            in.readFully(header, 1, Frame.HEADER_BYTES - 1);
            int length = Integer.parseInt(new String(header, 1, 6, StandardCharsets.US_ASCII));
            byte[] payload = new byte[length];
            in.readFully(payload);
            Received received = new Received((char) header[0], payload);
            if (received.letter == 'C' || received.letter == 'D' || received.letter == 'F') {
                return received;
            }
            synchronized (log) {
                log.add(received.letter + " " + received.text());
                log.notifyAll();
            }
            if (received.letter == 'A') {
                aborted = true;
                toBackend.sink().close();
                return null;
            }
        }
    }

    Received expect(char letter) throws IOException {
        Received received = next();
        if (received == null || received.letter != letter) {
            throw new IOException("expected " + letter + ", found " + received + "; log " + log);
        }
        return received;
    }

    /** Hello, job, parameters. */
    PlayedFd open(String hello, Map<String, String> job, List<String> params) throws IOException {
        command(hello);
        if (!"Hello Bacula".equals(expect('C').text())) {
            throw new IOException("no hello");
        }
        command("Job");
        for (Map.Entry<String, String> key : job.entrySet()) {
            command(key.getKey() + "=" + key.getValue());
        }
        send('F', "");
        expect('F');
        command("Params");
        for (String param : params) {
            command(param);
        }
        send('F', "");
        return this;
    }

    static Map<String, String> job(String name, char level, String previous) {
        Map<String, String> job = new LinkedHashMap<>();
        job.put("Name", name);
        job.put("JobID", Integer.toString(Math.abs(name.hashCode() % 1000)));
        job.put("Type", "B");
        job.put("Level", String.valueOf(level));
        job.put("PrevJobName", previous);
        job.put("Accurate", "0");
        return job;
    }

    /** With our plugin. */
    PlayedFd openOurs(Map<String, String> job, String line) throws IOException {
        return open("Hello sluice 1", job, List.of("line=" + line));
    }

    PlayedFd start(String word) throws IOException {
        Received answer = next();
        if (answer != null && answer.letter == 'C' && answer.text().startsWith("PREFIX:/@hpc/")) {
            answer = next();
        }
        if (answer == null || answer.letter != 'F') {
            throw new IOException("expected F, found " + answer + "; log " + log);
        }
        command(word);
        expect('F');
        return this;
    }

    /** Reads a whole stream and says goodbye; false if the job failed. */
    boolean takeAll() throws IOException {
        try {
            if (!takeStream()) {
                return false;
            }
            command("END");
            if (next() == null) {
                return false;
            }
            send('T', "");
            return next() == null && !aborted;
        } catch (EOFException e) {
            return false;
        }
    }

    /** Up to the final F; false if the job failed. */
    boolean takeStream() throws IOException {
        boolean between = true;
        boolean head = false;
        boolean block = false;
        while (true) {
            Received received = next();
            if (received == null) {
                return false;
            }
            if (received.letter == 'C' && received.text().equals("FileIndex")) {
                command(Integer.toString(entries));
                continue;
            }
            keep(received);
            String text = received.letter == 'C' ? received.text() : "";
            if (between) {
                if (received.letter == 'F') {
                    return true;
                } else if (text.startsWith("FNAME:")) {
                    entries++;
                    head = true;
                    between = false;
                } else if (isBlock(text)) {
                    block = true;
                    between = false;
                }
            } else if (received.letter == 'F') {
                // Of the head, then of the data; or of a block.
                between = block || !head;
                head = false;
                block = false;
            }
        }
    }

    private static boolean isBlock(String text) {
        return List.of("ACL", "XATTR", "LAYOUT", "HSM").contains(text);
    }

    private void keep(Received received) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Frame.HEADER_BYTES);
        FrameWriter.header(header, (byte) received.letter, received.payload.length);
        stream.write(header.array());
        stream.write(received.payload);
    }

    CompletableFuture<Boolean> takeAllLater() {
        CompletableFuture<Boolean> taken = new CompletableFuture<>();
        Thread thread =
                Executors.defaultThreadFactory()
                        .newThread(
                                () -> {
                                    try {
                                        taken.complete(takeAll());
                                    } catch (Throwable e) {
                                        taken.completeExceptionally(e);
                                    }
                                });
        thread.setDaemon(true);
        thread.start();
        return taken;
    }

    byte[] stream() {
        return stream.toByteArray();
    }

    List<String> log() {
        synchronized (log) {
            return List.copyOf(log);
        }
    }

    /** Waits for a line that has the text. */
    void awaitLine(String text) throws InterruptedException {
        synchronized (log) {
            while (log.stream().noneMatch(line -> line.contains(text))) {
                log.wait(60_000);
            }
        }
    }

    Backend backend() {
        return backend;
    }

    /** Complete when the backend's process would have ended. */
    CompletableFuture<Void> served() {
        return served;
    }

    /** As when the FD dies. */
    @Override
    public void close() throws IOException {
        toBackend.sink().close();
    }
}
