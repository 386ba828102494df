/* SPDX-License-Identifier: AGPL-3.0-only */

#include "backend.h"

#include "job.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SLUICE_BACKEND
#define SLUICE_BACKEND "/opt/sluice/sluice"
#endif

#define PIPE_BYTES 1048576
#define IDLE_SECONDS 14400
#define TERM_MS 5000
#define KILL_MS 5000
#define EXIT_MS 1000 /* from the end of its output to its own */
#define ASK_MS 1000 /* between two questions whether the core has given the job up */
#define LOOK_MS 10 /* between two looks whether it has ended, when it is to */
#define ALIVE_MS 1000 /* between two looks whether it is alive: a child of it may hold its pipes open */

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int backend_prepare(struct backend *backend) {
    backend->input = backend->output = backend->errors = -1;
    atomic_init(&backend->canceled, false);
    pthread_mutex_init(&backend->lock, NULL);
    backend->cancel_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return backend->cancel_event >= 0 ? 0 : errno;
}

static void close_end(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}

void backend_dispose(struct job *job) {
    struct backend *backend = &job->backend;
    backend_stop(job);
    close_end(&backend->cancel_event);
    pthread_mutex_destroy(&backend->lock);
    free(backend->unsent);
    backend->unsent = NULL;
}

/* --- its start --------------------------------------------------------------------------------- */

static int64_t idle_limit_ms(void) {
    const char *set = getenv("SLUICE_FD_IDLE_SECONDS");
    long seconds = set == NULL ? 0 : strtol(set, NULL, 10);
    return (seconds > 0 ? (int64_t) seconds : IDLE_SECONDS) * 1000;
}

static bool set_up(struct backend *backend, const struct spawned *spawned) {
    backend->input = spawned->input;
    backend->output = spawned->output;
    backend->errors = spawned->errors;
    backend->heard_ms = backend->asked_ms = now_ms();
    backend->idle_ms = idle_limit_ms();
    backend->error_bytes = 0;
    backend->error_lines = 0;
    backend->last_words[0] = '\0';
    backend->unsent_bytes = 0;
    backend->dead = false;
    if (backend->unsent == NULL) {
        backend->unsent = malloc(OUTPUT_BYTES);
    }
    const int ends[3] = {spawned->input, spawned->output, spawned->errors};
    for (int i = 0; i < 3; i++) {
        if (fcntl(ends[i], F_SETFL, O_NONBLOCK) != 0) {
            return false;
        }
    }
    /* More than an ordinary user may have is refused, and not needed. */
    fcntl(spawned->input, F_SETPIPE_SZ, PIPE_BYTES);
    fcntl(spawned->output, F_SETPIPE_SZ, PIPE_BYTES);
    return backend->unsent != NULL;
}

bool backend_start(struct job *job) {
    struct backend *backend = &job->backend;
    const char *path = getenv("SLUICE_BACKEND");
    if (path == NULL || *path == '\0') {
        path = SLUICE_BACKEND;
    }
    int number = 0;
    core->get_value(job->context, VALUE_JOB_ID, &number);
    struct spawned spawned;
    /* Without the lock: an exec from a filesystem that hangs must not hold up who cancels. */
    int reason = spawn(path, number, &spawned);
    pthread_mutex_lock(&backend->lock);
    backend->process = reason == 0 ? spawned.process : 0;
    pthread_mutex_unlock(&backend->lock);
    if (reason == 0 && set_up(backend, &spawned)) {
        return true;
    }
    char text[128];
    return fail(job, "cannot start %s: %s; SLUICE_BACKEND in bacula-fd's environment names it", path,
            strerror_r(reason == 0 ? ENOMEM : reason, text, sizeof text));
}

/* --- its standard error ------------------------------------------------------------------------ */

static void error_line(struct job *job) {
    struct backend *backend = &job->backend;
    backend->error_line[backend->error_bytes] = '\0';
    if (backend->error_bytes > 0) {
        memcpy(backend->last_words, backend->error_line, backend->error_bytes + 1);
        if (backend->error_lines++ < ERROR_LINES_MAX && !atomic_load(&backend->canceled)) {
            bool warns = strncmp(backend->error_line, "ERROR", 5) == 0
                    || strncmp(backend->error_line, "sluice:", 7) == 0;
            relay(job, warns ? 'W' : 'I', backend->error_line, backend->error_bytes);
        }
    }
    backend->error_bytes = 0;
}

/* Takes what has come, and gives it line by line to the job's log. */
static void read_errors(struct job *job) {
    struct backend *backend = &job->backend;
    char bytes[4096];
    while (backend->errors >= 0) {
        ssize_t got = read(backend->errors, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && errno == EAGAIN) {
            return;
        }
        if (got <= 0) {
            /* Not polled again: an end is always ready. */
            error_line(job);
            close_end(&backend->errors);
            return;
        }
        for (ssize_t i = 0; i < got; i++) {
            if (bytes[i] == '\n') {
                error_line(job);
            } else if (backend->error_bytes < sizeof backend->error_line - 1) {
                backend->error_line[backend->error_bytes++] = bytes[i];
            }
        }
    }
}

