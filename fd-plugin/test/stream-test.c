/* SPDX-License-Identifier: AGPL-3.0-only */

/* The plugin between a backend that is only bytes and a core that keeps what it gets. Prints its seed;
   takes one as its argument. */

#include "check.h"
#include "fake-core.h"
#include "memory-backend.h"
#include "streams.h"

#include <string.h>
#include <time.h>

#define WHERE "/tmp/where"

static void opening(struct text *said) {
    text_frame(said, 'C', "Hello Bacula", 12);
    for (int i = 0; i < 3; i++) {
        text_frame(said, 'F', NULL, 0);
    }
}

static void closing(struct text *said) {
    text_frame(said, 'F', NULL, 0);
    text_frame(said, 'F', NULL, 0);
}

/* Where the entries of a restore begin and end in what the backend was told. */
static void heard_entries(const char **from, size_t *count) {
    size_t at = 0;
    *from = NULL;
    while (at < heard.count) {
        size_t length = strtoul(heard.bytes + at + 1, NULL, 10);
        const char *payload = heard.bytes + at + 8;
        if (length == 7 && memcmp(payload, "FINISH\n", 7) == 0) {
            *count = (size_t) (heard.bytes + at - *from);
            return;
        }
        at += 8 + length;
        if (length == 13 && memcmp(payload, "RestoreStart\n", 13) == 0) {
            *from = heard.bytes + at;
        }
    }
    check(0, "no FINISH");
}

static void back_up(struct fake_job *job, const struct text *entries, size_t chunk) {
    struct text said = {0};
    opening(&said);
    text_add(&said, entries->bytes, entries->count);
    closing(&said);
    memory_says(said.bytes, said.count, chunk, 0);
    fake_backup(job, "sluice:path=/d");
    text_free(&said);
}

static void round_trip(uint64_t seed, int large) {
    uint64_t state = seed;
    struct text entries = {0};
    stream_random(&entries, &state, large ? 20 : 60, large);
    static const int READS[] = {65536, 65528, 200000, 4096, 777};
    struct fake_job stored = {
        .id = 1, .read_bytes = READS[below_random(&state, large ? 3 : 5)],
        .drops_zeros = below_random(&state, 2) == 0};
    back_up(&stored, &entries, below_random(&state, 2) == 0 ? 0 : 1 + below_random(&state, 5000));
    check(stored.fatal == 0, "seed %llu: %s", (unsigned long long) seed, stored.log);
    for (size_t i = 0; i < stored.entry_count; i++) {
        if (stored.entries[i].type == ENTRY_LINK_SAVED) {
            int first = stored.entries[i].link_index;
            check(first >= 1 && (size_t) first <= i && strcmp(stored.entries[first - 1].name,
                          stored.entries[i].link) == 0, "seed %llu: %s", (unsigned long long) seed,
                    stored.entries[i].name);
        }
    }
    struct text said = {0};
    opening(&said);
    size_t gate = said.count;
    closing(&said);
    memory_says(said.bytes, said.count, 0, gate);
    struct fake_job restored = {.id = 2};
    fake_restore(&restored, &stored, WHERE);
    check(restored.fatal == 0, "seed %llu: %s", (unsigned long long) seed, restored.log);
    struct text wanted = {0};
    struct text got = {0};
    const char *from;
    size_t count;
    int restores = 0;
    for (size_t i = 0; i < stored.entry_count; i++) {
        restores += stored.entries[i].type != ENTRY_DELETED;
    }
    if (restores > 0) {
        heard_entries(&from, &count);
        check(stream_spell(&wanted, entries.bytes, entries.count, WHERE), "the test's own stream");
        check(stream_spell(&got, from, count, ""), "seed %llu", (unsigned long long) seed);
        if (wanted.count != got.count || memcmp(wanted.bytes, got.bytes, got.count) != 0) {
            size_t at = 0;
            while (at < got.count && at < wanted.count && wanted.bytes[at] == got.bytes[at]) {
                at++;
            }
            size_t before = at < 300 ? at : 300;
            check(0, "seed %llu: differs at %zu (%zu, %zu): ...%.*s\n--- got ---\n%.*s",
                    (unsigned long long) seed, at, wanted.count, got.count, (int) before + 100,
                    wanted.bytes + at - before, (int) before + 100, got.bytes + at - before);
        }
    }
    text_free(&wanted);
    text_free(&got);
    text_free(&said);
    text_free(&entries);
    fake_free(&stored);
}

