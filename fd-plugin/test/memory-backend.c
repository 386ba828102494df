/* SPDX-License-Identifier: AGPL-3.0-only */

#include "memory-backend.h"

#include "../src/job.h"

#include <stdlib.h>
#include <string.h>

struct heard heard;

static const char *words;
static size_t words_left;
static size_t words_chunk;
static size_t words_gate;

void memory_says(const void *bytes, size_t count, size_t chunk, size_t gate) {
    words = bytes;
    words_left = count;
    words_chunk = chunk;
    words_gate = gate;
    heard.count = 0;
}

int backend_prepare(struct backend *backend) {
    backend->input = backend->output = backend->errors = -1;
    atomic_init(&backend->canceled, false);
    return 0;
}

void backend_dispose(struct job *job) {
    backend_stop(job);
}

bool backend_start(struct job *job) {
    job->backend.process = 1;
    return true;
}

ssize_t backend_read(void *job, void *into, size_t room) {
    (void) job;
    size_t part = words_left < room ? words_left : room;
    part = words_chunk > 0 && part > words_chunk ? words_chunk : part;
    part = words_gate > 0 && part > words_gate ? words_gate : part;
    words_gate -= words_gate > 0 ? part : 0;
    memcpy(into, words, part);
    words += part;
    words_left -= part;
    return (ssize_t) part;
}

/* Only what was said before any entry of a restore, not its end: nothing comes meanwhile. */
bool backend_has_bytes(struct job *job) {
    (void) job;
    return false;
}

bool backend_write(struct job *job, const void *bytes, size_t count) {
    (void) job;
    if (heard.count + count > heard.room) {
        heard.room = (heard.count + count) * 2;
        heard.bytes = realloc(heard.bytes, heard.room);
    }
    memcpy(heard.bytes + heard.count, bytes, count);
    heard.count += count;
    return true;
}

bool backend_flush(struct job *job) {
    (void) job;
    return true;
}

void backend_finish(struct job *job, int64_t limit_ms) {
    (void) limit_ms;
    backend_write(job, "T000000\n", 8);
    backend_stop(job);
}

void backend_stop(struct job *job) {
    job->backend.process = 0;
}

void backend_cancel(struct backend *backend) {
    atomic_store(&backend->canceled, true);
}

bool backend_ended(struct job *job, const char *when) {
    return fail(job, "the backend ended %s", when);
}
