package io.sluice.bacula.restore;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sluice.common.posix.Errno;
import io.sluice.ptcomm.codec.EntryEncoder;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.ptcomm.codec.StreamEntry;
import io.sluice.restore.StreamRestore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * Reads what the FD gives back, up to FINISH. An entry is over when the next one begins: so its
 * data and all its blocks are there before it gets its name. What is wrong within an entry costs
 * that entry, and reading goes on with the next; what is no frame ends the reading. One thread.
 */
final class EntryStream {
    /** Ends the dialogue; nothing of the job comes any more. */
    private static final byte TERMINATE = 'T';

    private static final byte[] FNAME = "FNAME:".getBytes(US_ASCII);
    private static final String FINISH = "FINISH";

    /** What the next frames belong to. */
    private enum Part {
        /** No entry, or one of which nothing more is wanted. */
        NOTHING,
        HEAD,
        /** Behind the head: data, blocks, or what goes with data. */
        BODY,
        DATA,
        BLOCK,
        /** What a stock plugin keeps for itself. */
        OBJECT
    }

    private final FrameReader frames;
    private final StreamRestore restore;
    private final EntryPaths paths;
    private final RestoreLog log;
    private final Answers answers;
    private final boolean stock;
    private final EntryData data;

    private Part part = Part.NOTHING;
    private EntryHead head;
    private boolean open;
    private String kind;
    private ByteArrayOutputStream block;

    EntryStream(
            FrameReader frames,
            StreamRestore restore,
            EntryPaths paths,
            RestoreLog log,
            Answers answers,
            boolean stock) {
        this.frames = frames;
        this.restore = restore;
        this.paths = paths;
        this.log = log;
        this.answers = answers;
        this.stock = stock;
        this.data = new EntryData(restore, !stock);
    }

    /**
     * Reads to FINISH.
     *
     * @throws ProtocolException when the frames end before it, or are none
     */
    void read() throws IOException {
        while (frames.next() && frames.letter() != TERMINATE) {
            switch (frames.letter()) {
                case Frame.COMMAND -> {
                    if (command(payload())) {
                        return;
                    }
                }
                case Frame.DATA -> bytes();
                case Frame.END -> end();
                default -> {
                    // Messages between frames.
                }
            }
        }
        throw new ProtocolException(
                frames.offset(), "the FD has ended the restore before its FINISH");
    }

    private byte[] payload() {
        byte[] bytes = new byte[frames.payload().remaining()];
        frames.payload().duplicate().get(bytes);
        if (stock && bytes.length > 0 && bytes[bytes.length - 1] == '\n') {
            return Arrays.copyOf(bytes, bytes.length - 1);
        }
        return bytes;
    }

    /** Whether it is the last one. */
    private boolean command(byte[] command) throws IOException {
        if (command.length >= FNAME.length
                && Arrays.equals(FNAME, Arrays.copyOf(command, FNAME.length))) {
            endEntry();
            head = new EntryHead(Arrays.copyOfRange(command, FNAME.length, command.length));
            part = Part.HEAD;
            return false;
        }
        String text = new String(command, US_ASCII);
        if (text.strip().equals(FINISH)) {
            endEntry();
            return true;
        }
        switch (part) {
            case HEAD -> head.command(command);
            case BODY, DATA -> body(text);
            case BLOCK -> {
                endBlock();
                body(text);
            }
            case NOTHING -> {
                if (stock && text.startsWith("RESTOREOBJ:")) {
                    part = Part.OBJECT;
                }
            }
            case OBJECT -> {
                // Its length.
            }
        }
        return false;
    }

    private void body(String text) throws IOException {
        String word = text.contains(":") ? text.substring(0, text.indexOf(':')) : text;
        String rest = text.substring(Math.min(text.length(), word.length() + 1));
        try {
            switch (word) {
                case "DATA" -> {
                    data.start();
                    part = Part.DATA;
                }
                case "EXTENT" -> data.extent(Long.parseLong(rest.substring(0, rest.indexOf(' '))));
                case "TORN" -> {
                    int blank = rest.indexOf(' ');
                    restore.torn(
                            Integer.parseInt(rest.substring(0, blank)), rest.substring(blank + 1));
                }
                case "SUM" -> {
                    int blank = rest.indexOf(' ');
                    data.sum(
                            Long.parseLong(rest.substring(0, blank)),
                            Long.parseUnsignedLong(rest.substring(blank + 1), 16));
                }
                case "CHUNKS" -> {
                    // The sum is over them.
                }
                default -> {
                    if (EntryEncoder.BLOCK_KINDS.contains(word)) {
                        kind = word;
                        block = new ByteArrayOutputStream(0);
                        part = Part.BLOCK;
                    }
                }
            }
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            giveUp();
        }
    }

    /** The entry is not what it should be. */
    private void giveUp() {
        restore.breakOff();
        open = false;
        part = Part.NOTHING;
    }

    private void bytes() throws IOException {
        if (part == Part.DATA) {
            data.bytes(frames.payload());
        } else if (part == Part.BLOCK) {
            int length = frames.payload().remaining();
            if (block.size() + length > EntryEncoder.MAX_BLOCK_BYTES) {
                giveUp();
                return;
            }
            byte[] bytes = new byte[length];
            frames.payload().get(bytes);
            block.writeBytes(bytes);
        }
    }

    private void end() throws IOException {
        switch (part) {
            case HEAD -> begin();
            case DATA -> {
                data.end();
                part = Part.BODY;
                answers.ok();
            }
            case BLOCK -> {
                endBlock();
                answers.ok();
            }
            case OBJECT -> {
                part = Part.NOTHING;
                answers.ok();
            }
            case BODY, NOTHING -> {
                // No data, or of an entry that nobody wants.
            }
        }
    }

    private void begin() throws IOException {
        part = Part.NOTHING;
        open = false;
        if (stock && head.isLinkWithoutName()) {
            linkWithoutName();
            return;
        }
        try {
            StreamEntry entry = head.entry(paths);
            data.begin(entry.stat().size());
            open = restore.entry(entry);
        } catch (RefusedException e) {
            refused("refused", e.errno(), e.getMessage());
        }
        if (open) {
            part = Part.BODY;
            answers.ok();
        } else {
            answers.skip();
        }
    }

    /** Only the FD knows which file it is a name of. */
    private void linkWithoutName() {
        if (paths.isUnchanged(head.name()) && answers.core()) {
            return;
        }
        refused("link", Errno.EOPNOTSUPP, "this plugin does not tell which file it is a name of");
        answers.skip();
    }

    private void refused(String operation, int errno, String note) {
        log.refused(head.name(), operation, errno, note);
        restore.refused(errno);
    }

    private void endBlock() throws IOException {
        part = Part.BODY;
        if (data.isStarted() || !kind.equals("LAYOUT")) {
            data.settle();
        }
        byte[] content = block.toByteArray();
        for (byte[] one : stock ? StockRecord.blocks(content) : new byte[][] {content}) {
            restore.block(kind, one);
        }
    }

    private void endEntry() throws IOException {
        if (part == Part.BLOCK || (open && data.isOpen())) {
            // What does not end: nobody knows how much is missing.
            giveUp();
        }
        if (open) {
            restore.end(data.settle());
        }
        open = false;
        part = Part.NOTHING;
    }
}
