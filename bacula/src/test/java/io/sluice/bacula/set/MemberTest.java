package io.sluice.bacula.set;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.bacula.config.PluginLine;
import io.sluice.bacula.config.Settings;
import io.sluice.bacula.config.Site;
import io.sluice.bacula.job.JobLevel;
import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a job of shard 1 makes of the job that leads, and of what is left of it. */
@Timeout(60)
class MemberTest {
    @TempDir Path temporary;

    private SetDirectory set;

    @BeforeEach
    void makeSet() {
        set = SetDirectory.open(temporary, "s");
    }

    private static Arrival arrival(int shard, String token) {
        return new Arrival(
                token,
                shard,
                2,
                "job-" + token,
                1,
                JobLevel.FULL,
                "",
                Arrival.thisHost(),
                ProcessHandle.current().pid(),
                "127.0.0.1:1",
                Map.of());
    }

    /** What a job leaves that is killed: its arrival, and no claim. */
    private void leaveDead(String token) {
        set.write(set.rendezvous().resolve("shard-0.json"), arrival(0, token));
    }

    private static Settings settings(int acceptSeconds) {
        String line = "path=/srv; shard=1/2; set=s; accept_timeout_secs=" + acceptSeconds;
        return Settings.of(PluginLine.parse(line.getBytes(ISO_8859_1)), Site.none());
    }

    @Test
    void aLeaderThatIsKilledBeforeAnybodySeesItIsKnownByItsTrace() throws Exception {
        leaveDead("of the night before");
        try (Rendezvous member = Rendezvous.enter(set, 1)) {
            member.arrive(arrival(1, "member"));
            // It says first that it waits.
            Member waiting = new Member(member, settings(3600), line -> leaveDead("of this night"));
            assertThatThrownBy(waiting::await)
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("which leads, ended before the round began");
        }
    }

    @Test
    void whatANightBeforeLeftIsNoLeader() throws Exception {
        leaveDead("of the night before");
        try (Rendezvous member = Rendezvous.enter(set, 1)) {
            member.arrive(arrival(1, "member"));
            assertThatThrownBy(new Member(member, settings(1), line -> {})::await)
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("shard 0 of 2 has not come within 1 s");
        }
    }

    @Test
    void theLeaderOfALaterRoundIsNotThatOfThisOne() throws IOException, InterruptedException {
        Meeting round =
                new Meeting("1", List.of("first", "member"), null, JobLevel.FULL, List.of());
        try (Rendezvous member = Rendezvous.enter(set, 1)) {
            member.arrive(arrival(1, "member"));
            try (Rendezvous first = Rendezvous.enter(set, 0)) {
                first.arrive(arrival(0, "first"));
                assertThat(member.isThere(round)).isTrue();
            }
            assertThat(member.isThere(round)).isFalse();
            try (Rendezvous second = Rendezvous.enter(set, 0)) {
                second.arrive(arrival(0, "second"));
                assertThat(member.isThere(round)).isFalse();
                assertThat(second.isThere(round)).isTrue();
            }
        }
    }

    @Test
    void whatTheFirstSaysWhoGivesUpAllSay() throws IOException, InterruptedException {
        Meeting round =
                new Meeting("1", List.of("first", "member"), null, JobLevel.FULL, List.of());
        Meeting next = new Meeting("2", List.of("first", "member"), null, JobLevel.FULL, List.of());
        try (Rendezvous first = Rendezvous.enter(set, 0);
                Rendezvous member = Rendezvous.enter(set, 1)) {
            assertThat(member.firstReason(round, "was cancelled")).isEqualTo("was cancelled");
            assertThat(first.firstReason(round, "Connection reset")).isEqualTo("was cancelled");
            assertThat(first.firstReason(next, "Connection reset")).isEqualTo("Connection reset");
        }
    }
}
