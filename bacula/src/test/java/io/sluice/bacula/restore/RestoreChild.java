package io.sluice.bacula.restore;

import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.common.posix.Posix;
import io.sluice.ptcomm.codec.FrameReader;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A restore from standard input in a process of its own; tells on stderr that a file is begun. */
final class RestoreChild {
    private RestoreChild() {}

    public static void main(String[] args) throws Exception {
        RestoreJob job =
                new RestoreJob(
                        "child",
                        "1",
                        args[0].getBytes(StandardCharsets.UTF_8),
                        "a",
                        new byte[0],
                        Path.of(args[1]),
                        RestoreJob.Dialogue.STREAM);
        FilesystemHooks hooks =
                new FilesystemHooks() {
                    @Override
                    public int create(int parent, byte[] name, int flags, int mode, byte[] layout) {
                        int fd = Posix.openOrErrno(parent, name, flags, mode);
                        System.err.println("begun");
                        return fd;
                    }
                };
        new FdRestore(job, hooks)
                .run(
                        new FrameReader(Channels.newChannel(System.in)),
                        Channels.newChannel(System.out));
    }
}
