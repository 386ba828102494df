package io.sluice.common.shard;

import java.io.Serializable;

/**
 * Tells which of a filesystem's metadata servers has the names of a directory. For several threads
 * at once; travels to wherever directories are read.
 */
public interface MetadataTargets extends Serializable {
    /** Of a directory whose server is not known. */
    int UNKNOWN = -1;

    /** For filesystems that have no such servers, and for who does not want to know. */
    MetadataTargets NONE = NoTargets.INSTANCE;

    /**
     * The server's number, from 0, or {@link #UNKNOWN}.
     *
     * @param directory descriptor, not {@code O_PATH}
     */
    int of(int directory);
}
