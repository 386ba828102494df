/* SPDX-License-Identifier: AGPL-3.0-only */

/* Stands where backend.c stands, without a process: what the backend says is in memory before it is
   asked, and what it is told is kept. One at a time. */
#ifndef SLUICE_MEMORY_BACKEND_H
#define SLUICE_MEMORY_BACKEND_H

#include <stddef.h>

/* The bytes are the caller's, and must stay. No read gives more than chunk bytes, or bytes from before
   the gate and from behind it; 0: no bound. */
void memory_says(const void *bytes, size_t count, size_t chunk, size_t gate);

struct heard {
    char *bytes;
    size_t count;
    size_t room;
};

extern struct heard heard;

#endif
