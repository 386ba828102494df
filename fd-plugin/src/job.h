/* SPDX-License-Identifier: AGPL-3.0-only */

/* One job of Bacula as this plugin knows it. All of it belongs to the job's thread, but for what is
   marked as shared with the thread that cancels. */
#ifndef SLUICE_JOB_H
#define SLUICE_JOB_H

#include "abi.h"
#include "backend.h"
#include "entry.h"
#include "frames.h"
#include "links.h"

#include <stdbool.h>

/* Of a block's record in Bacula; 900,000 were measured to pass. */
#define RECORD_MAX 900000

enum purpose { PURPOSE_NONE, PURPOSE_BACKUP, PURPOSE_ESTIMATE, PURPOSE_RESTORE };

/* What may come next of the entry that is being backed up. */
enum phase {
    PHASE_BETWEEN,
    PHASE_DATA,
    PHASE_SUMS,   /* TORN, CHUNKS, SUM */
    PHASE_BLOCKS,
};

struct backup {
    enum phase phase;
    struct entry entry;
    bool extents;
    uint64_t data_bytes; /* taken so far */
    uint64_t position;   /* in the file, of the next byte */
    uint64_t data_end;   /* in the file, behind the last byte that came */
    uint64_t run_left;   /* of the current extent */
    bool pad;            /* one zero byte is due at the end of a file that ends with a hole */
    bool torn;
    char block[8];       /* kind of the block that is being read, or empty */
    char *record;        /* RECORD_MAX bytes, once needed */
    struct links links;
};

struct restore {
    struct entry entry;
    bool open;           /* the entry's data has not been ended */
    uint64_t position;   /* in the file, of the next byte */
    char block[8];       /* kind of a block that goes on in the next record, or empty */
};

struct job {
    struct context *context;
    enum purpose purpose;
    bool failed;
    int unprepared;      /* errno of why the job cannot have a backend, or 0 */
    char *line;          /* what stands behind "sluice:" in the Plugin line */
    char *prefix;        /* of all names of the line that is being backed up; no slash at its end */
    char **seen;         /* the prefixes of the lines whose streams have ended well */
    size_t seen_count;
    int64_t since;
    struct backend backend;
    struct frames frames;
    struct frame held;
    bool has_held;
    struct backup backup;
    struct restore restore;
};

/* Where Bacula's functions are; written when the plugin is loaded, and not again. */
extern const struct core_functions *core;

/* --- messages.c --- */

/* A line in the job's log, "sluice: …". */
void say(struct job *job, enum message_type type, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* The first failure of a job: says it, so that the job fails, and ends the backend. Nothing when the
   job has failed or was canceled. Always false. */
bool fail(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line of the backend's, by the letter of its frame. */
void relay(struct job *job, char letter, const char *text, size_t length);

/* --- dialogue.c: all false when the job has failed --- */

bool dialogue_start(struct job *job, enum purpose purpose);
bool dialogue_end(struct job *job);

/* Whether the core has given the job up. A cancel comes as an event; a failure, as when the storage daemon
   is lost, does not. */
bool given_up(struct job *job);

/* The next frame that is no message. */
bool next_frame(struct job *job, struct frame *frame);

/* Gives it back: it is what next_frame gives next. Its payload must not have been moved. */
void hold_frame(struct job *job, const struct frame *frame);

/* Whether it is this command; a head that ends with a colon is followed by a text. */
bool is_command(const struct frame *frame, const char *head);

bool skip_data(struct job *job);
bool take_data(struct job *job, void *into, size_t room, size_t *taken);

/* Fails the job for a frame that has no place here. */
bool misplaced(struct job *job, const struct frame *frame, const char *expected);

/* Fails the job if the text has a NUL or is empty, else copies it. */
bool copy_text(struct job *job, char **into, const char *text, size_t length);

bool send_command(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool send_frame(struct job *job, char letter, const void *payload, size_t length);
bool flush_frames(struct job *job);

/* Takes what the backend has said meanwhile, without waiting. */
bool hear_messages(struct job *job);

/* --- backup.c --- */

enum answer backup_start_file(struct job *job, struct save_packet *packet);
enum answer backup_io(struct job *job, struct io_packet *packet);
enum answer backup_record(struct job *job, struct xacl_packet *packet);
enum answer backup_end_file(struct job *job);

/* --- data.c --- */

/* Whether a frame of data fits what is left of the file, or of its extent; the job fails if not. */
bool accept_data(struct job *job, const struct frame *frame);

/* Answers a READ. */
bool read_data(struct job *job, struct io_packet *packet);

/* Goes to the end of the entry's data. */
bool drop_data(struct job *job);

/* --- records.c --- */

/* The entry's next record, valid until the next call; of length 0 behind the last. */
bool next_record(struct job *job, char **content, size_t *length);

/* --- restore.c --- */

enum answer restore_start_file(struct job *job, const char *command);
enum answer restore_create_file(struct job *job, struct restore_packet *packet);
enum answer restore_io(struct job *job, struct io_packet *packet);
enum answer restore_record(struct job *job, struct xacl_packet *packet);
enum answer restore_end_file(struct job *job);
void restore_end(struct job *job);

#endif
