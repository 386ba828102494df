/* SPDX-License-Identifier: AGPL-3.0-only */

/* What follows the data of an entry that is being backed up: each is a record of Bacula's. */

#include "job.h"

#include <stdlib.h>
#include <string.h>

static bool is_block(const struct frame *frame) {
    return is_command(frame, "ACL") || is_command(frame, "XATTR") || is_command(frame, "LAYOUT")
            || is_command(frame, "HSM");
}

/* Reads one record of the block that was begun: all that is left of it, or as much as a record holds. */
static bool read_block(struct job *job, char **content, size_t *length) {
    struct backup *backup = &job->backup;
    size_t kind = strlen(backup->block);
    size_t head = kind + 2; /* room for a plus, and the NUL */
    size_t filled = head;
    bool ended = false;
    while (filled < RECORD_MAX && !ended) {
        struct frame frame;
        size_t taken;
        if (job->frames.left > 0) {
            if (!take_data(job, backup->record + filled, RECORD_MAX - filled, &taken)) {
                return false;
            }
            filled += taken;
        } else if (!next_frame(job, &frame)) {
            return false;
        } else if (frame.letter == 'F') {
            ended = true;
        } else if (frame.letter != 'D') {
            return misplaced(job, &frame, "a block's data");
        }
    }
    /* Without the plus it begins a byte later. */
    size_t start = ended ? 1 : 0;
    memcpy(backup->record + start, backup->block, kind);
    backup->record[start + kind] = ended ? '\0' : '+';
    backup->record[head - 1] = '\0';
    backup->block[0] = ended ? '\0' : backup->block[0];
    *content = backup->record + start;
    *length = filled - start;
    return true;
}

/* The record of a command: its text. */
static bool copy_record(struct job *job, const struct frame *frame, size_t *length) {
    if (frame->length > RECORD_MAX || memchr(frame->payload, '\0', frame->length) != NULL) {
        return misplaced(job, frame, "a text that Bacula can store");
    }
    memcpy(job->backup.record, frame->payload, frame->length);
    *length = frame->length;
    return true;
}

/* The entry's next record; of length 0 behind the last. */
bool next_record(struct job *job, char **content, size_t *length) {
    struct backup *backup = &job->backup;
    *length = 0;
    if (backup->record == NULL && (backup->record = malloc(RECORD_MAX)) == NULL) {
        return fail(job, "no memory for a record");
    }
    *content = backup->record;
    if (backup->block[0] != '\0') {
        return read_block(job, content, length);
    }
    struct frame frame;
    if (!next_frame(job, &frame)) {
        return false;
    }
    if (backup->phase == PHASE_SUMS) {
        if (is_command(&frame, "SUM:")) {
            backup->phase = PHASE_BLOCKS;
        } else if (is_command(&frame, "TORN:") && !backup->torn) {
            backup->torn = true;
        } else if (is_command(&frame, "CHUNKS:")) {
            backup->torn = true;
        } else {
            return misplaced(job, &frame, "SUM");
        }
        return copy_record(job, &frame, length);
    }
    if (is_block(&frame)) {
        memcpy(backup->block, frame.payload, frame.length);
        backup->block[frame.length] = '\0';
        return read_block(job, content, length);
    }
    hold_frame(job, &frame);
    backup->phase = PHASE_BETWEEN;
    return true;
}
