package io.sluice.common.shard;

/** Stays the one object wherever it travels. */
enum NoTargets implements MetadataTargets {
    INSTANCE;

    @Override
    public int of(int directory) {
        return UNKNOWN;
    }
}
