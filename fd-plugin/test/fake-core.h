/* SPDX-License-Identifier: AGPL-3.0-only */

/* Calls the plugin as bacula-fd does, and keeps what a volume would hold. What the real one does was
   looked up by running it; BaculaPluginITCase has it do the same. */
#ifndef SLUICE_FAKE_CORE_H
#define SLUICE_FAKE_CORE_H

#include "../src/abi.h"

#include <stdatomic.h>

struct bytes {
    int64_t offset;
    size_t length;
    char *content;
};

struct stored {
    char *name;
    char *link;
    char *command;
    int type;
    int link_index;
    uint64_t flags;
    bool no_read;
    struct stat status;
    struct bytes *blocks;
    size_t block_count;
    struct bytes *records;
    size_t record_count;
};

struct fake_job {
    struct context context;
    int id;
    int accurate;
    int file_index;
    atomic_int fatal;
    atomic_int errors;
    int warnings;
    int lines;
    char log[65536];
    bool drops_zeros;  /* as with "sparse = yes" */
    int read_bytes;    /* of a READ */
    int reads;         /* of a file, at most, as when the storage daemon is lost; 0: all */
    struct stored *entries;
    size_t entry_count;
    int seen; /* what checkFile answered for check_name, when the lines were done */
    const char *check_name;
    bool given_up_after_restore;
    atomic_bool given_up; /* the core's own failure, of which no event tells */
    void (*on_line)(struct fake_job *, const char *line); /* called for each line of the log */
};

/* Loads the plugin that is linked into this program. */
void fake_load(void);

void fake_backup(struct fake_job *job, const char *line);
void fake_estimate(struct fake_job *job, const char *line);
/* What another job has stored, to below where. */
void fake_restore(struct fake_job *job, const struct fake_job *stored, const char *where);
/* Of a job for which the plugin found no memory: what its begin and an entry's restore answer. */
bool fake_refused_without_memory(struct fake_job *job);
void fake_cancel(struct fake_job *job);
void fake_free(struct fake_job *job);

#endif
