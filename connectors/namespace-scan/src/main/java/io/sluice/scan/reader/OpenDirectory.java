package io.sluice.scan.reader;

import io.sluice.common.pattern.IgnorePatterns;

/**
 * A directory that is being read, and what holds for all of its names.
 *
 * @param task which one it is
 * @param descriptor open for reading
 * @param mount that it lies on
 * @param patterns of names to leave out
 * @param marked whether everything but the marker is to be left out
 */
record OpenDirectory(
        DirectoryTask task,
        int descriptor,
        Mount mount,
        IgnorePatterns.InDirectory patterns,
        boolean marked) {}
