package io.sluice.common.hash;

import com.dynatrace.hash4j.hashing.HashStream64;
import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;

/**
 * xxh3 with seed 0 (xxHash specification, XXH3): the one hash of this system, for shards,
 * signatures, keys and checksums. Not cryptographic: it finds damage and spreads load; it does not
 * defend against forgery.
 */
public final class Xxh3 {
    private static final Hasher64 HASH_64 = Hashing.xxh3_64();
    private static final Hasher128 HASH_128 = Hashing.xxh3_128();

    private Xxh3() {}

    public static long hash64(byte[] bytes) {
        return HASH_64.hashBytesToLong(bytes, 0, bytes.length);
    }

    public static long hash64(byte[] bytes, int offset, int length) {
        return HASH_64.hashBytesToLong(bytes, offset, length);
    }

    /** xxh3_64 of the value as eight little-endian bytes. */
    public static long hash64(long value) {
        return HASH_64.hashLongToLong(value);
    }

    public static HashValue128 hash128(byte[] bytes) {
        return HASH_128.hashBytesTo128Bits(bytes, 0, bytes.length);
    }

    /** A hash of bytes that come in pieces. Not thread-safe. */
    public static HashStream64 stream() {
        return HASH_64.hashStream();
    }
}
