/* SPDX-License-Identifier: AGPL-3.0-only */

/* Bacula's entries become the stream that the backend restores from. Nothing waits for an answer. */

#include "job.h"

#include <stdio.h>
#include <string.h>

#define GIVEN_UP_MS 60000 /* for a backend to put in order what it has restored */

static const char ZEROS[65536];

static bool send_pair(struct job *job, const char *head, const char *text) {
    return send_command(job, "%s%s", head, text == NULL ? "" : text);
}

static bool send_head(struct job *job, const struct restore_packet *packet) {
    const struct entry *entry = &job->restore.entry;
    return send_pair(job, "FNAME:", packet->name) && send_pair(job, "STAT:", entry->stat)
            && send_pair(job, "TSTAMP:", entry->times)
            && (entry->type != 'S' || send_pair(job, "LSTAT:", packet->link))
            && send_pair(job, "XSTAT:", entry->xstat)
            && (entry->type != 'L' || send_pair(job, "LINK:", packet->link))
            && send_frame(job, 'F', NULL, 0);
}

static bool send_layout(struct job *job) {
    const struct entry *entry = &job->restore.entry;
    return entry->layout == NULL
            || (send_command(job, "LAYOUT")
                    && send_frame(job, 'D', entry->layout, entry->layout_bytes)
                    && send_frame(job, 'F', NULL, 0));
}

/* A file with data keeps its data open until the core closes it, or goes on with what follows data. */
static bool close_data(struct job *job) {
    struct restore *restore = &job->restore;
    if (!restore->open) {
        return true;
    }
    restore->open = false;
    return send_frame(job, 'F', NULL, 0);
}

/* Zeros for what the core has left out: with "sparse = yes" it drops blocks of zeros. */
static bool send_zeros(struct job *job, uint64_t until) {
    struct restore *restore = &job->restore;
    while (restore->position < until) {
        uint64_t left = until - restore->position;
        size_t part = left < sizeof ZEROS ? (size_t) left : sizeof ZEROS;
        if (!send_frame(job, 'D', ZEROS, part)) {
            return false;
        }
        restore->position += part;
    }
    return true;
}

static bool write_data(struct job *job, const struct io_packet *packet) {
    struct restore *restore = &job->restore;
    if (!restore->open || packet->count < 0) {
        return fail(job, "data for an entry that has none");
    }
    size_t count = (size_t) packet->count;
    if (restore->entry.extents
            && !send_command(job, "EXTENT:%llu %zu", (unsigned long long) restore->position, count)) {
        return false;
    }
    restore->position += count;
    return count == 0 || send_frame(job, 'D', packet->buffer, count);
}

static bool seek(struct job *job, int64_t offset) {
    struct restore *restore = &job->restore;
    if (!restore->open || offset < 0 || (uint64_t) offset < restore->position) {
        return fail(job, "the volume's blocks of a file are not in order");
    }
    if (!restore->entry.extents) {
        return send_zeros(job, (uint64_t) offset);
    }
    restore->position = (uint64_t) offset;
    return true;
}

/* --- Bacula's calls ---------------------------------------------------------------------------- */

enum answer restore_start_file(struct job *job, const char *command) {
    struct restore *restore = &job->restore;
    entry_clear(&restore->entry);
    restore->open = false;
    restore->position = 0;
    restore->block[0] = '\0';
    const char *wrong = entry_read_command(&restore->entry, command);
    if (wrong != NULL) {
        fail(job, "cannot read what the volume says of an entry: %s", wrong);
        return ANSWER_ERROR;
    }
    if (job->backend.process == 0 && !job->failed && !dialogue_start(job, PURPOSE_RESTORE)) {
        return ANSWER_ERROR;
    }
    return job->failed ? ANSWER_ERROR : ANSWER_OK;
}

