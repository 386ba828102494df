package io.sluice.common.posix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipeTest {
    private static final int DEFAULT_BYTES = 64 * 1024;

    @TempDir Path temporary;

    private int open(String name, int mode) throws PosixException {
        byte[] path = temporary.resolve(name).toString().getBytes(UTF_8);
        Posix.mknodOrErrno(Posix.AT_FDCWD, path, mode, 0, 0);
        return open(name, Posix.O_RDWR, 0);
    }

    private int open(String name, int flags, int mode) throws PosixException {
        byte[] path = temporary.resolve(name).toString().getBytes(UTF_8);
        return Posix.open(Posix.AT_FDCWD, path, flags, mode);
    }

    @Test
    void whatNobodyHasReadIsCountedAndAReaderThatIsGoneIsSeen() throws Exception {
        int reader = open("pipe", 0010600);
        int writer = open("pipe", Posix.O_WRONLY, 0);
        try (OutputStream out = new FileOutputStream(temporary.resolve("pipe").toFile())) {
            assertThat(Pipe.is(writer)).isTrue();
            assertThat(Pipe.unread(writer)).isZero();
            out.write(new byte[100]);
            assertThat(Pipe.unread(writer)).isEqualTo(100);
            assertThat(Pipe.isDeserted(writer)).isFalse();
            Posix.close(reader);
            assertThat(Pipe.unread(writer)).isEqualTo(100);
            assertThat(Pipe.isDeserted(writer)).isTrue();
        } finally {
            Posix.close(writer);
        }
    }

    @Test
    void aPipeHoldsMoreThanBefore() throws PosixException {
        int pipe = open("pipe", 0010600);
        try {
            assertThat(Pipe.enlarge(pipe)).isGreaterThan(DEFAULT_BYTES);
        } finally {
            Posix.close(pipe);
        }
    }

    @Test
    void anythingElseStaysAsItIs() throws PosixException {
        int file = open("file", 0100600);
        try {
            assertThat(Pipe.enlarge(file)).isZero();
        } finally {
            Posix.close(file);
        }
        assertThat(Pipe.enlarge(-1)).isZero();
        assertThat(Pipe.is(-1)).isFalse();
    }
}
