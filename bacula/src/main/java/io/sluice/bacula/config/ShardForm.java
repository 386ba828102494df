package io.sluice.bacula.config;

import io.sluice.bacula.config.Kind.BadValueException;
import io.sluice.bacula.config.Kind.Word;
import io.sluice.common.shard.MetadataTargets;
import io.sluice.common.text.Text;
import io.sluice.lustre.file.LustreTargets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which part of a set a job is: {@code K/N}, {@code none}, {@code inode-hash:K/N}, {@code
 * mtime-bucket:K/N}, {@code lustre-mdt:K/N}, {@code subtree:/path}, or {@code subtree:K/N:/path}
 * for the inodes' hash inside that path.
 *
 * @param shard from 0
 * @param shards of the set, 1 to {@value #MAX_SHARDS}
 * @param subtree absolute, without a slash at its end; null but for {@link Strategy#SUBTREE}
 */
public record ShardForm(Strategy strategy, int shard, int shards, byte[] subtree) {
    /** As many streams as a round has at most. */
    public static final int MAX_SHARDS = 256;

    public static final String VALID =
            "K/N, none, inode-hash:K/N, subtree:/path, subtree:K/N:/path, mtime-bucket:K/N, lustre-mdt:K/N";

    /**
     * To be told once where {@link Strategy#LUSTRE_MDT} is asked for a tree that has no metadata
     * targets; else null.
     *
     * @param path of the tree
     */
    public static String noteOnTargets(Strategy strategy, byte[] path) {
        return strategy != Strategy.LUSTRE_MDT || LustreTargets.of(path) != MetadataTargets.NONE
                ? null
                : Text.quote(path)
                        + " does not lie on Lustre here, so lustre-mdt deals out by the inodes' hash;"
                        + " say inode-hash, or mount Lustre there";
    }

    /** How a set's items are dealt out. */
    public enum Strategy implements Word {
        NONE("none"),
        INODE_HASH("inode-hash"),
        SUBTREE("subtree"),
        MTIME_BUCKET("mtime-bucket"),
        LUSTRE_MDT("lustre-mdt");

        private final String text;

        Strategy(String text) {
            this.text = text;
        }

        @Override
        public String text() {
            return text;
        }

        /** How the entries of the path are dealt out. */
        public io.sluice.common.shard.Strategy dealing() {
            return switch (this) {
                case MTIME_BUCKET -> io.sluice.common.shard.Strategy.MTIME_BUCKET;
                case LUSTRE_MDT -> io.sluice.common.shard.Strategy.LUSTRE_MDT;
                default -> io.sluice.common.shard.Strategy.INODE_HASH;
            };
        }
    }

    private static final Pattern PART = Pattern.compile("([0-9]{1,4})/([0-9]{1,4})");
    private static final Pattern SUBTREE =
            Pattern.compile("(?:([0-9]{1,4}/[0-9]{1,4}):)?(/.*)", Pattern.DOTALL);

    static final Kind<ShardForm> KIND = new Kind<>(VALID, ShardForm::read, ShardForm::toString);

    private static ShardForm read(String text) throws BadValueException {
        if (PART.matcher(text).matches()) {
            return part(Strategy.INODE_HASH, text, null, text);
        }
        int colon = text.indexOf(':');
        String name = (colon < 0 ? text : text.substring(0, colon)).toLowerCase(Locale.ROOT);
        String rest = colon < 0 ? "" : text.substring(colon + 1);
        Strategy strategy = null;
        for (Strategy each : Strategy.values()) {
            if (each.text().equals(name)) {
                strategy = each;
            }
        }
        if (strategy == null) {
            List<String> names = Arrays.stream(Strategy.values()).map(Strategy::text).toList();
            throw new BadValueException(
                    "cannot be "
                            + Kind.quote(text)
                            + NearMiss.hint(name, names)
                            + "; valid are "
                            + VALID);
        }
        switch (strategy) {
            case NONE:
                if (colon >= 0 && !rest.equals("0/1")) {
                    throw bad(text);
                }
                return new ShardForm(Strategy.NONE, 0, 1, null);
            case SUBTREE:
                Matcher matcher = SUBTREE.matcher(rest);
                if (!matcher.matches()) {
                    throw bad(text);
                }
                return part(
                        strategy,
                        matcher.group(1) == null ? "0/1" : matcher.group(1),
                        Kind.path(matcher.group(2)),
                        text);
            default:
                return part(strategy, rest, null, text);
        }
    }

    private static ShardForm part(Strategy strategy, String part, byte[] subtree, String text)
            throws BadValueException {
        Matcher matcher = PART.matcher(part);
        if (!matcher.matches()) {
            throw bad(text);
        }
        int shard = Integer.parseInt(matcher.group(1));
        int shards = Integer.parseInt(matcher.group(2));
        if (shards < 1 || shards > MAX_SHARDS) {
            throw new BadValueException(
                    "must be of 1 to " + MAX_SHARDS + " shards, not '" + text + "'");
        }
        if (shard >= shards) {
            throw new BadValueException(
                    "counts from 0: of "
                            + shards
                            + " shards the last is "
                            + (shards - 1)
                            + "/"
                            + shards
                            + ", not '"
                            + text
                            + "'");
        }
        return new ShardForm(strategy, shard, shards, subtree);
    }

    private static BadValueException bad(String text) {
        return new BadValueException("cannot be " + Kind.quote(text) + "; valid are " + VALID);
    }

    /** As it may be given; printable. */
    @Override
    public String toString() {
        return switch (strategy) {
            case NONE -> "none";
            case INODE_HASH -> shard + "/" + shards;
            case SUBTREE ->
                    shards == 1
                            ? "subtree:" + Text.escape(subtree)
                            : "subtree:" + shard + "/" + shards + ":" + Text.escape(subtree);
            default -> strategy.text() + ":" + shard + "/" + shards;
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ShardForm form
                && strategy == form.strategy
                && shard == form.shard
                && shards == form.shards
                && Arrays.equals(subtree, form.subtree);
    }

    @Override
    public int hashCode() {
        return (31 * strategy.hashCode() + shard) * 31 + shards + Arrays.hashCode(subtree);
    }
}
