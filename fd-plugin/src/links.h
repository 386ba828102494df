/* SPDX-License-Identifier: AGPL-3.0-only */

/* Which entry of the job a path became, for the later names of its inode. Takes 24 to 64 bytes for each
   file with several names; how many of them still come, a tree in use does not say. */
#ifndef SLUICE_LINKS_H
#define SLUICE_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link {
    uint64_t hash[2]; /* of the path; both 0: free */
    int32_t file_index;
};

struct links {
    struct link *slots; /* a power of two of them */
    size_t capacity;
    size_t used;
    uint64_t key[2];
};

void links_close(struct links *links);

/* False: no memory. */
bool links_put(struct links *links, const char *path, int32_t file_index);

/* The FileIndex, or 0. */
int32_t links_get(const struct links *links, const char *path);

#endif
