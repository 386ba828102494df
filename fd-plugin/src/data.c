/* SPDX-License-Identifier: AGPL-3.0-only */

/* The data of an entry that is being backed up. */

#include "job.h"

#include <string.h>

/* The core has been told a size: what comes must be neither more nor less. */
bool accept_data(struct job *job, const struct frame *frame) {
    const struct backup *backup = &job->backup;
    uint64_t room = backup->extents ? backup->run_left
                                    : (uint64_t) backup->entry.status.st_size - backup->data_bytes;
    return frame->length <= room || misplaced(job, frame, "less data");
}

/* The next decimal number of a text that has an end. */
static bool read_number(const char **text, const char *end, uint64_t *value) {
    const char *at = *text;
    for (*value = 0; at < end && *at >= '0' && *at <= '9'; at++) {
        if (*value > INT64_MAX / 10 - 1) {
            return false;
        }
        *value = *value * 10 + (uint64_t) (*at - '0');
    }
    bool found = at > *text;
    *text = at;
    return found;
}

static bool start_run(struct job *job, const struct frame *frame) {
    struct backup *backup = &job->backup;
    uint64_t size = (uint64_t) backup->entry.status.st_size;
    const char *text = frame->payload + strlen("EXTENT:");
    const char *end = frame->payload + frame->length;
    uint64_t offset;
    uint64_t length;
    bool read = read_number(&text, end, &offset) && text < end && *text++ == ' '
            && read_number(&text, end, &length) && text == end;
    if (!read || backup->run_left != 0 || offset < backup->position || offset > size
            || length > size - offset || (length == 0 && offset != size)) {
        return misplaced(job, frame, "an extent behind the last one and within the file");
    }
    backup->position = offset;
    backup->run_left = length;
    return true;
}

/* Behind the last byte: checks that the core was told the size that came. */
static bool end_data(struct job *job, const struct frame *frame) {
    struct backup *backup = &job->backup;
    uint64_t size = (uint64_t) backup->entry.status.st_size;
    backup->phase = PHASE_SUMS;
    if (backup->extents ? backup->run_left != 0 : backup->data_bytes != size) {
        return misplaced(job, frame, "more data");
    }
    backup->pad = backup->extents && backup->data_end < size;
    return true;
}

/* Goes to the next byte of data; false also at the data's end. Within an extent only, unless
   another may begin. */
static bool find_data(struct job *job, bool may_begin) {
    struct backup *backup = &job->backup;
    while (backup->phase == PHASE_DATA && job->frames.left == 0) {
        struct frame frame;
        if (!next_frame(job, &frame)) {
            return false;
        }
        if (frame.letter == 'D') {
            if (!accept_data(job, &frame)) {
                return false;
            }
        } else if (frame.letter == 'F') {
            return end_data(job, &frame) && false;
        } else if (!backup->extents || !is_command(&frame, "EXTENT:")) {
            return misplaced(job, &frame, "data");
        } else if (!may_begin) {
            hold_frame(job, &frame);
            return false;
        } else if (!start_run(job, &frame)) {
            return false;
        }
    }
    return backup->phase == PHASE_DATA;
}

bool read_data(struct job *job, struct io_packet *packet) {
    struct backup *backup = &job->backup;
    size_t room = packet->count > 0 ? (size_t) packet->count : 0;
    size_t filled = 0;
    if (!backup->pad && find_data(job, true)) {
        packet->offset = (int64_t) backup->position;
        do {
            size_t taken;
            if (!take_data(job, packet->buffer + filled, room - filled, &taken)) {
                return false;
            }
            filled += taken;
            backup->data_bytes += taken;
            backup->position += taken;
            backup->data_end = backup->position;
            backup->run_left -= backup->extents ? taken : 0;
        } while (filled < room && find_data(job, false));
    }
    if (filled == 0 && backup->pad && !job->failed) {
        /* A restore checks where the last byte went. */
        backup->pad = false;
        packet->offset = backup->entry.status.st_size - 1;
        packet->buffer[0] = '\0';
        filled = 1;
    }
    packet->status = (int32_t) filled;
    return !job->failed;
}

bool drop_data(struct job *job) {
    struct backup *backup = &job->backup;
    while (backup->phase == PHASE_DATA && find_data(job, true)) {
        uint64_t dropped = job->frames.left;
        if (!skip_data(job)) {
            return false;
        }
        backup->data_bytes += dropped;
        backup->position += dropped;
        backup->data_end = backup->position;
        backup->run_left -= backup->extents ? dropped : 0;
    }
    return !job->failed;
}
