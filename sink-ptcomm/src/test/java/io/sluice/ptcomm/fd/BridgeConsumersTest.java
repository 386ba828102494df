package io.sluice.ptcomm.fd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.posix.Posix;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BridgeConsumersTest {
    private static final int BYTES = 100;

    @TempDir Path temporary;

    private Path path;
    private int both;

    @BeforeEach
    void makePipe() throws IOException {
        path = temporary.resolve("pipe");
        byte[] name = path.toString().getBytes(UTF_8);
        assertThat(Posix.mknodOrErrno(Posix.AT_FDCWD, name, 0010600, 0, 0)).isZero();
        both = Posix.open(Posix.AT_FDCWD, name, Posix.O_RDWR, 0);
    }

    private int writer() throws IOException {
        byte[] name = path.toString().getBytes(UTF_8);
        return Posix.open(Posix.AT_FDCWD, name, Posix.O_WRONLY, 0);
    }

    private static CompletableFuture<Void> end(int pipe) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        BridgeConsumers.awaitRead(pipe);
                    } catch (IOException e) {
                        throw new IllegalStateException(e.getMessage(), e);
                    }
                });
    }

    @Test
    void theStreamHasEndedWhenAllOfItWasRead() throws Exception {
        int writer = writer();
        try (FileOutputStream out = new FileOutputStream(path.toFile());
                FileInputStream in = new FileInputStream(path.toFile())) {
            out.write(new byte[BYTES]);
            CompletableFuture<Void> end = end(writer);
            assertThatThrownBy(() -> end.get(200, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            assertThat(in.read(new byte[BYTES])).isEqualTo(BYTES);
            end.get();
        } finally {
            Posix.close(writer);
            Posix.close(both);
        }
    }

    @Test
    void aReaderThatEndsBeforeItHasReadAllIsNoEndOfTheStream() throws Exception {
        int writer = writer();
        try (FileOutputStream out = new FileOutputStream(path.toFile())) {
            out.write(new byte[BYTES]);
            CompletableFuture<Void> end = end(writer);
            Posix.close(both);
            assertThatThrownBy(end::get)
                    .hasMessageContaining("the reader of the pipe ended before it had read all");
        } finally {
            Posix.close(writer);
        }
    }
}
