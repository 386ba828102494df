package io.sluice.bacula.restore;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.Frame;
import java.io.ByteArrayOutputStream;

/** Frames of entries written by hand, right and wrong ones. */
final class EntryFrames {
    static final String TIMES = "1000000000 1000000001 1000000002";

    private static final int PIECE = 60_000;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private String inode = "77";
    private String device = "8:1";
    private String born = "-";

    /** Of which file the entries to come are names. */
    EntryFrames identity(String newInode, String newDevice, String newBorn) {
        inode = newInode;
        device = newDevice;
        born = newBorn;
        return this;
    }

    EntryFrames command(String text) {
        out.writeBytes(VolumeStream.command(text));
        return this;
    }

    EntryFrames data(String text) {
        out.writeBytes(VolumeStream.frame(Frame.DATA, text.getBytes(ISO_8859_1)));
        return this;
    }

    EntryFrames end() {
        out.writeBytes(VolumeStream.frame(Frame.END, new byte[0]));
        return this;
    }

    EntryFrames raw(String text) {
        out.writeBytes(text.getBytes(ISO_8859_1));
        return this;
    }

    /** FNAME to F, modified at 1000000001.5. */
    EntryFrames head(String path, String stat, char type, String... more) {
        return head(path, stat, type, 1_000_000_001L, more);
    }

    EntryFrames head(String path, String stat, char type, long modified, String... more) {
        command("FNAME:" + path).command("STAT:" + stat);
        command("TSTAMP:1000000000 " + modified + " 1000000002");
        for (String line : more) {
            if (line.startsWith("LSTAT:")) {
                command(line);
            }
        }
        command(
                "XSTAT:"
                        + type
                        + " "
                        + inode
                        + " "
                        + device
                        + " 1:3 1000000000.000000005 "
                        + modified
                        + ".500000000 1000000002.000000000 "
                        + born);
        for (String line : more) {
            if (!line.startsWith("LSTAT:")) {
                command(line);
            }
        }
        return end();
    }

    EntryFrames sum(String content) {
        DataSum sum = new DataSum();
        byte[] bytes = content.getBytes(ISO_8859_1);
        sum.update(bytes, 0, bytes.length);
        return command(String.format("SUM:%d %016x", bytes.length, sum.root()));
    }

    /** A whole file of root's. */
    EntryFrames file(String path, String content) {
        return file(path, content, 1_000_000_001L, 1);
    }

    EntryFrames file(String path, String content, long modified, int links) {
        head(path, "F " + content.length() + " 0 0 100644 " + links, 'f', modified).command("DATA");
        for (int at = 0; at < content.length(); at += PIECE) {
            data(content.substring(at, Math.min(content.length(), at + PIECE)));
        }
        return end().sum(content);
    }

    EntryFrames directory(String path, String mode) {
        return head(path, "D 4096 0 0 04" + mode + " 2", 'd').end();
    }

    EntryFrames link(String path, String to, int size) {
        return head(path, "L " + size + " 0 0 100644 2", 'f', "LINK:" + to).end();
    }

    EntryFrames block(String kind, String content) {
        return command(kind).data(content).end();
    }

    byte[] finish() {
        command("FINISH\n");
        return out.toByteArray();
    }

    byte[] unfinished() {
        return out.toByteArray();
    }
}
