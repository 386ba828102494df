package io.sluice.bacula.config;

import io.sluice.common.hash.Xxh3;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * The name of a set that was given none: the path as far as it makes a file's name, the number of
 * shards, and a hash of all that tells sets apart, so that the jobs of one set, and no others,
 * meet.
 */
final class SetName {
    private static final int MAX_PATH_CHARS = 80;

    private SetName() {}

    static String of(byte[] path, Mode mode, ContentWord content, ShardForm shard) {
        String text =
                new String(path, StandardCharsets.ISO_8859_1)
                        .replaceAll("[^A-Za-z0-9_]+", "-")
                        .replaceAll("^-|-$", "");
        if (text.length() > MAX_PATH_CHARS) {
            text = text.substring(text.length() - MAX_PATH_CHARS).replaceAll("^-", "");
        }
        String identity =
                new String(path, StandardCharsets.ISO_8859_1)
                        + '\0'
                        + mode.text()
                        + '\0'
                        + content.text()
                        + '\0'
                        + shard.strategy().text()
                        + '\0'
                        + shard.shards()
                        + '\0'
                        + (shard.subtree() == null
                                ? ""
                                : new String(shard.subtree(), StandardCharsets.ISO_8859_1));
        long hash = Xxh3.hash64(identity.getBytes(StandardCharsets.ISO_8859_1));
        return String.format(
                Locale.ROOT,
                "%s.%d.%08x",
                text.isEmpty() ? "root" : text,
                shard.shards(),
                hash & 0xffff_ffffL);
    }

    /** Whether the second path is the first or lies below it. */
    static boolean isWithin(byte[] path, byte[] inner) {
        int length = path.length == 1 ? 0 : path.length;
        return inner.length >= path.length
                && Arrays.equals(path, 0, length, inner, 0, length)
                && (inner.length == path.length || inner[length] == '/');
    }
}
