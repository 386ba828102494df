package io.sluice.scan.reader;

/**
 * How much a walk may hold in memory.
 *
 * @param parts number of listings between walkers and mailbox: 1024 keep the mailbox busy for about
 *     a millisecond at a microsecond each, long enough to bridge a walker's wake-up; beyond that
 *     they are only memory
 * @param bytes of their content: 8 MiB hold about a hundred thousand entries of 80 bytes, or seven
 *     parts of the largest size ({@link DirectoryScan#PART_BYTES}), and are small beside the
 *     network buffers of a task. A part beyond this bound still passes through an empty queue
 * @param stackDirectories number of directories of the stack, the others go to a file: 65,536 of
 *     them with paths of 100 bytes are 15 MiB
 * @param stackBytes of their paths and what holds these
 * @param resumableSubdirectories a directory with more of them stands in checkpoints for all that
 *     still wait, and hands them over while it is read. Up to that many stand in checkpoints one by
 *     one, 65,536 with some 5 MB; beyond it a failure sends the walk back to the directory. A
 *     walker holds that many at most, 15 MiB, until it has read the directory to its end
 */
record WalkBounds(
        int parts, long bytes, int stackDirectories, long stackBytes, int resumableSubdirectories) {
    static final WalkBounds DEFAULT = new WalkBounds(1024, 8 << 20, 65_536, 16 << 20, 65_536);

    WalkBounds withQueue(int queuedParts, long queuedBytes) {
        return new WalkBounds(
                queuedParts, queuedBytes, stackDirectories, stackBytes, resumableSubdirectories);
    }

    WalkBounds withStack(int directories, int resumable) {
        return new WalkBounds(parts, bytes, directories, stackBytes, resumable);
    }
}
