/* SPDX-License-Identifier: AGPL-3.0-only */

/* Starts a process in a group of its own, with three pipes and nothing else of this one's. */
#ifndef SLUICE_SPAWN_H
#define SLUICE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct spawned {
    pid_t process;
    int input;  /* ours: what it reads */
    int output; /* ours: what it writes */
    int errors; /* ours: its standard error */
};

/* Runs "path fd-backend" with this one's environment and BACULA_JOBID. 0, or the errno of what failed;
   nothing is left then. */
int spawn(const char *path, int job, struct spawned *spawned);

#endif