/* A stream that ends anywhere fails the job once, and stores no entry that it had not begun. */
static void cut_anywhere(uint64_t seed) {
    uint64_t state = seed;
    struct text said = {0};
    opening(&said);
    stream_random(&said, &state, 12, 0);
    closing(&said);
    struct fake_job whole = {.id = 1};
    memory_says(said.bytes, said.count, 0, 0);
    fake_backup(&whole, "sluice:path=/d");
    check(whole.fatal == 0, "seed %llu: %s", (unsigned long long) seed, whole.log);
    size_t step = said.count / 1000 + 1;
    for (size_t cut = 0; cut < said.count; cut += cut < 1000 ? 1 : step) {
        struct fake_job job = {.id = 1, .check_name = "/@hpc/d/x"};
        memory_says(said.bytes, cut, 0, 0);
        fake_backup(&job, "sluice:path=/d");
        check(job.fatal == 1, "seed %llu, cut at %zu: %s", (unsigned long long) seed, cut, job.log);
        check(!job.seen, "seed %llu, cut at %zu", (unsigned long long) seed, cut);
        check(job.entry_count <= whole.entry_count, "seed %llu", (unsigned long long) seed);
        fake_free(&job);
    }
    fake_free(&whole);
    text_free(&said);
}

/* Frames that have no place where they stand. */
static void misplaced_frames(void) {
    static const char *const HEAD[] = {"FNAME:/@hpc/d/f", "STAT:F 5 0 0 100644 1", "TSTAMP:1 2 3",
        "XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -"};
    static const struct {
        const char *frames; /* letters and texts behind the head's F */
        const char *complaint;
    } CASES[] = {
        {"C DATA|D hello|F|C SUM:5 0|F", NULL},
        {"C DATA|D hello|F|F", "where SUM is due"},
        {"C DATA|D hell|F", "where more data is due"},
        {"C DATA|D hello!|F", "where less data is due"},
        {"C DATA|D hel|D lo!|F", "where less data is due"},
        {"C DATA|F", "where more data is due"},
        {"C DATA|C EXTENT:0 5|D hell|F", "where more data is due"},
        {"C DATA|C EXTENT:0 5|D hello!|F", "where less data is due"},
        {"C DATA|C EXTENT:1 5|D hello|F", "an extent behind the last one and within the file"},
        {"C DATA|C EXTENT:2 1|D h|C EXTENT:1 1|D h|F", "an extent behind the last one"},
        {"C DATA|C EXTENT:0 2|D h|C EXTENT:2 1|D h|F", "an extent behind the last one"},
        {"C DATA|C EXTENT:0 0|F", "an extent behind the last one"},
        {"C DATA|C EXTENT:99999999999999999999 1|F", "an extent behind the last one"},
        {"C DATA|C EXTENT:1|F", "an extent behind the last one"},
        {"C DATA|D he|C EXTENT:2 3|D llo|F", "where data is due"},
        {"C DATA|D hello|F|C SUM:5 0|C SUM:5 0|F", "where an entry is due"},
        {"C DATA|D hello|F|C XATTR|D x|F|F", "where SUM is due"},
        {"C DATA|D hello|F|C SUM:5 0|C XATTR|C x|F", "where a block's data is due"},
        {"C DATA|D hello|F|C SUM:5 0|D x|F", "where an entry is due"},
        {"F|C SUM:5 0|F", "where an entry is due"},
        {"C SUM:5 0|F", "where DATA or an end is due"},
        {"F|C FNAME:/@hpc/d/|C TSTAMP:1 2 3|F", "where STAT: is due"},
        {"F|C FNAME:|F", "a name that is empty"},
        {"F|C DELETED:a\1b|F", NULL},
        {"F|Z Alive|F", "a frame of unknown kind"},
        {"F|A the round fails|F", "sluice: the round fails"},
        {"F|Q one|W two|N three|I four|F", NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct text entries = {0};
        for (size_t j = 0; j < sizeof HEAD / sizeof *HEAD; j++) {
            text_frame(&entries, 'C', HEAD[j], strlen(HEAD[j]));
        }
        text_frame(&entries, 'F', NULL, 0);
        const char *at = CASES[i].frames;
        for (;;) {
            size_t length = strcspn(at, "|");
            text_frame(&entries, at[0], at + 2, length > 2 ? length - 2 : 0);
            if (at[length] == '\0') {
                break;
            }
            at += length + 1;
        }
        /* The last F of each case is the stream's. */
        entries.count -= 8;
        struct fake_job job = {.id = 1};
        back_up(&job, &entries, 0);
        check((job.fatal == 1) == (CASES[i].complaint != NULL), "%s: %s", CASES[i].frames, job.log);
        check(CASES[i].complaint == NULL || strstr(job.log, CASES[i].complaint) != NULL, "%s: %s",
                CASES[i].frames, job.log);
        fake_free(&job);
        text_free(&entries);
    }
}

static void wrong_heads(void) {
    static const char *const CASES[][5] = {
        {"FNAME:/a", "STAT:F 5 0 0 100644", "TSTAMP:1 2 3", "XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -", "a STAT"},
        {"FNAME:/a", "STAT:F 05 0 0 100644 1", "TSTAMP:1 2 3", "XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -", "a STAT"},
        {"FNAME:/a", "STAT:X 5 0 0 100644 1", "TSTAMP:1 2 3", "XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -", "a STAT"},
        {"FNAME:/a", "STAT:F 5 0 0 100648 1", "TSTAMP:1 2 3", "XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -", "a STAT"},
        {"FNAME:/a", "STAT:F 99999999999999999999 0 0 100644 1", "TSTAMP:1 2 3",
            "XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -", "a STAT"},
        {"FNAME:/a", "STAT:F 5 0 0 100644 1", "TSTAMP:1 2", "XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -", "a TSTAMP"},
        {"FNAME:/a", "STAT:F 5 0 0 100644 1", "TSTAMP:1 2 3", "XSTAT:f 1 8 0:0 1.0 2.0 3.0 -", "an XSTAT"},
        {"FNAME:/a", "STAT:F 5 0 0 100644 1", "TSTAMP:1 2 3", "XSTAT:f 1 8:1 0:0 1.0;", "an XSTAT"},
        {"FNAME:/a/", "STAT:F 5 0 0 100644 1", "TSTAMP:1 2 3", "XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -", "a name"},
        {"FNAME:/a", "STAT:D 5 0 0 040755 1", "TSTAMP:1 2 3", "XSTAT:d 1 8:1 0:0 1.0 2.0 3.0 -", "a name"},
        {"FNAME:/a", "STAT:F 0 0 0 100644 1", "TSTAMP:1 2 3", "XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -", "a size"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct text entries = {0};
        for (size_t j = 0; j < 4; j++) {
            text_frame(&entries, 'C', CASES[i][j], strlen(CASES[i][j]));
        }
        text_frame(&entries, 'F', NULL, 0);
        struct fake_job job = {.id = 1};
        back_up(&job, &entries, 0);
        check(job.fatal == 1 && strstr(job.log, CASES[i][4]) != NULL, "%zu: %s", i, job.log);
        fake_free(&job);
        text_free(&entries);
    }
}

static void opening_that_is_refused(void) {
    static const struct {
        const char *said;
        const char *complaint;
    } CASES[] = {
        {"", "ended before its work was done"},
        {"Hello", "ends within the frame"},
        {"C000012\nHello World!", "where 'Hello Bacula' is due"},
        {"C000013\nHello Bacula\nA000009\nno path=\n", "sluice: no path="},
        {"C000012\nHello BaculaC000001\nx", "the answer to Job"},
        {"C00001x\nHello Bacula", "not six digits"},
        {"C000012 Hello Bacula", "does not end with a newline"},
        {"F000001\nx", "an end of a part with a payload"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct fake_job job = {.id = 1};
        memory_says(CASES[i].said, strlen(CASES[i].said), 0, 0);
        fake_backup(&job, "sluice:path=/d");
        check(job.fatal == 1 && job.entry_count == 0, "%s: %s", CASES[i].said, job.log);
        check(strstr(job.log, CASES[i].complaint) != NULL, "%s: %s", CASES[i].said, job.log);
        fake_free(&job);
    }
}

static void names_that_are_seen(void) {
    static const struct {
        const char *prefix; /* what the backend says, or null */
        const char *name;
        int accurate;
        int seen;
    } CASES[] = {
        {"/@hpc/d", "/@hpc/d/x", 1, 1},
        {"/@hpc/d", "/@hpc/d/", 1, 1},
        {"/@hpc/d", "/@hpc/dd/x", 1, 0},
        {"/@hpc/d", "/d/x", 1, 0},
        {NULL, "/@hpc/d/x", 0, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct fake_job job = {.id = 1, .accurate = CASES[i].accurate, .check_name = CASES[i].name};
        struct text said = {0};
        text_frame(&said, 'C', "Hello Bacula", 12);
        text_frame(&said, 'F', NULL, 0);
        if (CASES[i].prefix != NULL) {
            char line[80];
            snprintf(line, sizeof line, "PREFIX:%s", CASES[i].prefix);
            text_frame(&said, 'C', line, strlen(line));
        }
        text_frame(&said, 'F', NULL, 0);
        text_frame(&said, 'F', NULL, 0);
        closing(&said);
        memory_says(said.bytes, said.count, 0, 0);
        fake_backup(&job, "sluice:path=/d");
        check(job.fatal == 0 && job.seen == CASES[i].seen, "%zu: %s", i, job.log);
        /* Where it must be known, nothing is answered for a backend that does not say it. */
        struct fake_job silent = {.id = 1, .accurate = 1, .check_name = CASES[i].name};
        text_free(&said);
        opening(&said);
        closing(&said);
        memory_says(said.bytes, said.count, 0, 0);
        fake_backup(&silent, "sluice:path=/d");
        check(silent.fatal == 1 && !silent.seen, "%s", silent.log);
        check(strstr(silent.log, "does not say which names are its own") != NULL, "%s", silent.log);
        text_free(&said);
    }
}

/* Below an empty prefix lie the names of all other lines too. */
static void an_empty_prefix_is_none_for_an_accurate_job(void) {
    for (int accurate = 0; accurate < 2; accurate++) {
        struct text said = {0};
        text_frame(&said, 'C', "Hello Bacula", 12);
        text_frame(&said, 'F', NULL, 0);
        text_frame(&said, 'C', "PREFIX:", 7);
        text_frame(&said, 'F', NULL, 0);
        text_frame(&said, 'F', NULL, 0);
        closing(&said);
        memory_says(said.bytes, said.count, 0, 0);
        struct fake_job job = {.id = 1, .accurate = accurate, .check_name = accurate ? "/x" : NULL};
        fake_backup(&job, "sluice:path=/;namespace=none");
        check(job.fatal == accurate && job.lines == accurate && !job.seen, "%s", job.log);
        check(!accurate || strstr(job.log, "path=/ with namespace=none") != NULL, "%s", job.log);
        text_free(&said);
    }
}

static void what_the_backend_is_told(void) {
    static const char WANTED[] = "C000015\nHello sluice 1\n"
            "C000004\nJob\nC000032\nName=job.2026-11-21_01.02.03_04\nC000008\nJobID=7\nC000007\nType=B\n"
            "C000008\nLevel=I\nC000017\nSince=1700000000\nC000039\nPrevJobName=job.2026-11-20_01.02.03_04\n"
            "C000011\nAccurate=1\nC000027\nWorkingDir=/var/lib/bacula\nF000000\n"
            "C000007\nParams\nC000022\nline=path=/d; shard=0\nF000000\n"
            "C000012\nBackupStart\nC000004\nEND\nT000000\n";
    struct text said = {0};
    text_frame(&said, 'C', "Hello Bacula", 12);
    text_frame(&said, 'F', NULL, 0);
    text_frame(&said, 'C', "PREFIX:/@hpc/d", 14);
    text_frame(&said, 'F', NULL, 0);
    text_frame(&said, 'F', NULL, 0);
    closing(&said);
    memory_says(said.bytes, said.count, 0, 0);
    struct fake_job job = {.id = 7, .accurate = 1};
    fake_backup(&job, "sluice:path=/d; shard=0");
    check(heard.count == sizeof WANTED - 1 && memcmp(heard.bytes, WANTED, heard.count) == 0, "%.*s",
            (int) heard.count, heard.bytes);
    text_free(&said);
}

static void estimate_has_heads_only(void) {
    struct text said = {0};
    opening(&said);
    for (int i = 0; i < 3; i++) {
        text_frame(&said, 'C', "FNAME:/@hpc/d/f", 15);
        text_frame(&said, 'C', "STAT:F 5 0 0 100644 2", 21);
        text_frame(&said, 'C', "TSTAMP:1 2 3", 12);
        text_frame(&said, 'C', "XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -", 31);
        text_frame(&said, 'F', NULL, 0);
    }
    closing(&said);
    memory_says(said.bytes, said.count, 0, 0);
    struct fake_job job = {.id = 1};
    fake_estimate(&job, "sluice:path=/d");
    check(job.fatal == 0 && job.entry_count == 3 && job.entries[0].status.st_size == 5, "%s", job.log);
    fake_free(&job);
    text_free(&said);
}

static void commands_that_cannot_be_read(void) {
    static const char *const CASES[] = {"", "sluice:", "sluice:2;x", "sluice:1;", "sluice:1;a;b;c",
        "sluice:1;F 5 0 0 100644 1;1 2 3;f 1 8:1 0:0 1.0 2.0 3.0 -;Y",
        "sluice:1;F 5 0 0 100644 1;1 2 3;f 1 8:1 0:0 1.0 2.0 3.0 -;L*",
        "sluice:1;F 5 0 0 100644 1;1 2 3;f 1 8:1 0:0 1.0 2.0 3.0 -;LA", "sluice:path=/d"};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct stored entry = {.name = (char *) "/a", .command = (char *) CASES[i], .type = ENTRY_FILE};
        struct fake_job stored = {.entries = &entry, .entry_count = 1};
        struct fake_job job = {.id = 1};
        memory_says("", 0, 0, 0);
        fake_restore(&job, &stored, WHERE);
        check(job.fatal == 1 && strstr(job.log, "cannot read what the volume says") != NULL, "%s: %s",
                CASES[i], job.log);
    }
}

int main(int count, char **words) {
    uint64_t seed = count > 1 ? strtoull(words[1], NULL, 10) : (uint64_t) time(NULL);
    printf("stream-test: seed %llu\n", (unsigned long long) seed);
    fake_load();
    what_the_backend_is_told();
    opening_that_is_refused();
    misplaced_frames();
    wrong_heads();
    names_that_are_seen();
    an_empty_prefix_is_none_for_an_accurate_job();
    estimate_has_heads_only();
    commands_that_cannot_be_read();
    for (uint64_t i = 0; i < 300; i++) {
        round_trip(seed + i + 1, 0);
    }
    for (uint64_t i = 0; i < 25; i++) {
        round_trip(seed + i + 1, 1);
    }
    cut_anywhere(seed + 1);
    free(heard.bytes);
    return 0;
}
