/* SPDX-License-Identifier: AGPL-3.0-only */

/* The head of an entry, as text and as Bacula sees it. */
#ifndef SLUICE_ENTRY_H
#define SLUICE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define STAT_TEXT_BYTES 128
#define XSTAT_TEXT_BYTES 256

/* The largest LAYOUT that rides with an entry's command. */
#define LAYOUT_MAX 65536

struct entry {
    char *name;
    char *target;  /* of a symbolic link, or the earlier name of a hard link */
    char *command; /* what Bacula stores with it: the texts below */
    char stat[STAT_TEXT_BYTES];    /* the texts of the commands of the same names */
    char times[STAT_TEXT_BYTES];
    char xstat[XSTAT_TEXT_BYTES];
    char *layout;
    size_t layout_bytes;
    bool extents;
    char type;     /* of STAT */
    struct stat status;
};

/* Frees what it holds. */
void entry_clear(struct entry *entry);

/* Reads the three texts into type and status. Null, or what is wrong. */
const char *entry_parse(struct entry *entry);

/* Builds command from the texts; false: no memory. */
bool entry_make_command(struct entry *entry);

/* Reads a command into the texts, layout and extents, and these as entry_parse does. Null, or what is
   wrong. */
const char *entry_read_command(struct entry *entry, const char *command);

#endif
