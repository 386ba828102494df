package io.sluice.bacula.job;

import io.sluice.bacula.config.PluginLine;
import io.sluice.common.SluiceException;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.ProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The opening of every job: who speaks, what the job is, what the Plugin line says, what is to
 * begin. Only here do commands of the FD end with a newline. One thread.
 */
final class Dialogue {
    private static final String OURS = "Hello sluice 1";
    private static final String HELLO = "Hello ";

    /** Of which a stock plugin tells the FD's own directions, and not the user's. */
    private static final List<String> NOT_OF_THE_LINE = List.of("accurate", "debug");

    private final FrameReader in;
    private final FdOutput out;

    Dialogue(FrameReader in, FdOutput out) {
        this.in = in;
        this.out = out;
    }

    /** What is to begin. */
    enum Start {
        BACKUP("BackupStart"),
        ESTIMATE("EstimateStart"),
        LISTING("ListingStart"),
        RESTORE("RestoreStart");

        private final String word;

        Start(String word) {
            this.word = word;
        }
    }

    Dialect hello() throws IOException {
        String hello = command();
        Dialect dialect;
        if (hello.equals(OURS)) {
            dialect = Dialect.SLUICE;
        } else if (hello.startsWith("Hello sluice ")) {
            throw new SluiceException(
                    "sluice-fd.so says '"
                            + hello
                            + "', this backend knows '"
                            + OURS
                            + "'; install plugin and sluice of one release");
        } else if (hello.startsWith(HELLO)) {
            dialect = Dialect.STOCK;
        } else {
            throw wrong("Hello", hello);
        }
        out.command("Hello Bacula");
        return dialect;
    }

    JobInfo job(Dialect dialect) throws IOException {
        require("Job");
        Map<String, String> keys = new LinkedHashMap<>();
        for (String pair : untilEnd()) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                keys.put(pair.substring(0, equals), pair.substring(equals + 1));
            }
        }
        JobInfo job = JobInfo.of(dialect, keys);
        if (job.name().isEmpty()) {
            throw new SluiceException("the FD does not tell the job's name");
        }
        out.end();
        return job;
    }

    /** The parameters, without an answer: that is due when they have been checked. */
    PluginLine params(Dialect dialect) throws IOException {
        require("Params");
        List<String> texts = untilEnd();
        if (dialect == Dialect.SLUICE) {
            for (String text : texts) {
                if (text.startsWith("line=")) {
                    return PluginLine.parse(
                            text.substring(5).getBytes(StandardCharsets.ISO_8859_1));
                }
            }
            throw new SluiceException("the plugin does not tell its Plugin line");
        }
        List<PluginLine.Pair> pairs = new ArrayList<>();
        for (String text : texts) {
            int equals = text.indexOf('=');
            String key = equals < 0 ? text : text.substring(0, equals);
            if (NOT_OF_THE_LINE.stream().noneMatch(key::equalsIgnoreCase)) {
                pairs.add(new PluginLine.Pair(key, equals < 0 ? null : text.substring(equals + 1)));
            }
        }
        return new PluginLine(pairs);
    }

    /** The parameters are good. */
    Start start() throws IOException {
        out.end();
        String word = command();
        for (Start start : Start.values()) {
            if (start.word.equals(word)) {
                out.end();
                return start;
            }
        }
        throw wrong("BackupStart, EstimateStart, ListingStart or RestoreStart", word);
    }

    private void require(String word) throws IOException {
        String found = command();
        if (!found.equals(word)) {
            throw wrong(word, found);
        }
    }

    private String command() throws IOException {
        next();
        if (in.letter() != Frame.COMMAND) {
            throw wrong("a command", "a frame '" + (char) in.letter() + "'");
        }
        return text();
    }

    private List<String> untilEnd() throws IOException {
        List<String> texts = new ArrayList<>();
        next();
        while (in.letter() == Frame.COMMAND) {
            texts.add(text());
            next();
        }
        if (in.letter() != Frame.END) {
            throw wrong("an F", "a frame '" + (char) in.letter() + "'");
        }
        return texts;
    }

    private void next() throws IOException {
        if (!in.next() || in.letter() == Frame.TERMINATE) {
            throw new EOFException("the FD has ended the dialogue");
        }
    }

    /** Without blanks and newlines at its end. */
    private String text() {
        return text(in);
    }

    static String text(FrameReader in) {
        byte[] bytes = new byte[in.payload().remaining()];
        in.payload().duplicate().get(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1).stripTrailing();
    }

    private ProtocolException wrong(String expected, String found) {
        return new ProtocolException(in.offset(), "expected " + expected + ", found " + found);
    }
}
