package io.sluice.ptcomm.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.FileType;
import java.io.IOException;

/** Reads the head of an entry, from FNAME to its F, and every rule that binds its commands. */
final class HeadDecoder {
    private static final byte[] STAT = "STAT:".getBytes(US_ASCII);
    private static final byte[] TSTAMP = "TSTAMP:".getBytes(US_ASCII);
    private static final byte[] LSTAT = "LSTAT:".getBytes(US_ASCII);
    private static final byte[] XSTAT = "XSTAT:".getBytes(US_ASCII);
    private static final byte[] LINK = "LINK:".getBytes(US_ASCII);

    private static final byte[] UNKNOWN = {'-'};

    private final EntryFrames frames;
    private final CommandText text;
    private final byte[] prefix;

    private byte letter;

    HeadDecoder(EntryFrames frames, byte[] prefix) {
        this.frames = frames;
        this.text = frames.text();
        this.prefix = prefix.clone();
        StreamPath.checkPrefix(prefix);
    }

    /** The stream's own letter for the type of the last head's entry: F, E, D, S or L. */
    byte letter() {
        return letter;
    }

    /** The entry whose FNAME, its name already taken off, is the current frame. */
    StreamEntry decode() throws IOException {
        byte[] named = text.rest();
        boolean directory = named.length > 0 && named[named.length - 1] == '/';
        byte[] path = path(named, directory, true);

        command(STAT, "STAT");
        letter = text.letter();
        if ("FEDSL".indexOf(letter) < 0) {
            throw text.problem("expected a type of F, E, D, S or L");
        }
        text.expect(' ');
        long size = text.number();
        text.expect(' ');
        int uid = text.number32();
        text.expect(' ');
        int gid = text.number32();
        text.expect(' ');
        int mode = text.mode();
        text.expect(' ');
        int links = text.number32();
        text.expectEnd();
        FileType type = FileType.ofMode(mode);
        checkType(type, size, directory);

        command(TSTAMP, "TSTAMP");
        long accessed = text.signed();
        text.expect(' ');
        long modified = text.signed();
        text.expect(' ');
        long changed = text.signed();
        text.expectEnd();

        byte[] target = null;
        if (letter == 'S') {
            command(LSTAT, "LSTAT");
            target = text.rest();
            if (target.length == 0 || contains(target, (byte) 0)) {
                throw text.problem("expected a target without NUL");
            }
        }

        command(XSTAT, "XSTAT");
        if (text.letter() != type.letter()) {
            throw text.problem("expected the type '" + type.letter() + "' that the mode tells");
        }
        text.expect(' ');
        long inode = text.unsigned();
        text.expect(' ');
        int deviceMajor = text.number32();
        text.expect(':');
        int deviceMinor = text.number32();
        text.expect(' ');
        int rdevMajor = text.number32();
        text.expect(':');
        int rdevMinor = text.number32();
        text.expect(' ');
        Timestamp accessTime = time(accessed);
        text.expect(' ');
        Timestamp modificationTime = time(modified);
        text.expect(' ');
        Timestamp changeTime = time(changed);
        text.expect(' ');
        Timestamp born = text.is(UNKNOWN) ? null : time();
        text.expectEnd();

        byte[] linkTo = null;
        if (letter == 'L') {
            command(LINK, "LINK");
            linkTo = path(text.rest(), false, false);
        }
        frames.end("the F that ends an entry's head");
        Stat stat =
                new Stat(
                        mode,
                        links,
                        uid,
                        gid,
                        inode,
                        size,
                        accessTime,
                        modificationTime,
                        changeTime,
                        born,
                        deviceMajor,
                        deviceMinor,
                        rdevMajor,
                        rdevMinor);
        return new StreamEntry(path, stat, target, linkTo);
    }

    private void command(byte[] name, String what) throws IOException {
        frames.command(what);
        if (!text.startsWith(name)) {
            throw text.problem("expected " + what);
        }
    }

    /** Mode, size and the slash of the name must agree with the stream's type. */
    private void checkType(FileType type, long size, boolean directory) throws IOException {
        boolean agrees =
                switch (letter) {
                    case 'F' -> type == FileType.REGULAR && size > 0;
                    case 'E' ->
                            type == FileType.REGULAR
                                    ? size == 0
                                    : type == FileType.FIFO
                                            || type == FileType.SOCKET
                                            || type.isDevice();
                    case 'D' -> type == FileType.DIRECTORY;
                    case 'S' -> type == FileType.SYMLINK;
                    default -> type != FileType.DIRECTORY && type != FileType.UNKNOWN;
                };
        if (!agrees) {
            throw text.problem("expected a mode and a size that fit the type");
        }
        if (directory != (letter == 'D')) {
            throw text.problem(
                    directory
                            ? "expected type D after a name that ends with '/'"
                            : "expected a name that ends with '/' before type D");
        }
    }

    private Timestamp time(long seconds) throws ProtocolException {
        Timestamp time = time();
        if (time.seconds() != seconds) {
            throw text.problem("expected the seconds of TSTAMP");
        }
        return time;
    }

    private Timestamp time() throws ProtocolException {
        long seconds = text.signed();
        text.expect('.');
        return new Timestamp(seconds, text.nanos());
    }

    /**
     * The path below the root, checked.
     *
     * @param named what follows the command's colon
     */
    byte[] path(byte[] named, boolean directory, boolean mayBeRoot) throws ProtocolException {
        if (!StreamPath.startsWith(named, prefix)) {
            throw text.problem("expected a path below the prefix");
        }
        int from = prefix.length + 1;
        int to = directory && named.length > from ? named.length - 1 : named.length;
        boolean mayBeEmpty = mayBeRoot && directory && to == named.length;
        String problem = StreamPath.problem(named, from, to, mayBeEmpty);
        if (problem != null) {
            throw text.problem("expected a plain path: it " + problem);
        }
        byte[] path = new byte[to - from];
        System.arraycopy(named, from, path, 0, path.length);
        return path;
    }

    private static boolean contains(byte[] bytes, byte wanted) {
        for (byte b : bytes) {
            if (b == wanted) {
                return true;
            }
        }
        return false;
    }
}
