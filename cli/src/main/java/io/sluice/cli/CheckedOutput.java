package io.sluice.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;

/**
 * A standard stream that remembers why it could not be written: {@link java.io.PrintStream} does
 * not say. Thread-safe.
 */
final class CheckedOutput extends FileOutputStream {
    private volatile String failure;

    CheckedOutput(FileDescriptor descriptor) {
        super(descriptor);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            super.write(bytes, offset, length);
        } catch (IOException e) {
            if (failure == null) {
                failure = e.getMessage();
            }
            throw e;
        }
    }

    /**
     * Why something that was printed was not written; null when all was, or when its reader had
     * enough.
     */
    String failure() {
        String reason = failure;
        return reason == null || reason.contains("Broken pipe") ? null : reason;
    }
}
