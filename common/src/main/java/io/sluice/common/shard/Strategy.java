package io.sluice.common.shard;

/** How a round's entries are dealt out to its shards. */
public enum Strategy {
    INODE_HASH("inode-hash"),
    MTIME_BUCKET("mtime-bucket"),
    LUSTRE_MDT("lustre-mdt");

    private final String text;

    Strategy(String text) {
        this.text = text;
    }

    /** As it is written in options, chains and manifests. */
    public String text() {
        return text;
    }

    /**
     * @param nowSeconds against which ages are reckoned, of the epoch
     */
    public Sharding over(int shards, long nowSeconds) {
        return switch (this) {
            case INODE_HASH -> new InodeHash(shards);
            case MTIME_BUCKET -> new MtimeBucket(shards, nowSeconds);
            case LUSTRE_MDT -> new MetadataTarget(shards);
        };
    }
}
