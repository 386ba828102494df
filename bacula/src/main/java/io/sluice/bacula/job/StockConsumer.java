package io.sluice.bacula.job;

import io.sluice.common.text.Text;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameWriter;
import io.sluice.ptcomm.fd.BridgeConsumer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Translates the stream into stock PTCOMM, for Bacula's own metaplugin: no extension, one ACL and
 * one XATTR record for an entry, holes as zeros, hard links by the FileIndex that the FD is asked
 * for. What stock cannot carry is named in the log. One thread.
 */
final class StockConsumer implements BridgeConsumer {
    private static final byte[] ZEROS = new byte[64 * 1024];

    /** One record of attributes is one frame. */
    private static final int MOST_RECORD_BYTES = Frame.MAX_PAYLOAD_BYTES;

    private enum Part {
        /** FNAME or DELETED is due. */
        BETWEEN,
        HEAD,
        DATA_OR_END,
        DATA,
        /** SUM, blocks, or the next entry. */
        BEHIND,
        BLOCK,
        /** A block that stands before the data. */
        BLOCK_BEFORE
    }

    private final FdOutput out;
    private final FdInput in;
    private final JobLog log;
    private final LastWords last;

    private Part part = Part.BETWEEN;
    private boolean skipped;

    // Of the entry's head: command to text, one character a byte.
    private final Map<String, String> head = new LinkedHashMap<>();

    /** FileIndex of each first name of a file with several. */
    private final Map<String, String> fileIndexes = new HashMap<>();

    /** Of the data: where the next byte belongs. */
    private long position;

    private long size;
    private boolean extents;

    private String blockKind;
    private final ByteArrayOutputStream block = new ByteArrayOutputStream();
    private final Map<String, ByteArrayOutputStream> records = new HashMap<>();

    private long deletions;

    StockConsumer(FdOutput out, FdInput in, JobLog log, LastWords last) {
        this.out = out;
        this.in = in;
        this.log = log;
        this.last = last;
    }

    @Override
    public void write(ByteBuffer frames) throws IOException {
        while (frames.hasRemaining()) {
            byte letter = frames.get(frames.position());
            int length = 0;
            for (int i = 1; i <= 6; i++) {
                length = 10 * length + frames.get(frames.position() + i) - '0';
            }
            ByteBuffer frame = frames.slice(frames.position(), Frame.HEADER_BYTES + length);
            frames.position(frames.position() + Frame.HEADER_BYTES + length);
            take(letter, frame);
        }
    }

    private void take(byte letter, ByteBuffer frame) throws IOException {
        if (Frame.isMessage(letter)) {
            out.frames(frame);
            return;
        }
        switch (part) {
            case BETWEEN, BEHIND -> behind(letter, frame);
            case HEAD -> {
                if (letter == Frame.END) {
                    headEnds();
                    part = Part.DATA_OR_END;
                } else {
                    putHead(text(frame));
                }
            }
            case DATA_OR_END -> {
                if (letter == Frame.END) {
                    withoutData();
                    part = Part.BEHIND;
                } else if (!text(frame).equals("DATA")) {
                    blockKind = text(frame);
                    block.reset();
                    part = Part.BLOCK_BEFORE;
                } else {
                    if (!skipped) {
                        putOutHead();
                        out.command("DATA");
                    }
                    position = 0;
                    extents = false;
                    part = Part.DATA;
                }
            }
            case DATA -> data(letter, frame);
            case BLOCK, BLOCK_BEFORE -> {
                if (letter == Frame.END) {
                    blockEnds();
                    part = part == Part.BLOCK ? Part.BEHIND : Part.DATA_OR_END;
                } else {
                    byte[] bytes = payload(frame);
                    block.write(bytes, 0, bytes.length);
                }
            }
        }
    }

    /** What may follow an entry, or a part of it. */
    private void behind(byte letter, ByteBuffer frame) throws IOException {
        if (letter == Frame.END) {
            entryEnds();
            part = Part.BETWEEN;
            if (deletions > 0) {
                log.say(
                        JobMessage.WARNING,
                        deletions
                                + " deleted names cannot be told to Bacula's own metaplugin: a restore brings them"
                                + " back; use sluice-fd.so");
            }
            out.end();
            return;
        }
        String command = text(frame);
        if (command.startsWith("FNAME:")) {
            entryEnds();
            head.clear();
            putHead(command);
            part = Part.HEAD;
        } else if (command.startsWith("DELETED:")) {
            entryEnds();
            deletions++;
            part = Part.BETWEEN;
        } else if (command.startsWith("TORN:")) {
            if (!skipped) {
                log.say(
                        JobMessage.WARNING,
                        name() + " changed or failed while it was read: " + command.substring(5));
            }
        } else if (!command.startsWith("SUM:") && !command.startsWith("CHUNKS:")) {
            blockKind = command;
            block.reset();
            part = Part.BLOCK;
        }
    }

    private void putHead(String command) {
        int colon = command.indexOf(':');
        head.put(command.substring(0, colon), command.substring(colon + 1));
    }

    private String name() {
        return Text.escape(head.get("FNAME").getBytes(StandardCharsets.ISO_8859_1));
    }

    private void headEnds() {
        String why = unfit();
        skipped = why != null;
        if (skipped) {
            log.say(JobMessage.NOT_SAVED, name() + ": " + why);
            return;
        }
        size = Long.parseLong(head.get("STAT").split(" ", 3)[1]);
    }

