package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageITCase {
    @RegisterExtension final Workspace workspace = new Workspace();

    /** SOURCE and ARCHIVE stand for the workspace's, EMPTY for nothing between quotes. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|Name a command",
                "bakcup|bakcup",
                "backup|--to",
                "backup SOURCE|--to",
                "backup --to ARCHIVE|PATH",
                "backup SOURCE SOURCE --to ARCHIVE|argument",
                "backup SOURCE --to ARCHIVE --shards 0|--shards must be 1 to 256, not 0",
                "backup SOURCE --to ARCHIVE --shards 257|--shards must be 1 to 256, not 257",
                "backup SOURCE --to ARCHIVE --shards many|--shards",
                "backup SOURCE --to ARCHIVE --workers -1|--workers must be 1 to 1024, not -1",
                "backup SOURCE --to ARCHIVE --workers 1025|--workers must be 1 to 1024, not 1025",
                "backup SOURCE --to ARCHIVE --content some|--content",
                "backup SOURCE --to ARCHIVE --compress lz4|--compress",
                "backup SOURCE --to ARCHIVE --frobnicate|--frobnicate",
                "restore ARCHIVE|--target",
                "restore --target SOURCE|ARCHIVE",
                "restore ARCHIVE --target SOURCE --round 0|'0' is no round",
                "restore ARCHIVE --target SOURCE --round newest|'newest' is no round",
                "restore ARCHIVE --target SOURCE --replace maybe|'maybe' is none of never, always",
                "verify|ARCHIVE",
                "verify ARCHIVE --round -1|'-1' is no round",
                "list|ARCHIVE",
                "backup SOURCE --to EMPTY|the path is empty",
                "backup EMPTY --to ARCHIVE|the path is empty",
                "restore ARCHIVE --target EMPTY|the path is empty",
                "verify EMPTY|the path is empty",
                "verify ARCHIVE --against EMPTY|the path is empty",
                "list ARCHIVE --round 1x|'1x' is no round",
                "config|sluice config show",
                "doctor|sluice doctor bacula",
                "doctor bacula --shards 0|--shards must be 1 to 256, not 0",
                "gen-fileset --path /srv|--client",
                "gen-fileset --strategy inodehash --path /srv|none, inode-hash, subtree, mtime-bucket, lustre-mdt",
                "shard-probe SOURCE|--shards",
                "shard-probe SOURCE --shards 257|--shards must be 1 to 256, not 257",
                "shard-probe SOURCE --shards 2 --strategy none|--strategy none is one shard, not 2"
            })
    void badUsageIsToldInTwoLinesAndDoesNothing(String line, String told) throws IOException {
        workspace.smallSource();
        Object[] words =
                line.isEmpty()
                        ? new Object[0]
                        : java.util.Arrays.stream(line.split(" "))
                                .map(
                                        word ->
                                                switch (word) {
                                                    case "SOURCE" -> workspace.sourcePath();
                                                    case "ARCHIVE" -> workspace.archive();
                                                    case "EMPTY" -> "";
                                                    default -> word;
                                                })
                                .toArray();
        Result result = Sluice.run(words).exits(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.errorLines()).as("%s", result).hasSizeBetween(1, 2);
        assertThat(result.errorLines().get(0)).startsWith("sluice: ").contains(told);
        assertThat(workspace.archive()).doesNotExist();
    }

    @Test
    void helpAndVersionAreAnswered() throws IOException {
        assertThat(Sluice.run("--version").succeeds().out()).matches("sluice [0-9].*\n");
        assertThat(Sluice.run("--help").succeeds().out())
                .contains("backup", "restore", "verify", "list");
        assertThat(Sluice.run("backup", "--help").succeeds().out())
                .contains("--to", "--shards", "--workers", "--content", "--compress", "--json");
    }

    @Test
    void hostileArgumentIsShownEscaped() throws IOException {
        byte[] hostile = {'-', '-', 'x', 0x1b, '[', '3', '1', 'm', '\n', (byte) 0xff};
        Result result = Sluice.run("list", hostile, workspace.archive()).exits(2);
        assertThat(result.errorLines().get(0)).contains("--x\\x1b[31m\\x0a\\xff");
    }
}