enum answer restore_create_file(struct job *job, struct restore_packet *packet) {
    struct restore *restore = &job->restore;
    packet->create_status = CREATE_EXTRACT;
    if (job->failed || !send_head(job, packet) || !send_layout(job)) {
        return ANSWER_ERROR;
    }
    /* Of a round of metadata a file comes as an empty one. */
    restore->open = restore->entry.type == 'F' && packet->type == ENTRY_FILE;
    bool sent = restore->open ? send_command(job, "DATA") : send_frame(job, 'F', NULL, 0);
    return sent ? ANSWER_OK : ANSWER_ERROR;
}

enum answer restore_io(struct job *job, struct io_packet *packet) {
    bool done = !job->failed;
    packet->status = 0;
    packet->error = 0;
    switch (packet->function) {
        case IO_WRITE:
            done = done && write_data(job, packet);
            packet->status = packet->count;
            break;
        case IO_SEEK:
            done = done && seek(job, packet->offset);
            break;
        case IO_CLOSE:
            done = done && close_data(job);
            break;
        default:
            break;
    }
    if (!done) {
        packet->status = -1;
        packet->error = 5; /* EIO */
        return ANSWER_ERROR;
    }
    return ANSWER_OK;
}

/* A record is a command's text, or a block's kind, a plus if the block goes on, a NUL and content. */
enum answer restore_record(struct job *job, struct xacl_packet *packet) {
    struct restore *restore = &job->restore;
    if (packet->function != XATTR_RESTORE || packet->count <= 0) {
        return job->failed ? ANSWER_ERROR : ANSWER_OK;
    }
    size_t length = (size_t) packet->count;
    const char *content = memchr(packet->content, '\0', length);
    if (job->failed || !close_data(job)) {
        return ANSWER_ERROR;
    }
    if (content == NULL) {
        return send_frame(job, 'C', packet->content, length) ? ANSWER_OK : ANSWER_ERROR;
    }
    size_t kind = (size_t) (content - packet->content);
    bool goes_on = kind > 0 && packet->content[kind - 1] == '+';
    kind -= goes_on ? 1 : 0;
    size_t bytes = length - (size_t) (content + 1 - packet->content);
    if (kind == 0 || kind >= sizeof restore->block) {
        fail(job, "the volume has a record of an unknown kind");
        return ANSWER_ERROR;
    }
    bool begun = restore->block[0] != '\0';
    bool sent = begun || send_frame(job, 'C', packet->content, kind);
    memcpy(restore->block, packet->content, kind);
    restore->block[goes_on ? kind : 0] = '\0';
    sent = sent && ((begun && bytes == 0) || send_frame(job, 'D', content + 1, bytes))
            && (goes_on || send_frame(job, 'F', NULL, 0));
    return sent ? ANSWER_OK : ANSWER_ERROR;
}

enum answer restore_end_file(struct job *job) {
    struct restore *restore = &job->restore;
    bool sent = !job->failed && close_data(job);
    if (sent && restore->block[0] != '\0') {
        fail(job, "the volume has only a part of a block");
    }
    return sent && flush_frames(job) && hear_messages(job) ? ANSWER_OK : ANSWER_ERROR;
}

/* The core ends an entry whose rest never came as it ends a whole one. Only FINISH says that it was whole:
   without it the backend does not put its last entry in place. */
static void give_up(struct job *job) {
    if (flush_frames(job)) {
        atomic_store(&job->backend.canceled, true);
        backend_finish(job, GIVEN_UP_MS);
        job->failed = true;
    }
}

void restore_end(struct job *job) {
    struct frame frame;
    if (job->failed || job->backend.process == 0) {
        return;
    }
    if (given_up(job)) {
        give_up(job);
        return;
    }
    if (!send_command(job, "FINISH\n") || !flush_frames(job) || !next_frame(job, &frame)) {
        return;
    }
    if (frame.letter == 'F') {
        dialogue_end(job);
    } else {
        misplaced(job, &frame, "the answer to FINISH");
    }
}
