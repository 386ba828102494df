/* SPDX-License-Identifier: AGPL-3.0-only */

/* What both sides say to each other before the entries and behind them, and the way of single frames. */

#include "job.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define END_MS 60000
#define SHOWN_BYTES 200

/* --- frames that come -------------------------------------------------------------------------- */

static bool raw_frame(struct job *job, struct frame *frame) {
    if (job->failed) {
        return false;
    }
    switch (frames_next(&job->frames, frame)) {
        case FRAMES_OK:
            return true;
        case FRAMES_END:
            return backend_ended(job, "before its work was done");
        case FRAMES_BROKEN:
            return fail(job, "the backend's stream is broken: %s", job->frames.reason);
        default:
            return false;
    }
}

/* Whether it was a message, which has been passed on. After 'A' the job has failed. */
static bool took_message(struct job *job, const struct frame *frame) {
    if (frame->letter == 'A') {
        fail(job, "%.*s", (int) (frame->length < 1700 ? frame->length : 1700), frame->payload);
        return true;
    }
    if (memchr("INWQSRPE", frame->letter, 8) == NULL) {
        return false;
    }
    relay(job, frame->letter, frame->payload, frame->length);
    return true;
}

bool next_frame(struct job *job, struct frame *frame) {
    if (job->has_held) {
        job->has_held = false;
        *frame = job->held;
        return !job->failed;
    }
    do {
        if (!raw_frame(job, frame)) {
            return false;
        }
    } while (took_message(job, frame));
    return !job->failed;
}

void hold_frame(struct job *job, const struct frame *frame) {
    job->held = *frame;
    job->has_held = true;
}

static bool taken(struct job *job, enum frames_result result) {
    if (result == FRAMES_BROKEN) {
        return fail(job, "the backend's stream is broken: %s", job->frames.reason);
    }
    return result == FRAMES_OK;
}

bool skip_data(struct job *job) {
    return !job->failed && taken(job, frames_skip(&job->frames));
}

bool take_data(struct job *job, void *into, size_t room, size_t *count) {
    return !job->failed && taken(job, frames_take(&job->frames, into, room, count));
}

bool misplaced(struct job *job, const struct frame *frame, const char *expected) {
    int shown = (int) (frame->length < SHOWN_BYTES ? frame->length : SHOWN_BYTES);
    return fail(job, "the backend's stream is broken: '%c %.*s' at byte %" PRIu64 " where %s is due",
            frame->letter, frame->letter == 'C' ? shown : 0, frame->payload, frame->offset, expected);
}

bool copy_text(struct job *job, char **into, const char *text, size_t length) {
    if (length == 0 || memchr(text, '\0', length) != NULL) {
        return fail(job, "the backend's stream is broken: a name that is empty or has a NUL");
    }
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        return fail(job, "no memory for a name of %zu bytes", length);
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    free(*into);
    *into = copy;
    return true;
}

bool hear_messages(struct job *job) {
    while (!job->failed && (frames_buffered(&job->frames) || backend_has_bytes(job))) {
        struct frame frame;
        if (!raw_frame(job, &frame)) {
            return false;
        }
        if (!took_message(job, &frame)) {
            return misplaced(job, &frame, "a message");
        }
    }
    return !job->failed;
}

bool is_command(const struct frame *frame, const char *head) {
    size_t length = strlen(head);
    return frame->letter == 'C' && frame->length >= length
            && memcmp(frame->payload, head, length) == 0
            && (head[length - 1] == ':' || frame->length == length);
}

/* --- frames that go ---------------------------------------------------------------------------- */

bool send_frame(struct job *job, char letter, const void *payload, size_t length) {
    const char *bytes = payload;
    do {
        size_t part = length < FRAME_PAYLOAD_MAX ? length : FRAME_PAYLOAD_MAX;
        char header[16];
        snprintf(header, sizeof header, "%c%06zu\n", letter, part);
        if (job->failed || !backend_write(job, header, FRAME_HEADER)
                || (part > 0 && !backend_write(job, bytes, part))) {
            return false;
        }
        bytes += part;
        length -= part;
    } while (length > 0);
    return true;
}

bool send_command(struct job *job, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < (int) sizeof text) {
        return send_frame(job, 'C', text, (size_t) length);
    }
    if (length > FRAME_PAYLOAD_MAX) {
        return fail(job, "a text of %d bytes for the backend: more than a frame holds", length);
    }
    char *longer = malloc((size_t) length + 1);
    if (longer == NULL) {
        return fail(job, "no memory for a text of %d bytes", length);
    }
    va_start(arguments, format);
    vsnprintf(longer, (size_t) length + 1, format, arguments);
    va_end(arguments);
    bool sent = send_frame(job, 'C', longer, (size_t) length);
    free(longer);
    return sent;
}

bool flush_frames(struct job *job) {
    return !job->failed && backend_flush(job);
}

/* --- the dialogue ------------------------------------------------------------------------------ */

static bool expect_end(struct job *job, const char *after) {
    struct frame frame;
    if (!flush_frames(job) || !next_frame(job, &frame)) {
        return false;
    }
    if (frame.letter == 'F') {
        return true;
    }
    char expected[64];
    snprintf(expected, sizeof expected, "the answer to %s", after);
    return misplaced(job, &frame, expected);
}

static int number_of(struct job *job, enum value value) {
    int number = 0;
    core->get_value(job->context, value, &number);
    return number;
}