    /** The entry ends without data: a file whose data is on tape cannot be told to stock. */
    private void withoutData() throws IOException {
        if (skipped) {
            return;
        }
        if (head.get("STAT").startsWith("F ")) {
            skipped = true;
            log.say(
                    JobMessage.NOT_SAVED,
                    name()
                            + ": its data lies on tape alone, and Bacula's own metaplugin cannot store a"
                            + " file without its data; use sluice-fd.so");
            return;
        }
        putOutHead();
        out.end();
    }

    private void putOutHead() throws IOException {
        String stat = head.get("STAT");
        String link = head.get("LINK");
        out.command("FNAME:" + head.get("FNAME"));
        if (link == null) {
            out.command("STAT:" + stat);
        } else {
            out.command("STAT:" + stat + " " + fileIndexes.get(link));
        }
        out.command("TSTAMP:" + head.get("TSTAMP"));
        if (head.containsKey("LSTAT")) {
            out.command("LSTAT:" + head.get("LSTAT"));
        } else if (link != null) {
            out.command("LSTAT:" + link);
        }
        out.end();
    }

    /** Why stock cannot carry the entry; null if it can. */
    private String unfit() {
        char type = head.get("XSTAT").charAt(0);
        String special =
                switch (type) {
                    case 'p' -> "a fifo";
                    case 's' -> "a socket";
                    case 'c' -> "a character device";
                    case 'b' -> "a block device";
                    default -> null;
                };
        if (special != null) {
            return special + ", which Bacula's own metaplugin cannot store; use sluice-fd.so";
        }
        for (String command : new String[] {"FNAME", "LSTAT"}) {
            String value = head.get(command);
            if (value != null && !value.isEmpty() && isStripped(value.charAt(value.length() - 1))) {
                return "ends with a blank or a newline, which Bacula's own metaplugin would cut off; use sluice-fd.so";
            }
        }
        String link = head.get("LINK");
        if (link != null && !fileIndexes.containsKey(link)) {
            return "a further name of '"
                    + Text.escape(link.getBytes(StandardCharsets.ISO_8859_1))
                    + "', which is not saved";
        }
        return null;
    }

    private static boolean isStripped(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }

    private void data(byte letter, ByteBuffer frame) throws IOException {
        if (letter == Frame.END) {
            if (!skipped) {
                if (extents) {
                    zeros(size - position);
                }
                out.end();
            }
            part = Part.BEHIND;
        } else if (letter == Frame.DATA) {
            position += frame.remaining() - Frame.HEADER_BYTES;
            if (!skipped) {
                out.frames(frame);
            }
        } else {
            extents = true;
            String text = text(frame);
            long offset = Long.parseLong(text.substring(text.indexOf(':') + 1, text.indexOf(' ')));
            if (!skipped) {
                zeros(offset - position);
            }
            position = offset;
        }
    }

    private void zeros(long count) throws IOException {
        long left = count;
        while (left > 0) {
            int length = (int) Math.min(left, ZEROS.length);
            ByteBuffer frame = ByteBuffer.allocate(Frame.HEADER_BYTES + length);
            FrameWriter.header(frame, Frame.DATA, length);
            out.frames(frame.put(ZEROS, 0, length).flip());
            left -= length;
        }
    }

    /** Into its kind's record, as a frame D in it. */
    private void blockEnds() throws IOException {
        if (skipped) {
            return;
        }
        boolean carried = blockKind.equals("ACL") || blockKind.equals("XATTR");
        ByteArrayOutputStream record =
                records.computeIfAbsent(blockKind, kind -> new ByteArrayOutputStream());
        if (!carried || record.size() + Frame.HEADER_BYTES + block.size() > MOST_RECORD_BYTES) {
            log.say(
                    JobMessage.WARNING,
                    name()
                            + ": an attribute of kind "
                            + blockKind
                            + " is not stored: Bacula's own metaplugin cannot carry it; use sluice-fd.so");
            return;
        }
        ByteBuffer header = ByteBuffer.allocate(Frame.HEADER_BYTES);
        FrameWriter.header(header, Frame.DATA, block.size());
        record.writeBytes(header.array());
        block.writeTo(record);
    }

    private void entryEnds() throws IOException {
        if (part == Part.BETWEEN || skipped) {
            records.clear();
            return;
        }
        for (String kind : new String[] {"ACL", "XATTR"}) {
            ByteArrayOutputStream record = records.get(kind);
            if (record != null && record.size() > 0) {
                out.command(kind);
                ByteBuffer frame = ByteBuffer.allocate(Frame.HEADER_BYTES + record.size());
                FrameWriter.header(frame, Frame.DATA, record.size());
                out.frames(frame.put(record.toByteArray()).flip());
                out.end();
            }
        }
        records.clear();
        String[] stat = head.get("STAT").split(" ", -1);
        boolean first = !stat[0].equals("D") && !stat[0].equals("L");
        if (first && Long.parseLong(stat[5]) > 1) {
            out.command("FileIndex");
            fileIndexes.put(head.get("FNAME"), in.next());
        }
    }

    private static byte[] payload(ByteBuffer frame) {
        byte[] bytes = new byte[frame.remaining() - Frame.HEADER_BYTES];
        frame.get(Frame.HEADER_BYTES, bytes);
        return bytes;
    }

    private static String text(ByteBuffer frame) {
        return new String(payload(frame), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void releasing() throws IOException {
        last.say();
    }

    @Override
    public void finish() {}

    /** The FD's pipe stays open: it is to hear why. */
    @Override
    public void close() {}
}
