package io.sluice.ptcomm.codec;

import io.sluice.common.entry.Stat;

/**
 * The head of an entry in an FD stream: everything before its data.
 *
 * @param path relative to the root, without a slash at either end; empty for the root
 * @param stat as the stream tells it
 * @param target of a symbolic link, else null
 * @param linkTo for a later name of a file: path (relative, as above) of the earlier name, which
 *     carries the data; else null
 */
public record StreamEntry(byte[] path, Stat stat, byte[] target, byte[] linkTo) {
    public boolean isLink() {
        return linkTo != null;
    }
}
