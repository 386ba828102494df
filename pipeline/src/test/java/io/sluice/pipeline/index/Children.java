package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;

import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.SampleStats;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.FileType;

/** Names of a directory with attributes that follow from a few numbers. */
final class Children {
    private final PackedEntries packed = new PackedEntries(256);

    /** Attributes of a file; another version is a changed file. */
    static Stat file(long inode, int version) {
        return stat(FileType.REGULAR, inode, version);
    }

    static Stat directory(long inode, int version) {
        return stat(FileType.DIRECTORY, inode, version);
    }

    private static Stat stat(FileType type, long inode, int version) {
        Stat like = SampleStats.DIRECTORY;
        Timestamp time = new Timestamp(1_700_000_000L + version, 0);
        return new Stat(
                type.modeBits() | 0640,
                1,
                1000,
                1000,
                inode,
                version,
                time,
                time,
                time,
                null,
                like.deviceMajor(),
                like.deviceMinor(),
                0,
                0);
    }

    Children file(String name, long inode, int version) {
        return present(bytes(name), file(inode, version));
    }

    Children directory(String name, long inode, int version) {
        return present(bytes(name), directory(inode, version));
    }

    Children present(byte[] name, Stat stat) {
        packed.present(name, name.length, stat, null);
        return this;
    }

    PackedEntries packed() {
        return packed;
    }
}
