package io.sluice.bacula.restore;

import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.restore.RestoreReport;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A restore from frames in memory, and what it answers. */
final class RestoreRig {
    final Path work;
    private final String where;
    private String replace = "a";
    private String namespace = "@hpc";
    private RestoreJob.Dialogue dialogue = RestoreJob.Dialogue.STREAM;
    private FilesystemHooks hooks = FilesystemHooks.NONE;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    RestoreRig(Path work, String where) {
        this.work = work;
        this.where = where;
    }

    RestoreRig replace(String letter) {
        replace = letter;
        return this;
    }

    RestoreRig namespace(String component) {
        namespace = component;
        return this;
    }

    RestoreRig stock() {
        dialogue = RestoreJob.Dialogue.STOCK;
        return this;
    }

    RestoreRig hooks(FilesystemHooks others) {
        hooks = others;
        return this;
    }

    RestoreReport run(byte[] frames) throws IOException, InterruptedException {
        out.reset();
        return run(Channels.newChannel(new ByteArrayInputStream(frames)), Channels.newChannel(out));
    }

    RestoreReport run(ReadableByteChannel in, WritableByteChannel answers)
            throws IOException, InterruptedException {
        RestoreJob job =
                new RestoreJob(
                        "Restore.2026-11-21_22.00.00_07",
                        "7",
                        where.getBytes(StandardCharsets.UTF_8),
                        replace,
                        namespace.getBytes(StandardCharsets.UTF_8),
                        work,
                        dialogue);
        return new FdRestore(job, hooks).run(new FrameReader(in), answers);
    }

    /** The frames that went to the FD, as letter and payload. */
    List<String> frames() throws IOException {
        List<String> frames = new ArrayList<>();
        byte[] bytes = out.toByteArray();
        for (int at = 0; at < bytes.length; ) {
            int length = Integer.parseInt(new String(bytes, at + 1, 6, StandardCharsets.US_ASCII));
            String payload = new String(bytes, at + 8, length, StandardCharsets.UTF_8);
            frames.add((char) bytes[at] + " " + payload);
            at += 8 + length;
        }
        return frames;
    }

    /** The frames with this letter. */
    List<String> frames(char letter) throws IOException {
        return frames().stream().filter(frame -> frame.charAt(0) == letter).toList();
    }
}
