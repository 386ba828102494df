/* SPDX-License-Identifier: AGPL-3.0-only */

/* The process that a job talks to: its start, its three pipes, its end. */
#ifndef SLUICE_BACKEND_H
#define SLUICE_BACKEND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OUTPUT_BYTES 262144
#define ERROR_LINE_BYTES 1024
#define ERROR_LINES_MAX 100

struct job;

struct backend {
    /* Shared with the thread that cancels; the lock guards the process's number. */
    pthread_mutex_t lock;
    pid_t process; /* 0: none */
    atomic_bool canceled;
    int cancel_event;

    int input;  /* ours: what it reads */
    int output; /* ours: what it writes */
    int errors; /* ours: its standard error, or -1 once that has ended */
    bool dead;  /* seen to be so; what it has said may still be there */
    int64_t heard_ms;
    int64_t asked_ms; /* when the core was last asked whether it has given the job up */
    int64_t idle_ms;

    char *unsent;
    size_t unsent_bytes;

    char error_line[ERROR_LINE_BYTES];
    size_t error_bytes;
    unsigned error_lines;
    char last_words[ERROR_LINE_BYTES];
};

/* Once a job; 0, or the errno of why there can be no backend. */
int backend_prepare(struct backend *backend);

/* After this nothing is left of it: neither process, unless that hangs in the kernel, nor descriptor. */
void backend_dispose(struct job *job);

bool backend_start(struct job *job);

/* For the frames: 0 at its end, below 0 when the job has failed. */
ssize_t backend_read(void *job, void *into, size_t room);

/* Whether a read would not wait. */
bool backend_has_bytes(struct job *job);

bool backend_write(struct job *job, const void *bytes, size_t count);
bool backend_flush(struct job *job);

/* Sends the frame 'T', which may come too late, and waits until it ends by itself, at most so long; what
   is left is killed. Says how it ended if that is not with 0. */
void backend_finish(struct job *job, int64_t limit_ms);

/* Ends it: SIGTERM, SIGKILL five seconds later. */
void backend_stop(struct job *job);

/* From any thread: wakes who waits for it, and ends it by SIGTERM. */
void backend_cancel(struct backend *backend);

/* Fails the job because the backend has ended; tells how, and its last words. */
bool backend_ended(struct job *job, const char *when);

#endif
