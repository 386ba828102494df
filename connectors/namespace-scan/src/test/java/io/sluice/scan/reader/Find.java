package io.sluice.scan.reader;

import io.sluice.common.text.Text;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.TreeSet;

/** The independent walk: {@code find}. */
final class Find {
    private Find() {}

    /** {@code <letter> <inode> <path>} of each name below the root. */
    static TreeSet<String> names(byte[] root) throws IOException, InterruptedException {
        Process find =
                new ProcessBuilder(
                                "find",
                                new String(root, StandardCharsets.US_ASCII),
                                "-mindepth",
                                "1",
                                "-printf",
                                "%y %i %P\\0")
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        byte[] out = find.getInputStream().readAllBytes();
        if (find.waitFor() != 0) {
            throw new IOException("find ended with " + find.exitValue());
        }
        TreeSet<String> names = new TreeSet<>();
        ByteArrayOutputStream name = new ByteArrayOutputStream();
        for (byte b : out) {
            if (b == 0) {
                names.add(Text.escape(name.toByteArray()));
                name.reset();
            } else {
                name.write(b);
            }
        }
        return names;
    }
}
