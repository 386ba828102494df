package io.sluice.bacula.restore;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.ptcomm.codec.StreamEntry;

/**
 * The commands of an entry's head, from FNAME to its F, as docs/formats.md has them. Under a stock
 * plugin there is no XSTAT: times are whole seconds then.
 */
final class EntryHead {
    private final byte[] name;
    private String stat;
    private String times;
    private String extended;
    private byte[] target;
    private byte[] linkTo;

    EntryHead(byte[] name) {
        this.name = name;
    }

    /** As the FD has it. */
    byte[] name() {
        return name;
    }

    /** Takes a command; what is not known here is passed over, as newer plugins may send it. */
    void command(byte[] command) {
        String text = new String(command, ISO_8859_1);
        int colon = text.indexOf(':');
        String rest = text.substring(colon + 1);
        switch (text.substring(0, Math.max(0, colon))) {
            case "STAT" -> stat = rest;
            case "TSTAMP" -> times = rest;
            case "LSTAT" -> target = rest.getBytes(ISO_8859_1);
            case "XSTAT" -> extended = rest;
            case "LINK" -> linkTo = rest.getBytes(ISO_8859_1);
            default -> {
                // Nothing that a file is made from.
            }
        }
    }

    /** Whether it is a later name of a file of which the FD does not tell the earlier one. */
    boolean isLinkWithoutName() {
        return stat != null && stat.startsWith("L ") && linkTo == null;
    }

    /** The entry, below the target. */
    StreamEntry entry(EntryPaths paths) throws RefusedException {
        byte[] path = paths.below(name);
        try {
            Stat read = stat();
            FileType type = read.type();
            char letter = stat.charAt(0);
            boolean directory = type == FileType.DIRECTORY;
            if (type == FileType.UNKNOWN
                    || directory != (letter == 'D')
                    || (letter != 'L' && (type == FileType.SYMLINK) != (letter == 'S'))
                    || (path.length == 0 && !directory)) {
                throw new RefusedException(Errno.EINVAL, "its type is contradictory");
            }
            if (type.isDevice() && extended == null) {
                throw new RefusedException(Errno.EINVAL, "its device number is missing");
            }
            if (letter == 'L') {
                if (linkTo == null) {
                    throw new RefusedException(Errno.EINVAL, "the name it is linked to is missing");
                }
                byte[] first = paths.below(linkTo);
                if (first.length == 0) {
                    throw new RefusedException(Errno.EINVAL, "it is linked to a directory");
                }
                return new StreamEntry(path, read, null, first);
            }
            if (type == FileType.SYMLINK && (target == null || target.length == 0)) {
                throw new RefusedException(Errno.EINVAL, "the link's target is missing");
            }
            return new StreamEntry(path, read, type == FileType.SYMLINK ? target : null, null);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new RefusedException(Errno.EINVAL, "its attributes cannot be read", e);
        }
    }

    private Stat stat() throws RefusedException {
        if (stat == null) {
            throw new RefusedException(Errno.EINVAL, "its attributes are missing");
        }
        String[] fields = stat.split(" ", -1);
        long size = Long.parseLong(fields[1]);
        int mode = Integer.parseInt(fields[4], 8);
        if (fields[0].length() != 1 || size < 0) {
            throw new IllegalArgumentException(stat);
        }
        String[] seconds = (times == null ? "0 0 0" : times).split(" ", -1);
        Timestamp accessed = new Timestamp(Long.parseLong(seconds[0]), 0);
        Timestamp modified = new Timestamp(Long.parseLong(seconds[1]), 0);
        Timestamp changed = new Timestamp(Long.parseLong(seconds[2]), 0);
        Timestamp born = null;
        long inode = 0;
        int[] device = {0, 0};
        int[] special = {0, 0};
        if (extended != null) {
            String[] more = extended.split(" ", -1);
            if (more[0].length() != 1 || more[0].charAt(0) != FileType.ofMode(mode).letter()) {
                throw new RefusedException(Errno.EINVAL, "its type is contradictory");
            }
            inode = Long.parseUnsignedLong(more[1]);
            device = device(more[2]);
            special = device(more[3]);
            accessed = Timestamp.parse(more[4]);
            modified = Timestamp.parse(more[5]);
            changed = Timestamp.parse(more[6]);
            born = more[7].equals("-") ? null : Timestamp.parse(more[7]);
        }
        return new Stat(
                mode,
                Integer.parseUnsignedInt(fields[5]),
                Integer.parseUnsignedInt(fields[2]),
                Integer.parseUnsignedInt(fields[3]),
                inode,
                size,
                accessed,
                modified,
                changed,
                born,
                device[0],
                device[1],
                special[0],
                special[1]);
    }

    private static int[] device(String text) {
        int colon = text.indexOf(':');
        return new int[] {
            Integer.parseUnsignedInt(text.substring(0, colon)),
            Integer.parseUnsignedInt(text.substring(colon + 1))
        };
    }
}
