package io.sluice.common.pattern;

import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/**
 * What the user wants left out.
 *
 * @param patterns of names, relative to the root of the backup
 * @param markers names; a directory that holds one of them, of whatever type but a directory, is
 *     kept, and so is the marker, but nothing else in it
 */
public record Excludes(IgnorePatterns patterns, List<byte[]> markers) implements Serializable {
    private static final long serialVersionUID = 1L;

    public static final Excludes NOTHING = new Excludes(IgnorePatterns.NONE, List.of());

    /**
     * @throws BadPatternException when a marker is no name of a file
     */
    public Excludes {
        markers = List.copyOf(markers);
        for (byte[] marker : markers) {
            requireName(marker);
        }
    }

    /**
     * Whether the open directory holds a marker. One that cannot be looked at for another reason
     * than that it is not there marks nothing: what is in doubt is backed up.
     *
     * @param scratch is overwritten
     */
    public boolean mark(int directoryFd, Statx scratch) {
        for (byte[] marker : markers) {
            int result = Posix.statOrErrno(directoryFd, marker, scratch);
            if (result == 0 && scratch.type() != FileType.DIRECTORY) {
                return true;
            }
        }
        return false;
    }

    /** Whether the name, the first {@code length} bytes, is a marker's. */
    public boolean isMarker(byte[] name, int length) {
        for (byte[] marker : markers) {
            if (Arrays.equals(name, 0, length, marker, 0, marker.length)) {
                return true;
            }
        }
        return false;
    }

    private static void requireName(byte[] marker) {
        boolean dots =
                marker.length <= 2
                        && (marker.length < 1 || marker[0] == '.')
                        && (marker.length < 2 || marker[1] == '.');
        boolean path = false;
        for (byte b : marker) {
            path |= b == '/' || b == 0;
        }
        if (dots || path) {
            throw new BadPatternException(marker, "is no file's name; give one, without a slash");
        }
    }
}
