package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the commands around a Bacula job say, without a Bacula. */
class ConfigurationITCase {
    @RegisterExtension final Workspace workspace = new Workspace();

    private Sluice show(Object... more) throws IOException {
        Path file = workspace.base().resolve("sluice.toml");
        Files.writeString(file, "# site\nworkers = 8\nexclude = ['*.tmp', 'ä']\n");
        Object[] words = new Object[2 + more.length];
        words[0] = "config";
        words[1] = "show";
        System.arraycopy(more, 0, words, 2, more.length);
        return Sluice.command(words)
                .with("SLUICE_CONFIG", file.toString())
                .with("SLUICE_KEEP", "3");
    }

    @Test
    void everyValueIsShownWithItsOrigin() throws IOException {
        assertThat(show().run().succeeds().lines())
                .anyMatch(line -> line.matches("workers +8 +.*sluice\\.toml line 2"))
                .anyMatch(line -> line.matches("exclude +\\*\\.tmp +.*sluice\\.toml line 3"))
                .anyMatch(line -> line.matches("exclude +ä +.*sluice\\.toml line 3"))
                .anyMatch(line -> line.matches("keep +3 +SLUICE_KEEP"))
                .anyMatch(line -> line.matches("mode +posix +default"));
        JsonNode shown =
                show("--json", "--line", "sluice: PATH=/srv; workers=2").run().succeeds().json();
        assertThat(shown)
                .anyMatch(
                        each ->
                                each.get("key").asText().equals("workers")
                                        && each.get("value").asText().equals("2")
                                        && each.get("source").asText().equals("Plugin line"));
        assertThat(shown).allMatch(each -> each.get("description").asText().endsWith("."));
    }

    @Test
    void lineIsCheckedAsAJobChecksIt() throws IOException {
        assertThat(show("--line", "path=/srv;mode=lustre-change-log").run().refuses(1))
                .contains("did you mean 'lustre-changelog'?");
        assertThat(show("--line", "path=/srv;sharrd=0/2").run().refuses(1))
                .contains("did you mean 'shard'?");
    }

    @Test
    void probeSpreadsEveryEntryOverTheShards() throws IOException {
        workspace.smallSource();
        long entries =
                Long.parseLong(
                        Shell.run("find " + Shell.quote(workspace.sourcePath()) + " | wc -l")
                                .strip());
        for (String strategy : new String[] {"inode-hash", "subtree", "mtime-bucket"}) {
            JsonNode probed =
                    Sluice.run(
                                    "shard-probe",
                                    workspace.sourcePath(),
                                    "--shards",
                                    3,
                                    "--strategy",
                                    strategy,
                                    "--json")
                            .succeeds()
                            .json();
            long sum = 0;
            for (JsonNode shard : probed.get("shards")) {
                sum += shard.get("entries").asLong();
            }
            assertThat(sum).as(strategy).isEqualTo(entries);
        }
        assertThat(
                        Sluice.run("shard-probe", workspace.sourcePath(), "--shards", 1)
                                .succeeds()
                                .lines())
                .last()
                .asString()
                .startsWith("skew: the largest shard has 1.00 times");
        Sluice.run("shard-probe", workspace.base().resolve("none"), "--shards", 1).refuses(1);
    }
}
