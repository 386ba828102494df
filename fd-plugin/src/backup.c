/* SPDX-License-Identifier: AGPL-3.0-only */

/* The backend's stream becomes Bacula's entries: their heads, and Bacula's calls in a backup. */

#include "job.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool next_is(struct job *job, const char *head, struct frame *frame) {
    if (!next_frame(job, frame)) {
        return false;
    }
    return is_command(frame, head) || misplaced(job, frame, head);
}

/* --- the head ---------------------------------------------------------------------------------- */

static bool copy_field(
        struct job *job, const struct frame *frame, const char *head, char *into, size_t room) {
    size_t skipped = strlen(head);
    size_t length = frame->length - skipped;
    if (length >= room || memchr(frame->payload + skipped, '\0', length) != NULL) {
        return misplaced(job, frame, "a shorter text");
    }
    memcpy(into, frame->payload + skipped, length);
    into[length] = '\0';
    return true;
}

static bool read_field(struct job *job, const char *head, char *into, size_t room) {
    struct frame frame;
    return next_is(job, head, &frame) && copy_field(job, &frame, head, into, room);
}

static bool read_target(struct job *job, const char *head) {
    struct frame frame;
    size_t skipped = strlen(head);
    return next_is(job, head, &frame)
            && copy_text(job, &job->backup.entry.target, frame.payload + skipped,
                    frame.length - skipped);
}

static bool read_end(struct job *job) {
    struct frame frame;
    return next_frame(job, &frame)
            && (frame.letter == 'F' || misplaced(job, &frame, "the end of a part"));
}

/* What stands between FNAME and the F that ends the head. */
static bool read_head(struct job *job) {
    struct entry *entry = &job->backup.entry;
    if (!read_field(job, "STAT:", entry->stat, sizeof entry->stat)
            || !read_field(job, "TSTAMP:", entry->times, sizeof entry->times)) {
        return false;
    }
    entry->type = entry->stat[0];
    if ((entry->type == 'S' && !read_target(job, "LSTAT:"))
            || !read_field(job, "XSTAT:", entry->xstat, sizeof entry->xstat)
            || (entry->type == 'L' && !read_target(job, "LINK:")) || !read_end(job)) {
        return false;
    }
    const char *wrong = entry_parse(entry);
    size_t length = strlen(entry->name);
    if (wrong == NULL && (entry->name[length - 1] == '/') != (entry->type == 'D')) {
        wrong = "a name whose last byte does not fit its type";
    }
    if (wrong == NULL && entry->type == 'F' && entry->status.st_size == 0) {
        wrong = "a regular file without a size";
    }
    return wrong == NULL
            || fail(job, "the backend's stream is broken: %s, before byte %" PRIu64 " (%s)", wrong,
                    job->frames.offset, entry->name);
}

/* A LAYOUT that comes before the data rides with the command, which is there before a file is made. */
static bool read_layout(struct job *job) {
    struct entry *entry = &job->backup.entry;
    struct frame frame;
    if (entry->layout != NULL) {
        return fail(job, "the backend's stream is broken: two layouts before the data of %s",
                entry->name);
    }
    entry->layout = malloc(LAYOUT_MAX);
    if (entry->layout == NULL) {
        return fail(job, "no memory for a layout");
    }
    while (next_frame(job, &frame)) {
        if (frame.letter == 'F') {
            return true;
        }
        if (frame.letter != 'D') {
            return misplaced(job, &frame, "a layout's data");
        }
        if (frame.length > LAYOUT_MAX - entry->layout_bytes) {
            return fail(job, "the layout before the data of %s has more than %d bytes", entry->name,
                    LAYOUT_MAX);
        }
        size_t taken;
        while (job->frames.left > 0) {
            if (!take_data(job, entry->layout + entry->layout_bytes,
                        LAYOUT_MAX - entry->layout_bytes, &taken)) {
                return false;
            }
            entry->layout_bytes += taken;
        }
    }
    return false;
}

/* Reads up to where an entry's data begins, if it has some. */
static bool read_body_start(struct job *job, bool *has_data) {
    struct backup *backup = &job->backup;
    struct frame frame;
    do {
        if (!next_frame(job, &frame)) {
            return false;
        }
    } while (is_command(&frame, "LAYOUT") && read_layout(job));
    *has_data = is_command(&frame, "DATA") && backup->entry.type == 'F';
    if (!*has_data) {
        backup->phase = PHASE_BLOCKS;
        return !job->failed && (frame.letter == 'F' || misplaced(job, &frame, "DATA or an end"));
    }
    if (!next_frame(job, &frame)) {
        return false;
    }
    backup->phase = PHASE_DATA;
    backup->extents = backup->entry.extents = is_command(&frame, "EXTENT:");
    if (frame.letter == 'D') {
        return accept_data(job, &frame);
    }
    hold_frame(job, &frame);
    return true;
}