/* Not by IsCanceled (27): an error message ends a restore's status at once, as E, and its other
   entries come all the same. */
bool given_up(struct job *job) {
    int status = number_of(job, VALUE_JOB_STATUS);
    return status == 'f' || status == 'A';
}

/* The answer to Params; of a backup the prefix of all its names may come before. */
static bool expect_parameters(struct job *job) {
    static const char HEAD[] = "PREFIX:";
    struct frame frame;
    if (!flush_frames(job) || !next_frame(job, &frame)) {
        return false;
    }
    if (frame.letter == 'C' && frame.length >= sizeof HEAD - 1
            && memcmp(frame.payload, HEAD, sizeof HEAD - 1) == 0) {
        size_t length = frame.length - (sizeof HEAD - 1);
        free(job->prefix);
        job->prefix = malloc(length + 1);
        if (job->prefix == NULL) {
            return fail(job, "no memory for a prefix of %zu bytes", length);
        }
        memcpy(job->prefix, frame.payload + sizeof HEAD - 1, length);
        job->prefix[length] = '\0';
        if (length == 0 && job->purpose == PURPOSE_BACKUP && number_of(job, VALUE_ACCURATE) != 0) {
            return fail(job, "every name begins with this line's (path=/ with namespace=none), so that an "
                    "accurate job would keep deleted names of all its lines for ever; leave out "
                    "namespace=none, or Accurate");
        }
    } else {
        hold_frame(job, &frame);
        if (frame.letter == 'F' && job->purpose == PURPOSE_BACKUP && number_of(job, VALUE_ACCURATE) != 0) {
            return fail(job, "the backend does not say which names are its own, which an accurate "
                    "job must know; install plugin and sluice of one release");
        }
    }
    return expect_end(job, "Params");
}

static bool hello(struct job *job) {
    static const char WANTED[] = "Hello Bacula";
    struct frame frame;
    if (!send_command(job, "Hello sluice 1\n") || !flush_frames(job) || !next_frame(job, &frame)) {
        return false;
    }
    size_t length = frame.length;
    length -= length > 0 && frame.payload[length - 1] == '\n' ? 1 : 0;
    return (frame.letter == 'C' && length == sizeof WANTED - 1
                   && memcmp(frame.payload, WANTED, length) == 0)
            || misplaced(job, &frame, "'Hello Bacula'");
}

static bool send_text(struct job *job, const char *key, enum value value, bool always) {
    char *text = NULL;
    core->get_value(job->context, value, &text);
    if (text == NULL || *text == '\0') {
        return !always || send_command(job, "%s=\n", key);
    }
    return send_command(job, "%s=%s\n", key, text);
}

static bool job_information(struct job *job) {
    bool restores = job->purpose == PURPOSE_RESTORE;
    bool sent = send_command(job, "Job\n") && send_text(job, "Name", VALUE_JOB_NAME, true)
            && send_command(job, "JobID=%d\n", number_of(job, VALUE_JOB_ID))
            && send_command(job, "Type=%c\n",
                    restores                                   ? 'R'
                            : job->purpose == PURPOSE_ESTIMATE ? 'E'
                                                               : 'B');
    if (restores) {
        int replace = number_of(job, VALUE_REPLACE);
        sent = sent && send_text(job, "Where", VALUE_WHERE, false)
                && send_text(job, "RegexWhere", VALUE_REGEX_WHERE, false)
                && send_command(job, "Replace=%c\n", replace > ' ' && replace < 127 ? replace : 'a');
    } else {
        int level = number_of(job, VALUE_LEVEL);
        sent = sent && send_command(job, "Level=%c\n", level > ' ' && level < 127 ? level : 'F')
                && (job->since == 0 || send_command(job, "Since=%" PRId64 "\n", job->since))
                && send_text(job, "PrevJobName", VALUE_PREVIOUS_JOB_NAME, true)
                && send_command(job, "Accurate=%d\n", number_of(job, VALUE_ACCURATE) != 0);
    }
    return sent && send_text(job, "WorkingDir", VALUE_WORKING_DIR, false)
            && send_text(job, "SysconfigPath", VALUE_SYSCONFIG_PATH, false)
            && send_text(job, "ExePath", VALUE_EXE_PATH, false) && send_frame(job, 'F', NULL, 0)
            && expect_end(job, "Job");
}

static const char *start_of(enum purpose purpose) {
    switch (purpose) {
        case PURPOSE_RESTORE:
            return "RestoreStart";
        case PURPOSE_ESTIMATE:
            return "EstimateStart";
        default:
            return "BackupStart";
    }
}

bool dialogue_start(struct job *job, enum purpose purpose) {
    job->purpose = purpose;
    job->has_held = false;
    frames_close(&job->frames);
    if (job->failed) {
        return false;
    }
    if (!frames_open(&job->frames, backend_read, job)) {
        return fail(job, "no memory to read from a backend");
    }
    return backend_start(job) && hello(job) && job_information(job) && send_command(job, "Params\n")
            && send_command(job, "line=%s\n", job->line == NULL ? "" : job->line)
            && send_frame(job, 'F', NULL, 0) && expect_parameters(job)
            && send_command(job, "%s\n", start_of(purpose)) && expect_end(job, start_of(purpose));
}

bool dialogue_end(struct job *job) {
    if (!send_command(job, "END\n") || !expect_end(job, "END")) {
        return false;
    }
    backend_finish(job, END_MS);
    return true;
}
