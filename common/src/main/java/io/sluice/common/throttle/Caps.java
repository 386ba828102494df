package io.sluice.common.throttle;

import io.sluice.common.text.Text;
import java.nio.charset.StandardCharsets;

/**
 * What a throttle asks for.
 *
 * @param threads of a process that may call the filesystem at a time, walkers and readers each;
 *     {@link #NO_CAP} for any number
 * @param readBytes largest single read of a file's data; {@link #NO_CAP} for any size
 * @param pauseMs what each thread sleeps after each unit of work, in milliseconds
 * @param reason for people; may be empty
 */
public record Caps(int threads, int readBytes, int pauseMs, String reason) {
    public static final int NO_CAP = Integer.MAX_VALUE;

    public static final Caps NONE = new Caps(NO_CAP, NO_CAP, 0, "");

    /** As in the file, on one line; {@code no caps} where there are none. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        if (threads != NO_CAP) {
            text.append(", threads = ").append(threads);
        }
        if (readBytes != NO_CAP) {
            text.append(", read_buffer_kib = ").append(readBytes / 1024);
        }
        if (pauseMs != 0) {
            text.append(", pause_ms = ").append(pauseMs);
        }
        if (text.isEmpty()) {
            text.append(", no caps");
        }
        if (!reason.isEmpty()) {
            text.append(", reason = ").append(Text.quote(reason.getBytes(StandardCharsets.UTF_8)));
        }
        return text.substring(2);
    }
}