/* --- to wait for it ---------------------------------------------------------------------------- */

/* False when the job has been canceled, or given up by the core: then that has said why, and what is left
   of a file of terabytes is not read. */
static bool is_wanted(struct job *job) {
    struct backend *backend = &job->backend;
    int64_t now = now_ms();
    if (!job->failed && now - backend->asked_ms >= ASK_MS) {
        backend->asked_ms = now;
        if (given_up(job)) {
            atomic_store(&backend->canceled, true);
        }
    }
    return (!job->failed && !atomic_load(&backend->canceled)) || fail(job, "canceled");
}

/* Until its output has bytes, or its input has room if that is wanted. */
static bool wait_for_it(struct job *job, bool for_room) {
    struct backend *backend = &job->backend;
    for (;;) {
        if (!is_wanted(job)) {
            return false;
        }
        int64_t left = backend->heard_ms + backend->idle_ms - now_ms();
        if (left <= 0) {
            return fail(job, "the backend has been silent for %lld s; SLUICE_FD_IDLE_SECONDS in "
                    "bacula-fd's environment sets how long it may be",
                    (long long) (backend->idle_ms / 1000));
        }
        struct pollfd watched[4] = {
            {.fd = backend->output, .events = POLLIN},
            {.fd = backend->cancel_event, .events = POLLIN},
            {.fd = backend->errors, .events = POLLIN},
            {.fd = for_room ? backend->input : -1, .events = POLLOUT},
        };
        int ready = poll(watched, 4, left > ALIVE_MS ? ALIVE_MS : (int) left);
        if (ready < 0 && errno != EINTR) {
            return fail(job, "cannot wait for the backend: poll fails with %d", errno);
        }
        if (ready <= 0) {
            siginfo_t how = {0};
            backend->dead = waitid(P_PID, (id_t) backend->process, &how, WEXITED | WNOHANG | WNOWAIT) != 0
                    || how.si_pid != 0;
            if (backend->dead) {
                return true;
            }
            continue;
        }
        if (watched[2].revents != 0) {
            read_errors(job);
        }
        if (watched[0].revents != 0 || watched[3].revents != 0) {
            return true;
        }
    }
}

ssize_t backend_read(void *of, void *into, size_t room) {
    struct job *job = of;
    struct backend *backend = &job->backend;
    for (;;) {
        if (!is_wanted(job)) {
            return -1;
        }
        ssize_t got = read(backend->output, into, room);
        if (got >= 0) {
            backend->heard_ms = now_ms();
            return got;
        }
        if (errno == EAGAIN && backend->dead) {
            return 0;
        }
        if (errno == EAGAIN) {
            if (!wait_for_it(job, false)) {
                return -1;
            }
        } else if (errno != EINTR) {
            fail(job, "cannot read from the backend: read fails with %d", errno);
            return -1;
        }
    }
}

bool backend_has_bytes(struct job *job) {
    struct pollfd watched = {.fd = job->backend.output, .events = POLLIN};
    return job->backend.output >= 0 && poll(&watched, 1, 0) > 0;
}

static bool write_all(struct job *job, const char *bytes, size_t count) {
    struct backend *backend = &job->backend;
    while (count > 0) {
        if (!is_wanted(job)) {
            return false;
        }
        ssize_t put = write(backend->input, bytes, count);
        if (put > 0) {
            bytes += put;
            count -= (size_t) put;
            backend->heard_ms = now_ms();
        } else if (put < 0 && errno == EAGAIN) {
            /* Who speaks while we wait for room must be heard, or both wait for ever. */
            if (!wait_for_it(job, true) || !hear_messages(job)) {
                return false;
            }
            if (backend->dead) {
                return backend_ended(job, "before its work was done");
            }
        } else if (put < 0 && errno == EPIPE) {
            /* Its last frames say more than its end does. */
            while (!job->failed && hear_messages(job)) {
            }
            return backend_ended(job, "before its work was done");
        } else if (put < 0 && errno != EINTR) {
            return fail(job, "cannot write to the backend: write fails with %d", errno);
        }
    }
    return true;
}

bool backend_flush(struct job *job) {
    struct backend *backend = &job->backend;
    size_t count = backend->unsent_bytes;
    backend->unsent_bytes = 0;
    return write_all(job, backend->unsent, count);
}

bool backend_write(struct job *job, const void *bytes, size_t count) {
    struct backend *backend = &job->backend;
    if (backend->unsent_bytes + count > OUTPUT_BYTES && !backend_flush(job)) {
        return false;
    }
    if (count > OUTPUT_BYTES) {
        return write_all(job, bytes, count);
    }
    memcpy(backend->unsent + backend->unsent_bytes, bytes, count);
    backend->unsent_bytes += count;
    return true;
}

/* --- its end ----------------------------------------------------------------------------------- */

