package io.sluice.ptcomm.fd;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.ptcomm.codec.ProtocolException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The payload of a control frame: a word, {@code name=value} fields, each after a blank; then, if
 * there is more, a newline and bytes. Of {@code Abort} all behind the word is text.
 *
 * @param word such as {@code Taken}
 * @param fields in their order; the text of {@code Abort} and {@code Refuse} under the empty name
 * @param tail bytes behind the newline, a copy
 */
record Control(String word, Map<String, String> fields, byte[] tail) {
    static final String HELLO = "Hello";
    static final String AUTH = "Auth";
    static final String STREAM = "Stream";
    static final String LEASE = "Lease";
    static final String RESUME = "Resume";
    static final String CLAIMS = "Claims";
    static final String BEGUN = "Begun";
    static final String CHUNKS = "Chunks";
    static final String LATEST = "Latest";
    static final String READY = "Ready";
    static final String UNIT = "Unit";
    static final String TAKEN = "Taken";
    static final String COMPLETED = "Completed";
    static final String ALIVE = "Alive";
    static final String ACCEPTED = "Accepted";
    static final String RELEASE = "Release";
    static final String RELEASED = "Released";
    static final String ABORT = "Abort";

    /** As {@link #ABORT}, but another attempt may be taken. */
    static final String REFUSE = "Refuse";

    private static final int MAX_HEAD_BYTES = 2000;

    /** Takes a payload apart. */
    static Control parse(ByteBuffer payload, long offset) throws ProtocolException {
        int end = payload.position();
        while (end < payload.limit() && payload.get(end) != '\n') {
            end++;
        }
        if (end - payload.position() > MAX_HEAD_BYTES) {
            throw new ProtocolException(offset, "expected a control of at most 2000 characters");
        }
        byte[] head = new byte[end - payload.position()];
        payload.get(payload.position(), head);
        byte[] tail = new byte[Math.max(0, payload.limit() - end - 1)];
        if (tail.length > 0) {
            payload.get(end + 1, tail);
        }
        String text = new String(head, UTF_8);
        int blank = text.indexOf(' ');
        String word = blank < 0 ? text : text.substring(0, blank);
        String rest = blank < 0 ? "" : text.substring(blank + 1);
        Map<String, String> fields = new LinkedHashMap<>();
        if (word.equals(ABORT) || word.equals(REFUSE)) {
            fields.put("", rest);
        } else if (!rest.isEmpty()) {
            for (String field : rest.split(" ", -1)) {
                int equals = field.indexOf('=');
                String name = equals < 0 ? "" : field.substring(0, equals);
                if (fields.put(name, field.substring(equals + 1)) != null) {
                    throw new ProtocolException(offset, "expected '" + name + "' once in " + word);
                }
            }
        }
        return new Control(word, fields, tail);
    }

    /** The control that gives up, in printable ASCII. */
    static String abort(String reason) {
        return because(ABORT, reason);
    }

    static String refuse(String reason) {
        return because(REFUSE, reason);
    }

    private static String because(String word, String reason) {
        StringBuilder text = new StringBuilder(word).append(' ');
        for (int i = 0; i < reason.length() && text.length() < MAX_HEAD_BYTES; i++) {
            char c = reason.charAt(i);
            text.append(c >= ' ' && c <= '~' ? c : '?');
        }
        return text.toString();
    }

    static byte[] bytes(String text) {
        return text.getBytes(US_ASCII);
    }

    boolean is(String wanted) {
        return word.equals(wanted);
    }

    /** The text without a name. */
    String text() {
        return fields.getOrDefault("", "");
    }

    String field(String name) throws ProtocolException {
        String value = fields.get(name);
        if (value == null || value.isEmpty()) {
            throw new ProtocolException(0, "expected '" + name + "=' in " + word);
        }
        return value;
    }

    /** A number from 0 on. */
    long number(String name) throws ProtocolException {
        String value = field(name);
        try {
            long number = Long.parseLong(value);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The same as a negative one.
        }
        throw new ProtocolException(0, "expected a number for '" + name + "=' in " + word);
    }

    /** A number from 0 to {@code most}. */
    int number(String name, int most) throws ProtocolException {
        long number = number(name);
        if (number > most) {
            throw new ProtocolException(0, "expected at most " + most + " for '" + name + "='");
        }
        return (int) number;
    }
}
