/* SPDX-License-Identifier: AGPL-3.0-only */

/* The plugin with real processes: process-test DIRECTORY SCRIPTED-BACKEND. The directory is new. */

#include "check.h"
#include "fake-core.h"
#include "streams.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *directory;
static int next_id = 1;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static void write_file(const char *name, const void *bytes, size_t count) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    check(file != NULL && fwrite(bytes, 1, count, file) == count && fclose(file) == 0, "%s", path);
}

/* The Plugin line that has the backend play this. */
static const char *playing(const char *name, const char *script) {
    static _Thread_local char line[4096];
    write_file(name, script, strlen(script));
    snprintf(line, sizeof line, "sluice:path=/d;script=%s/%s", directory, name);
    return line;
}

static int open_descriptors(void) {
    DIR *list = opendir("/proc/self/fd");
    int count = 0;
    while (readdir(list) != NULL) {
        count++;
    }
    closedir(list);
    return count;
}

static int descriptors_before;

/* Neither a child, a zombie nor a descriptor. */
static void nothing_is_left(const char *of) {
    check(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "%s has left a child", of);
    check(open_descriptors() == descriptors_before, "%s has left a descriptor", of);
}

/* Hello comes before the Plugin line, which names a script: until then the one called "script" is played. */
static void fails_with(const char *name, const char *script, const char *complaint) {
    struct fake_job job = {.id = next_id++};
    double start = now();
    fake_backup(&job, playing(name, script));
    check(job.fatal == 1, "%s: %s", name, job.log);
    check(strstr(job.log, complaint) != NULL, "%s: %s", name, job.log);
    check(now() - start < 4, "%s took %f s", name, now() - start);
    nothing_is_left(name);
    fake_free(&job);
    write_file("script", "", 0);
}

static const char ENTRY[] = "C FNAME:/@hpc/d/f\nC STAT:F 70000 0 0 100644 1\nC TSTAMP:1 2 3\n"
        "C XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -\nF\nC DATA\n";

static void backends_that_fail(void) {
    char script[8192];
    fails_with("exit", "at stream\nerror what happened\nexit 3\n",
            "the backend ended with exit code 3 before its work was done; its last words: what happened");
    fails_with("killed", "at stream\ndie 9\n", "the backend ended by signal 9 before its work was done");
    fails_with("script", "at hello\nexit 1\n", "with exit code 1");
    fails_with("script", "at hello\nC Hello World\n", "where 'Hello Bacula' is due");
    fails_with("parameters", "at params\nA the line has no path\n", "sluice: the line has no path");
    fails_with("closed", "at stream\nclose\nsilence\n", "the backend ended only the use of its pipes");
    fails_with("ending", "at stream\nF\nat end\nexit 5\n", "with exit code 5");
    snprintf(script, sizeof script, "at stream\n%srandom 1000 1\ndie 15\n", ENTRY);
    fails_with("data", script, "by signal 15 before");
    snprintf(script, sizeof script, "at stream\n%srandom 1000 1\nraw D0699\nexit 0\n", ENTRY);
    fails_with("header", script, "ends within the frame");
    snprintf(script, sizeof script, "at stream\n%sraw D069000\\nabc\nexit 0\n", ENTRY);
    fails_with("payload", script, "ends within data");
    snprintf(script, sizeof script, "at stream\nchild %s/held\ndie 9\n", directory);
    fails_with("held", script, "by signal 9");
}

static void it_cannot_be_started(void) {
    char *backend = strdup(getenv("SLUICE_BACKEND"));
    setenv("SLUICE_BACKEND", "/nonexistent/sluice", 1);
    fails_with("missing", "", "cannot start /nonexistent/sluice: No such file or directory; SLUICE_BACKEND");
    setenv("SLUICE_BACKEND", backend, 1);
    free(backend);
}

