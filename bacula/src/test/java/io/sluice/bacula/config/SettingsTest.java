package io.sluice.bacula.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.bacula.config.ShardForm.Strategy;
import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @TempDir private Path directory;

    private final Map<String, String> environment = new HashMap<>();

    private Path file(String text) throws IOException {
        Path file = directory.resolve("sluice.toml");
        Files.writeString(file, text);
        environment.put(Site.CONFIG_VARIABLE, file.toString());
        return file;
    }

    private static Settings line(String line) {
        return line(line, Site.none());
    }

    private static Settings line(String line, Site site) {
        return Settings.of(PluginLine.parse(line.getBytes(StandardCharsets.ISO_8859_1)), site);
    }

    @Test
    void defaultsHoldWhereNothingIsGiven() {
        Settings settings = line("path=/srv");
        assertThat(settings.get(Keys.PATH)).isEqualTo(bytes("/srv"));
        assertThat(settings.get(Keys.SHARD).toString()).isEqualTo("0/1");
        assertThat(settings.get(Keys.MODE)).isEqualTo(Mode.POSIX);
        assertThat(settings.get(Keys.SCHEDULER)).isEqualTo(SchedulerName.LOCAL);
        assertThat(settings.get(Keys.HSM_POLICY)).isEqualTo(HsmPolicy.SKIP_RELEASED);
        assertThat(settings.get(Keys.CONTENT)).isEqualTo(ContentWord.FULL);
        assertThat(settings.get(Keys.NAMESPACE)).isEqualTo("@hpc");
        assertThat(settings.get(Keys.ON_MISSING_BASE)).isEqualTo(OnMissingBase.FAIL);
        assertThat(settings.get(Keys.MAX_DELETES)).isEqualTo(20);
        assertThat(settings.get(Keys.ACCEPT_TIMEOUT_SECS)).isEqualTo(300);
        assertThat(settings.get(Keys.EXCLUDE)).isEmpty();
        assertThat(settings.get(Keys.WORKERS)).isNull();
        assertThat(settings.get(Keys.STATE_DIR)).isEqualTo(bytes("/var/lib/sluice"));
        assertThat(settings.all()).hasSameSizeAs(Keys.ALL);
    }

    @Test
    void lineGoesBeforeEnvironmentBeforeFileBeforeDefault() throws IOException {
        Path file = file("# the site's\nworkers = 3\nkeep = 3\nallow_empty = true\n");
        environment.put("SLUICE_WORKERS", "2");
        environment.put("SLUICE_KEEP", "2");
        Settings settings = line("path=/srv;workers=1", Site.of(environment));
        assertThat(settings.resolved(Keys.WORKERS))
                .isEqualTo(new Resolved<>(Keys.WORKERS, 1, Place.LINE, "Plugin line"));
        assertThat(settings.resolved(Keys.KEEP))
                .isEqualTo(new Resolved<>(Keys.KEEP, 2, Place.ENVIRONMENT, "SLUICE_KEEP"));
        assertThat(settings.resolved(Keys.ALLOW_EMPTY))
                .isEqualTo(new Resolved<>(Keys.ALLOW_EMPTY, true, Place.FILE, file + " line 4"));
        assertThat(settings.resolved(Keys.CROSS_MOUNTS).place()).isEqualTo(Place.DEFAULT);
    }

    @Test
    void listComesFromOnePlaceInItsOrder() throws IOException {
        file("exclude = [\"a\", \"ä\"]\nexclude_if_present = \".nobackup\"\n");
        Site site = Site.of(environment);
        assertThat(line("path=/srv", site).get(Keys.EXCLUDE))
                .containsExactly(bytes("a"), "ä".getBytes(StandardCharsets.UTF_8));
        assertThat(line("path=/srv", site).get(Keys.EXCLUDE_IF_PRESENT))
                .containsExactly(bytes(".nobackup"));
        assertThat(line("path=/srv;exclude=b;EXCLUDE=*.o", site).get(Keys.EXCLUDE))
                .containsExactly(bytes("b"), bytes("*.o"));
        environment.put("SLUICE_EXCLUDE", "c\nd e\n");
        assertThat(line("path=/srv", Site.of(environment)).get(Keys.EXCLUDE))
                .containsExactly(bytes("c"), bytes("d e"));
    }

    @Test
    void pathStaysWhatItsBytesAre() {
        byte[] latin = {'/', 'f', (byte) 0xfc, 'r', ' ', '=', '"'};
        PluginLine line =
                PluginLine.parse(bytes("path=" + new String(latin, StandardCharsets.ISO_8859_1)));
        Settings settings = Settings.of(line, Site.none());
        assertThat(settings.get(Keys.PATH)).isEqualTo(latin);
        assertThat(settings.resolved(Keys.PATH).shown()).containsExactly("/f\\xfcr =\"");
    }

    @Test
    void blanksAndBackslashNewlinesStandBetweenPairs() {
        Settings settings =
                line(
                        " \\\n  PATH = /srv/a b ;\\\n\t Shard=1/4; \\\r\n mode=POSIX;allow_empty;;exclude=a\\;b;\n");
        assertThat(settings.get(Keys.PATH)).isEqualTo(bytes("/srv/a b"));
        assertThat(settings.get(Keys.SHARD).toString()).isEqualTo("1/4");
        assertThat(settings.get(Keys.ALLOW_EMPTY)).isTrue();
        assertThat(settings.get(Keys.EXCLUDE)).containsExactly(bytes("a;b"));
    }

    /** What is told must name the thing, and what would be right. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mode=posix|path is missing",
                "path=srv|path must be an absolute path, not 'srv'",
                "path=/a/../b|path must not go through '..'",
                "path=/srv;sharrd=0/1|there is no key 'sharrd'; did you mean 'shard'?; valid are path, shard, set,",
                "path=/srv;hsm-policy=skip-released|did you mean 'hsm_policy'?",
                "path=/srv;frobnicate=1|there is no key 'frobnicate'; valid are path,",
                "path=/srv;mode=lustre-change-log|mode cannot be 'lustre-change-log'; did you mean 'lustre-changelog'?; valid are posix, lustre, lustre-changelog, gpfs-policy, cephfs-rctime, beegfs-watch, handshake",
                "path=/srv;mode=btrfs|mode cannot be 'btrfs'; valid are posix,",
                "path=/srv;content=meta-data|did you mean 'metadata'?",
                "path=/srv;on_missing_base=maybe|valid are fail, full",
                "path=/srv;workers=0|workers must be 1 to 1024, not '0'",
                "path=/srv;workers=many|workers must be 1 to 1024, not 'many'",
                "path=/srv;cross_mounts=perhaps|cross_mounts must be yes or no, not 'perhaps'",
                "path=/srv;max_deletes=101%|max_deletes must be 0% to 100%, not '101%'",
                "path=/srv;path=/b|path is there twice",
                "path=/srv;workers|workers needs a value: 1 to 1024",
                "path=/srv;state_dir=/a|state_dir holds for all jobs of a host",
                "path=/srv;shard=4/4|of 4 shards the last is 3/4, not '4/4'",
                "path=/srv;shard=0/257|1 to 256 shards",
                "path=/srv;shard=inodehash:0/4|did you mean 'inode-hash'?",
                "path=/srv;shard=mtime-bucket|shard cannot be 'mtime-bucket'; valid are K/N, none,",
                "path=/srv;shard=subtree:/home|does not lie in path=/srv",
                "path=/srv;shard=subtree:/srvx|does not lie in path=/srv",
                "path=/srv;scheduler=flink|add flink=HOST:PORT",
                "path=/srv;time=soon|time must be seconds, or a time like 1h30m, not 'soon'",
                "path=/srv;set=../../etc|set must be up to 128 letters",
                "path=/srv;namespace=hpc|namespace must be none, or @",
                "path=/srv;=a|has no key"
            })
    void mistakeIsToldInOneLineWithWhatIsValid(String line, String told) {
        assertThatThrownBy(() -> line(line))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining(told)
                .message()
                .doesNotContain("\n");
    }

    @Test
    void shardHasItsForms() {
        assertThat(line("path=/srv;shard=none").get(Keys.SHARD).strategy())
                .isEqualTo(Strategy.NONE);
        ShardForm hash = line("path=/srv;shard=inode-hash:2/3").get(Keys.SHARD);
        assertThat(hash).isEqualTo(line("path=/srv;shard=2/3").get(Keys.SHARD));
        ShardForm subtree = line("path=/srv;shard=subtree:1/2:/srv/a:b/").get(Keys.SHARD);
        assertThat(subtree.subtree()).isEqualTo(bytes("/srv/a:b"));
        assertThat(subtree.toString()).isEqualTo("subtree:1/2:/srv/a:b");
        assertThat(line("path=/;shard=subtree:/a").get(Keys.SHARD).shards()).isOne();
        assertThat(line("path=/srv;shard=mtime-bucket:0/4").get(Keys.SHARD).strategy())
                .isEqualTo(Strategy.MTIME_BUCKET);
        assertThat(line("path=/srv;shard=lustre-mdt:0/4").get(Keys.SHARD).strategy())
                .isEqualTo(Strategy.LUSTRE_MDT);
    }

    @Test
    void timesHaveUnits() {
        assertThat(line("path=/srv;time=90").get(Keys.TIME)).isEqualTo(Duration.ofSeconds(90));
        assertThat(line("path=/srv;time=1h30m").get(Keys.TIME)).isEqualTo(Duration.ofMinutes(90));
        assertThat(line("path=/srv;time=2d").get(Keys.TIME)).isEqualTo(Duration.ofDays(2));
    }

    @Test
    void jobsOfOneSetHaveOneNameAndOthersAnother() {
        String set = line("path=/srv/data;shard=0/4").set();
        assertThat(set).matches("srv-data\\.4\\.[0-9a-f]{8}");
        assertThat(line("shard=inode-hash:3/4;path=/srv//data/").set()).isEqualTo(set);
        assertThat(
                        java.util.Set.of(
                                set,
                                line("path=/srv-data;shard=0/4").set(),
                                line("path=/srv/data;shard=0/3").set(),
                                line("path=/srv/data;shard=0/4;content=metadata").set(),
                                line("path=/srv/data;shard=0/4;mode=lustre").set(),
                                line("path=/srv/data;shard=mtime-bucket:0/4").set()))
                .hasSize(6);
        assertThat(line("path=/srv;set=nightly").set()).isEqualTo("nightly");
        assertThat(line("path=/").set()).startsWith("root.1.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wokers = 3|line 2: there is no key 'wokers'; did you mean 'workers'?; valid are mode,|",
                "workers = 0|line 2: workers must be 1 to 1024, not '0'|",
                "workers = 1.5|line 2: workers must be a string, a number or true or false|",
                "mode = 'lustre-change-log'|line 2: mode cannot be|did you mean 'lustre-changelog'?",
                "path = '/srv'|line 2: path belongs to one job|",
                "[workers]|line 2: workers must be a string|",
                "keep = |line 2: |write key = "
            })
    void brokenFileIsToldWithItsLine(String text, String told, String also) throws IOException {
        Path file = file("# comment\n" + text + "\n");
        assertThatThrownBy(() -> Settings.of(Site.of(environment)))
                .isInstanceOf(SluiceException.class)
                .hasMessageStartingWith(file.toString() + " " + told)
                .hasMessageContaining(also == null ? "" : also)
                .message()
                .doesNotContain("\n");
    }

    @Test
    void fileThatIsNamedMustBeThere() {
        environment.put(Site.CONFIG_VARIABLE, directory.resolve("none.toml").toString());
        assertThatThrownBy(() -> Site.of(environment))
                .hasMessageContaining("none.toml: there is no such file");
    }

    @Test
    void badVariableIsTold() {
        environment.put("SLUICE_WORKERS", "x");
        assertThatThrownBy(() -> Settings.of(Site.of(environment)))
                .hasMessage("SLUICE_WORKERS: workers must be 1 to 1024, not 'x'");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
