/* SPDX-License-Identifier: AGPL-3.0-only */

#include "job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bacula cuts at 2000, its own head included. */
#define TEXT_BYTES 1800

static void log_line(struct job *job, enum message_type type, const char *head, const char *text) {
    core->job_message(job->context, "sluice-fd", 0, type, 0, "%s%s\n", head, text);
}

void say(struct job *job, enum message_type type, const char *format, ...) {
    char text[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_line(job, type, "sluice: ", text);
}

bool fail(struct job *job, const char *format, ...) {
    if (!job->failed) {
        job->failed = true;
        if (!atomic_load(&job->backend.canceled)) {
            char text[TEXT_BYTES];
            va_list arguments;
            va_start(arguments, format);
            vsnprintf(text, sizeof text, format, arguments);
            va_end(arguments);
            log_line(job, MESSAGE_FATAL, "sluice: ", text);
        }
        backend_stop(job);
    }
    return false;
}

static int type_of(char letter) {
    switch (letter) {
        case 'Q':
        case 'E':
            return MESSAGE_ERROR;
        case 'W':
            return MESSAGE_WARNING;
        case 'N':
            return MESSAGE_NOT_SAVED;
        case 'S':
            return MESSAGE_SAVED;
        case 'P':
            return MESSAGE_SKIPPED;
        case 'R':
            return MESSAGE_RESTORED;
        default:
            return MESSAGE_INFO;
    }
}

void relay(struct job *job, char letter, const char *text, size_t length) {
    char line[TEXT_BYTES];
    size_t shown = length < sizeof line - 1 ? length : sizeof line - 1;
    memcpy(line, text, shown);
    line[shown] = '\0';
    for (size_t end = strlen(line); end > 0 && (line[end - 1] == '\n' || line[end - 1] == ' ');) {
        line[--end] = '\0';
    }
    log_line(job, type_of(letter), "", line);
}