/* The core would pass over a plugin that has no room for a job, and the job would end well. */
static void a_job_without_room_fails(void) {
    write_file("script", "", 0);
    const char *line = playing("roomless", "at stream\nF\n");
    struct rlimit before;
    getrlimit(RLIMIT_NOFILE, &before);
    struct rlimit none = {.rlim_cur = 3, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    struct fake_job job = {.id = next_id++};
    fake_backup(&job, line);
    struct stored entry = {.name = (char *) "/a", .command = (char *) "sluice:1;", .type = ENTRY_FILE};
    struct fake_job stored = {.entries = &entry, .entry_count = 1};
    struct fake_job restored = {.id = next_id++};
    fake_restore(&restored, &stored, "/w");
    setrlimit(RLIMIT_NOFILE, &before);
    static const char WHY[] = "4 sluice: cannot prepare for a backend: Too many open files\n";
    check(job.fatal == 1 && strcmp(job.log, WHY) == 0, "%s", job.log);
    check(restored.fatal == 1 && strcmp(restored.log, WHY) == 0, "%s", restored.log);
    struct fake_job forgotten = {.id = next_id++};
    check(fake_refused_without_memory(&forgotten) && forgotten.fatal == 2, "%s", forgotten.log);
    nothing_is_left("roomless");
}

static void silence_ends(void) {
    setenv("SLUICE_FD_IDLE_SECONDS", "1", 1);
    fails_with("silence", "at stream\nI here\nsilence\n", "the backend has been silent for 1 s");
    fails_with("script", "at hello\nsilence\n", "the backend has been silent for 1 s");
    unsetenv("SLUICE_FD_IDLE_SECONDS");
}

static void exit_code_at_the_end_is_an_error(void) {
    struct fake_job job = {.id = next_id++};
    fake_backup(&job, playing("late", "at stream\nF\nat end\nF\nexit 3\n"));
    check(job.fatal == 0 && job.errors == 1, "%s", job.log);
    check(strstr(job.log, "the backend ended with exit code 3 when its work was done") != NULL, "%s", job.log);
    nothing_is_left("late");
}

static void lines_of_errors_are_counted(void) {
    struct fake_job job = {.id = next_id++};
    fake_backup(&job, playing("lines", "at stream\nerror ERROR one\nerror sluice: two\nerrors 250\nF\n"));
    check(job.fatal == 0 && job.errors == 0 && job.warnings == 2 && job.lines == 101, "%s", job.log);
    check(strstr(job.log, "152 more lines of the backend's standard error are not shown") != NULL, "%s", job.log);
    nothing_is_left("lines");
}

/* --- cancel ------------------------------------------------------------------------------------ */

static sem_t ready;

static void tell_ready(struct fake_job *job, const char *line) {
    (void) job;
    if (strstr(line, "ready") != NULL) {
        sem_post(&ready);
    }
}

struct run {
    struct fake_job job;
    const char *line;
};

static void *back_up(void *of) {
    struct run *run = of;
    fake_backup(&run->job, run->line);
    return NULL;
}

static void canceled(const char *name, const char *script, double from, double to) {
    struct run run = {.job = {.id = next_id++, .on_line = tell_ready}, .line = playing(name, script)};
    pthread_t thread;
    pthread_create(&thread, NULL, back_up, &run);
    sem_wait(&ready);
    double start = now();
    fake_cancel(&run.job);
    pthread_join(thread, NULL);
    double took = now() - start;
    check(took >= from && took < to, "%s took %f s", name, took);
    check(run.job.fatal == 0 && run.job.errors == 0, "%s: %s", name, run.job.log);
    nothing_is_left(name);
    fake_free(&run.job);
}

static int is_alive(const char *file) {
    char path[4096];
    int number = 0;
    snprintf(path, sizeof path, "%s/%s", directory, file);
    FILE *list = fopen(path, "r");
    check(list != NULL && fscanf(list, "%d", &number) == 1, "%s", path);
    fclose(list);
    /* Whoever adopts it may not bury it: a zombie is dead. */
    snprintf(path, sizeof path, "/proc/%d/stat", number);
    list = fopen(path, "r");
    char state = 'X';
    if (list != NULL) {
        check(fscanf(list, "%*d %*s %c", &state) == 1, "%s", path);
        fclose(list);
    }
    return state != 'Z' && state != 'X';
}

static void cancels(void) {
    char script[8192];
    sem_init(&ready, 0, 0);
    canceled("blocked", "at stream\nI ready\nsilence\n", 0, 1);
    canceled("blocked-start", "at params\nI ready\nsilence\n", 0, 1);
    snprintf(script, sizeof script, "at stream\nI ready\n%srandom 100 1\nsilence\n", ENTRY);
    canceled("blocked-data", script, 0, 1);
    snprintf(script, sizeof script, "at stream\ndeaf\nchild %s/child\nI ready\nsilence\n", directory);
    canceled("deaf", script, 4.9, 8);
    check(!is_alive("child"), "the child of the backend lives");
}

/* The core has lost its storage daemon, say: no cancel comes. */
static void given_up(const char *name, const char *script) {
    struct run run = {.job = {.id = next_id++, .on_line = tell_ready}, .line = playing(name, script)};
    pthread_t thread;
    pthread_create(&thread, NULL, back_up, &run);
    sem_wait(&ready);
    double start = now();
    atomic_store(&run.job.given_up, true);
    pthread_join(thread, NULL);
    check(now() - start < 3, "%s took %f s", name, now() - start);
    check(run.job.fatal == 0 && run.job.errors == 0, "%s: %s", name, run.job.log);
    nothing_is_left(name);
    fake_free(&run.job);
}

/* Reads one block of its file and ends that, as the core does without a storage daemon. */
static void jobs_that_the_core_gives_up(void) {
    char script[8192];
    given_up("given-up", "at stream\nI ready\nsilence\n");
    given_up("given-up-start", "at params\nI ready\nsilence\n");
    snprintf(script, sizeof script, "at stream\nC FNAME:/@hpc/d/f\nC STAT:F 10000000000000 0 0 100644 1\n"
            "C TSTAMP:1 2 3\nC XSTAT:f 1 8:1 0:0 1.0 2.0 3.0 -\nF\nC DATA\nI ready\nrandom 10000000000000 1\n");
    struct run run = {.job = {.id = next_id++, .on_line = tell_ready, .reads = 1}, .line = playing("dropped", script)};
    double start = now();
    atomic_store(&run.job.given_up, true);
    back_up(&run);
    check(now() - start < 3, "%f s to drop", now() - start);
    check(run.job.fatal == 0 && run.job.entry_count == 1, "%s", run.job.log);
    sem_wait(&ready);
    nothing_is_left("dropped");
    fake_free(&run.job);
}

/* One that no signal ends: the job ends without it, and it is buried when it has ended. */
static void a_backend_that_hangs_in_the_kernel(void) {
    struct run run = {.job = {.id = next_id++, .on_line = tell_ready},
        .line = playing("hanging", "at stream\nheld 13\nI ready\nsilence\n")};
    pthread_t thread;
    pthread_create(&thread, NULL, back_up, &run);
    sem_wait(&ready);
    double start = now();
    fake_cancel(&run.job);
    check(now() - start < 1, "a cancel waits for the backend");
    sleep(7);
    start = now();
    fake_cancel(&run.job);
    check(now() - start < 1, "a cancel waits for one who buries");
    pthread_join(thread, NULL);
    check(now() - start < 5, "%f s", now() - start);
    check(run.job.fatal == 0 && strstr(run.job.log, "does not end although it was killed") != NULL, "%s",
            run.job.log);
    check(waitpid(-1, NULL, WNOHANG) == 0, "it does not hang");
    for (int i = 0; i < 100 && waitpid(-1, NULL, WNOHANG) == 0; i++) {
        usleep(100000);
    }
    nothing_is_left("hanging");
    fake_free(&run.job);
}

struct storm {
    struct fake_job *job;
    atomic_bool over;
};

static void *cancel_again_and_again(void *of) {
    struct storm *storm = of;
    while (!atomic_load(&storm->over)) {
        fake_cancel(storm->job);
    }
    return NULL;
}

/* A cancel may come before a job's begin, within its end, and behind it. */
static void cancels_that_come_at_any_time(void) {
    struct fake_job job = {.id = next_id++};
    job.context.core = &job;
    struct storm storm = {.job = &job};
    const char *line = playing("stormy", "at stream\nF\n");
    pthread_t thread;
    pthread_create(&thread, NULL, cancel_again_and_again, &storm);
    for (int i = 0; i < 200; i++) {
        fake_backup(&job, line);
        check(job.fatal == 0, "%s", job.log);
    }
    atomic_store(&storm.over, true);
    pthread_join(thread, NULL);
    nothing_is_left("stormy");
    fake_free(&job);
}

/* --- restores ---------------------------------------------------------------------------------- */

static void restored(
        const char *script, const struct fake_job *stored, struct fake_job *job, const char *where) {
    write_file("script", script, strlen(script));
    job->id = next_id++;
    fake_restore(job, stored, where);
    nothing_is_left(script);
}

/* What a backend was told; its NULs are blanks. */
static char *received_by(int id) {
    char path[4096];
    snprintf(path, sizeof path, "%s/received-%d", directory, id);
    FILE *file = fopen(path, "r");
    check(file != NULL, "%s", path);
    fseek(file, 0, SEEK_END);
    size_t length = (size_t) ftell(file);
    rewind(file);
    char *bytes = malloc(length + 1);
    check(fread(bytes, 1, length, file) == length, "%s", path);
    fclose(file);
    for (size_t i = 0; i < length; i++) {
        bytes[i] = bytes[i] == '\0' ? ' ' : bytes[i];
    }
    bytes[length] = '\0';
    return bytes;
}

static void restores(void) {
    uint64_t state = 7;
    struct text entries = {0};
    stream_random(&entries, &state, 300, 1);
    text_frame(&entries, 'F', NULL, 0);
    write_file("entries", entries.bytes, entries.count);
    char script[8192];
    snprintf(script, sizeof script, "at stream\nfile %s/entries\n", directory);
    struct fake_job stored = {.id = next_id++};
    fake_backup(&stored, playing("stored", script));
    check(stored.fatal == 0 && stored.entry_count > 200, "%s", stored.log);

    /* Both sides write at once: more than the pipes hold. */
    struct fake_job flooded = {0};
    restored("at entry 2\nmessages 4000\nat entry 100\nmessages 4000\n", &stored, &flooded, "/w");
    check(flooded.fatal == 0 && flooded.lines == 8000, "%d lines", flooded.lines);

    struct fake_job abort_job = {0};
    restored("at entry 20\nQ one error\nA no room\nsilence\n", &stored, &abort_job, "/w");
    check(abort_job.fatal == 1 && strstr(abort_job.log, "5 one error\n4 sluice: no room") != NULL, "%s",
            abort_job.log);

    struct fake_job dead = {0};
    restored("at entry 20\nA my reason\nexit 4\n", &stored, &dead, "/w");
    check(dead.fatal == 1 && strstr(dead.log, "sluice: my reason") != NULL, "%s", dead.log);

    struct fake_job killed = {0};
    restored("at entry 20\ndie 9\n", &stored, &killed, "/w");
    check(killed.fatal == 1 && strstr(killed.log, "by signal 9") != NULL, "%s", killed.log);

    struct fake_job last = {0};
    restored("at finish\nQ a directory\nW two\nF\n", &stored, &last, "/w");
    check(last.fatal == 0 && last.errors == 1 && last.warnings == 1, "%s", last.log);

    /* What the backend was told ends without a FINISH. */
    for (int up = 0; up < 2; up++) {
        struct fake_job lost = {.given_up_after_restore = up != 0};
        restored("at finish\nF\n", &stored, &lost, "/w");
        check(lost.fatal == 0 && lost.errors == 0 && lost.warnings == 0, "%s", lost.log);
        char *told = received_by(lost.id);
        size_t length = strlen(told);
        const char *end = up != 0 ? "T000000\n" : "C000007\nFINISH\nC000004\nEND\nT000000\n";
        check(length > 100 && strcmp(told + length - strlen(end), end) == 0, "%s", told + length - 40);
        check((strstr(told, "FINISH\n") == NULL) == (up != 0), "FINISH");
        free(told);
    }

    struct fake_job blocked = {0};
    setenv("SLUICE_FD_IDLE_SECONDS", "1", 1);
    restored("at entry 2\nsilence\n", &stored, &blocked, "/w");
    unsetenv("SLUICE_FD_IDLE_SECONDS");
    check(blocked.fatal == 1 && strstr(blocked.log, "silent for 1 s") != NULL, "%s", blocked.log);
    fake_free(&stored);
    text_free(&entries);
}

static void many_jobs_at_once(void) {
    enum { JOBS = 24 };
    static struct run runs[JOBS];
    pthread_t threads[JOBS];
    char script[8192];
    snprintf(script, sizeof script, "at stream\nfile %s/entries\n", directory);
    const char *line = playing("many", script);
    for (int i = 0; i < JOBS; i++) {
        runs[i] = (struct run){.job = {.id = next_id++}, .line = line};
        pthread_create(&threads[i], NULL, back_up, &runs[i]);
    }
    for (int i = 0; i < JOBS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < JOBS; i++) {
        check(runs[i].job.fatal == 0 && runs[i].job.entry_count > 200
                        && runs[i].job.entry_count == runs[JOBS - 1].job.entry_count,
                "%s", runs[i].job.log);
        fake_free(&runs[i].job);
    }
    nothing_is_left("many");
}

int main(int count, char **words) {
    check(count == 3, "process-test DIRECTORY SCRIPTED-BACKEND");
    directory = words[1];
    setenv("SLUICE_BACKEND", words[2], 1);
    setenv("SCRIPTED_DIRECTORY", directory, 1);
    descriptors_before = open_descriptors();
    fake_load();
    backends_that_fail();
    it_cannot_be_started();
    a_job_without_room_fails();
    silence_ends();
    exit_code_at_the_end_is_an_error();
    lines_of_errors_are_counted();
    cancels();
    jobs_that_the_core_gives_up();
    a_backend_that_hangs_in_the_kernel();
    cancels_that_come_at_any_time();
    restores();
    many_jobs_at_once();
    return 0;
}