static bool fill_packet(struct job *job, struct save_packet *packet, bool has_data) {
    struct entry *entry = &job->backup.entry;
    if (!entry_make_command(entry)) {
        return fail(job, "no memory for an entry");
    }
    packet->name = entry->name;
    packet->command = entry->command;
    packet->status = entry->status;
    packet->no_read = !has_data;
    switch (entry->type) {
        case 'D':
            packet->type = ENTRY_DIRECTORY;
            packet->link = entry->name;
            break;
        case 'S':
            packet->type = ENTRY_SYMLINK;
            packet->link = entry->target;
            break;
        case 'L':
            packet->type = ENTRY_LINK_SAVED;
            packet->link = entry->target;
            packet->link_index = links_get(&job->backup.links, entry->target);
            if (packet->link_index == 0) {
                return fail(job, "the backend's stream is broken: %s is said to be another name of "
                        "%s, which has not come in this job", entry->name, entry->target);
            }
            break;
        case 'F':
            packet->type = has_data ? ENTRY_FILE : ENTRY_EMPTY_FILE;
            packet->flags |= job->backup.extents ? FLAG_OFFSETS : 0;
            if (!has_data && job->purpose == PURPOSE_BACKUP) {
                /* A round of metadata. A restore checks what it wrote by this size. */
                packet->status.st_size = 0;
            }
            break;
        default:
            /* Bacula passes over a socket: it goes as an empty file, and its XSTAT knows. */
            packet->type = strchr("pcb", entry->xstat[0]) == NULL ? ENTRY_EMPTY_FILE : ENTRY_SPECIAL;
            packet->status.st_mode = entry->xstat[0] == 's'
                    ? (packet->status.st_mode & 07777) | S_IFREG
                    : packet->status.st_mode;
    }
    return true;
}

static bool start_entry(struct job *job, struct save_packet *packet) {
    struct backup *backup = &job->backup;
    bool has_data = false;
    if (!read_head(job)) {
        return false;
    }
    backup->extents = backup->torn = backup->pad = false;
    backup->data_bytes = backup->position = backup->data_end = backup->run_left = 0;
    backup->block[0] = '\0';
    if (job->purpose == PURPOSE_BACKUP && !read_body_start(job, &has_data)) {
        return false;
    }
    return fill_packet(job, packet, has_data);
}

static bool start_deleted(struct job *job, const struct frame *frame, struct save_packet *packet) {
    struct entry *entry = &job->backup.entry;
    size_t skipped = strlen("DELETED:");
    if (!copy_text(job, &entry->name, frame->payload + skipped, frame->length - skipped)) {
        return false;
    }
    packet->name = entry->name;
    packet->type = ENTRY_DELETED;
    packet->no_read = true;
    return true;
}

/* --- the end of an entry, and of a line ------------------------------------------------------------ */

/* Whatever the core did not take of the entry. */
static bool skip_rest(struct job *job) {
    struct backup *backup = &job->backup;
    char *content;
    size_t length;
    if (!drop_data(job)) {
        return false;
    }
    while (!job->failed && backup->phase != PHASE_BETWEEN && next_record(job, &content, &length)) {
    }
    return !job->failed;
}

/* Of a line that has come to a good end: what the core misses below it is unchanged. */
static bool keep_prefix(struct job *job) {
    if (job->purpose != PURPOSE_BACKUP || job->prefix == NULL) {
        return true;
    }
    char **longer = realloc(job->seen, (job->seen_count + 1) * sizeof *longer);
    if (longer == NULL) {
        return fail(job, "no memory for a prefix");
    }
    job->seen = longer;
    job->seen[job->seen_count++] = job->prefix;
    job->prefix = NULL;
    return true;
}

/* --- Bacula's calls ---------------------------------------------------------------------------- */

enum answer backup_start_file(struct job *job, struct save_packet *packet) {
    struct frame frame;
    entry_clear(&job->backup.entry);
    if (!skip_rest(job) || !next_frame(job, &frame)) {
        return ANSWER_ERROR;
    }
    if (frame.letter == 'F') {
        if (!dialogue_end(job)) {
            return ANSWER_ERROR;
        }
        return keep_prefix(job) ? ANSWER_STOP : ANSWER_ERROR;
    }
    if (is_command(&frame, "DELETED:")) {
        return start_deleted(job, &frame, packet) ? ANSWER_OK : ANSWER_ERROR;
    }
    size_t skipped = strlen("FNAME:");
    bool started = (is_command(&frame, "FNAME:") || misplaced(job, &frame, "an entry"))
            && copy_text(job, &job->backup.entry.name, frame.payload + skipped,
                    frame.length - skipped)
            && start_entry(job, packet);
    return started ? ANSWER_OK : ANSWER_ERROR;
}

enum answer backup_io(struct job *job, struct io_packet *packet) {
    packet->status = 0;
    packet->error = 0;
    if (packet->function == IO_READ && !read_data(job, packet)) {
        packet->status = -1;
        packet->error = 5; /* EIO */
        return ANSWER_ERROR;
    }
    return job->failed ? ANSWER_ERROR : ANSWER_OK;
}

enum answer backup_record(struct job *job, struct xacl_packet *packet) {
    size_t length = 0;
    packet->count = 0;
    if (packet->function != XATTR_BACKUP || job->backup.phase == PHASE_BETWEEN) {
        return job->failed ? ANSWER_ERROR : ANSWER_OK;
    }
    /* The core may have left the data before its end. */
    if (!drop_data(job) || !next_record(job, &packet->content, &length)) {
        return ANSWER_ERROR;
    }
    packet->count = (int32_t) length;
    return ANSWER_OK;
}

enum answer backup_end_file(struct job *job) {
    struct entry *entry = &job->backup.entry;
    if (!skip_rest(job)) {
        return ANSWER_ERROR;
    }
    if (job->purpose == PURPOSE_BACKUP && entry->status.st_nlink > 1
            && (entry->type == 'F' || entry->type == 'E' || entry->type == 'S')) {
        int index = 0;
        core->get_value(job->context, VALUE_FILE_INDEX, &index);
        if (!links_put(&job->backup.links, entry->name, index)) {
            fail(job, "no memory for a file with several names");
            return ANSWER_ERROR;
        }
    }
    return ANSWER_MORE;
}