static bool wait_for_end(struct job *job, int64_t limit_ms, siginfo_t *how) {
    struct backend *backend = &job->backend;
    int64_t until = now_ms() + limit_ms;
    for (;;) {
        read_errors(job);
        *how = (siginfo_t){0};
        /* It stays, so that its number and its group's cannot be another's yet. */
        if (waitid(P_PID, (id_t) backend->process, how, WEXITED | WNOHANG | WNOWAIT) != 0) {
            return true;
        }
        if (how->si_pid != 0) {
            read_errors(job);
            return true;
        }
        if (now_ms() >= until) {
            return false;
        }
        struct pollfd watched = {.fd = backend->errors, .events = POLLIN};
        poll(&watched, 1, LOOK_MS);
    }
}

static void signal_it(struct backend *backend, int number) {
    pthread_mutex_lock(&backend->lock);
    if (backend->process > 0) {
        kill(backend->process, number);
    }
    pthread_mutex_unlock(&backend->lock);
}

static void *reap(void *process) {
    while (waitpid((pid_t) (intptr_t) process, NULL, 0) < 0 && errno == EINTR) {
    }
    return NULL;
}

/* Of one that hangs in the kernel, SIGKILL or not: the job does not wait for the filesystem's return. */
static void reap_later(struct job *job, pid_t process) {
    pthread_t thread;
    pthread_attr_t detached;
    say(job, MESSAGE_WARNING, "the backend, process %d, does not end although it was killed %d s ago: it "
            "hangs in the kernel, for want of an answer of its filesystem, say; the job goes on without it",
            (int) process, KILL_MS / 1000);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &detached, reap, (void *) (intptr_t) process) != 0) {
        say(job, MESSAGE_WARNING, "there is no thread to wait for it; it stays as a zombie until bacula-fd ends");
    }
    pthread_attr_destroy(&detached);
}

/* Ends what is left of its group, and forgets it. */
static void bury(struct job *job) {
    struct backend *backend = &job->backend;
    pid_t process = backend->process;
    kill(-process, SIGKILL);
    kill(process, SIGKILL);
    /* Before its number may become another's. */
    pthread_mutex_lock(&backend->lock);
    backend->process = 0;
    pthread_mutex_unlock(&backend->lock);
    int64_t until = now_ms() + KILL_MS;
    pid_t reaped;
    while ((reaped = waitpid(process, NULL, WNOHANG)) == 0 && now_ms() < until) {
        poll(NULL, 0, LOOK_MS);
    }
    if (reaped == 0) {
        reap_later(job, process);
    }
    read_errors(job);
    close_end(&backend->errors);
    close_end(&backend->output);
    close_end(&backend->input);
    if (backend->error_lines > ERROR_LINES_MAX) {
        say(job, MESSAGE_INFO, "%u more lines of the backend's standard error are not shown",
                backend->error_lines - ERROR_LINES_MAX);
        backend->error_lines = 0;
    }
}

static void describe(const siginfo_t *how, char *into, size_t room) {
    if (how->si_pid == 0) {
        snprintf(into, room, "in an unknown way");
    } else if (how->si_code == CLD_EXITED) {
        snprintf(into, room, "with exit code %d", how->si_status);
    } else {
        snprintf(into, room, "by signal %d", how->si_status);
    }
}

void backend_finish(struct job *job, int64_t limit_ms) {
    struct backend *backend = &job->backend;
    if (backend->process == 0) {
        return;
    }
    static const char FAREWELL[] = "T000000\n";
    (void) !write(backend->input, FAREWELL, sizeof FAREWELL - 1);
    close_end(&backend->input);
    siginfo_t how;
    bool ended = wait_for_end(job, limit_ms, &how);
    bool canceled = atomic_load(&backend->canceled);
    if (!ended && !canceled) {
        say(job, MESSAGE_WARNING, "the backend has not ended %lld s after its work was done; it is killed",
                (long long) (limit_ms / 1000));
    }
    if (!ended) {
        backend_stop(job);
        return;
    }
    char text[64];
    describe(&how, text, sizeof text);
    if (!canceled && how.si_pid != 0 && (how.si_code != CLD_EXITED || how.si_status != 0)) {
        say(job, MESSAGE_ERROR, "the backend ended %s when its work was done", text);
    }
    bury(job);
}

void backend_stop(struct job *job) {
    struct backend *backend = &job->backend;
    if (backend->process == 0) {
        return;
    }
    close_end(&backend->input);
    close_end(&backend->output);
    siginfo_t how;
    if (!wait_for_end(job, 0, &how)) {
        signal_it(backend, SIGTERM);
        wait_for_end(job, TERM_MS, &how);
    }
    bury(job);
}

void backend_cancel(struct backend *backend) {
    atomic_store(&backend->canceled, true);
    uint64_t one = 1;
    (void) !write(backend->cancel_event, &one, sizeof one);
    signal_it(backend, SIGTERM);
}

bool backend_ended(struct job *job, const char *when) {
    struct backend *backend = &job->backend;
    if (job->failed || backend->process == 0) {
        return fail(job, "the backend ended %s", when);
    }
    siginfo_t how;
    char text[64] = "";
    if (wait_for_end(job, EXIT_MS, &how)) {
        describe(&how, text, sizeof text);
    } else {
        snprintf(text, sizeof text, "only the use of its pipes");
    }
    return fail(job, "the backend ended %s %s%s%s", text, when,
            backend->last_words[0] == '\0' ? "" : "; its last words: ", backend->last_words);
}
