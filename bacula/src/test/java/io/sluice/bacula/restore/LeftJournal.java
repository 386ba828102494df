package io.sluice.bacula.restore;

import io.sluice.common.hash.Xxh3;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The journal of a restore that was killed, in the bytes of docs/formats.md. */
final class LeftJournal {
    private LeftJournal() {}

    static void write(Path directory, int token, byte[] target, String host, byte[] writingInto)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("sluice-restore 1\n".getBytes(StandardCharsets.US_ASCII));
        byte[] name = host.getBytes(StandardCharsets.UTF_8);
        ByteBuffer run = ByteBuffer.allocate(7 + target.length + name.length);
        run.put((byte) 1).putInt(token).put(target).put((byte) 0).put(name).put((byte) 0);
        record(out, run.array());
        ByteBuffer into = ByteBuffer.allocate(2 + writingInto.length);
        record(out, into.put((byte) 4).put(writingInto).put((byte) 0).array());
        Path file = directory.resolve(".sluice-restore");
        Files.write(file, out.toByteArray());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static void record(ByteArrayOutputStream out, byte[] content) {
        out.writeBytes(
                ByteBuffer.allocate(12 + content.length)
                        .putInt(content.length)
                        .put(content)
                        .putLong(Xxh3.hash64(content))
                        .array());
    }
}
