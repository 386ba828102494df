package io.sluice.bench;

import io.sluice.common.change.Listing;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.FileType;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;

/**
 * A tree that exists in its numbers only: directories of equally many files, each file's name and
 * attributes a function of its number. The same arguments give the same tree.
 *
 * @param entries files in all; a multiple of {@code perDirectory}
 * @param perDirectory files of each directory
 * @param perListing larger directories come in parts of so many files
 * @param readings how often each directory is read; the readings' parts take turns
 */
record SyntheticTree(long entries, int perDirectory, int perListing, int readings)
        implements Serializable {
    /** As Lustre numbers inodes: high bits of a sequence, low ones of an object. */
    private static final long FIRST_INODE = 0x0200_0000_0000_0000L;

    private static final int HEX_DIGITS = 8;
    private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] COUNTED = "frame-".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RANDOM = "tmp.".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SUFFIX = ".h5".getBytes(StandardCharsets.US_ASCII);

    SyntheticTree {
        if (entries % perDirectory != 0) {
            throw new IllegalArgumentException(
                    entries + " entries are no multiple of " + perDirectory);
        }
    }

    long directories() {
        return entries / perDirectory;
    }

    int listingsPerDirectory() {
        return (perDirectory + perListing - 1) / perListing;
    }

    /** Makes listings of its tree. Not thread-safe. */
    final class Generator {
        private final PackedEntries packed = new PackedEntries(64 * 1024);
        private final byte[] name = new byte[32];

        /** A part of a directory; the whole of it where it is small enough. */
        Listing listing(long directory, int part, int reading) {
            packed.clear();
            int from = part * perListing;
            int to = Math.min(perDirectory, from + perListing);
            for (int i = from; i < to; i++) {
                long number = directory * perDirectory + i;
                packed.present(name, name(directory, number), stat(number), null);
            }
            byte[] path = path(directory);
            if (listingsPerDirectory() == 1) {
                return Listing.whole(path, false, packed.count(), packed.toBytes());
            }
            int parts = to == perDirectory ? part + 1 : 0;
            return new Listing(
                    path,
                    mix(directory * readings + reading),
                    part,
                    parts,
                    false,
                    0,
                    packed.count(),
                    packed.toBytes());
        }

        /** Every second directory has counted names, the others random ones out of order. */
        private int name(long directory, long number) {
            boolean counted = directory % 2 == 0;
            byte[] prefix = counted ? COUNTED : RANDOM;
            long digits = counted ? number : mix32((int) number);
            System.arraycopy(prefix, 0, name, 0, prefix.length);
            int length = prefix.length;
            for (int shift = 4 * (HEX_DIGITS - 1); shift >= 0; shift -= 4) {
                name[length++] = DIGITS[(int) (digits >>> shift) & 0xf];
            }
            System.arraycopy(SUFFIX, 0, name, length, SUFFIX.length);
            return length + SUFFIX.length;
        }
    }

    static byte[] path(long directory) {
        return ("project-" + directory % 97 + "/run-" + directory % 9973 + "/part-" + directory)
                .getBytes(StandardCharsets.US_ASCII);
    }

    static Stat stat(long number) {
        long random = mix(number);
        Timestamp written =
                new Timestamp(1_700_000_000L + (number >> 10), (int) (random & 0x1fff_ffff));
        return new Stat(
                FileType.REGULAR.modeBits() | 0640,
                1,
                1000 + (int) (number & 7),
                1000,
                FIRST_INODE + number,
                random >>> 40,
                written,
                written,
                written,
                null,
                0,
                42,
                0,
                0);
    }

    /** MurmurHash3's finalizer: a bijection, so the names of a directory stay distinct. */
    private static int mix32(int number) {
        int h = number;
        h = (h ^ (h >>> 16)) * 0x85ebca6b;
        h = (h ^ (h >>> 13)) * 0xc2b2ae35;
        return h ^ (h >>> 16);
    }

    /** SplitMix64's finalizer. */
    private static long mix(long number) {
        long z = number + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
