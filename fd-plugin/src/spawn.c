/* SPDX-License-Identifier: AGPL-3.0-only */

#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void close_end(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}

/* Both ends above 2, so that the child can put them where they belong, whatever the daemon has open. */
static bool make_pipe(int ends[2]) {
    int made[2];
    if (pipe2(made, O_CLOEXEC) != 0) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        ends[i] = made[i] > 2 ? made[i] : fcntl(made[i], F_DUPFD_CLOEXEC, 3);
        if (made[i] <= 2) {
            close(made[i]);
        }
    }
    if (ends[0] < 0 || ends[1] < 0) {
        close_end(&ends[0]);
        close_end(&ends[1]);
        return false;
    }
    return true;
}

/* The daemon's environment and BACULA_JOBID; the caller frees the list, whose texts are shared. */
static char **environment_with(char *job_id) {
    size_t count = 0;
    while (environ != NULL && environ[count] != NULL) {
        count++;
    }
    char **list = calloc(count + 2, sizeof *list);
    size_t kept = 0;
    for (size_t i = 0; list != NULL && i < count; i++) {
        if (strncmp(environ[i], "BACULA_JOBID=", 13) != 0) {
            list[kept++] = environ[i];
        }
    }
    if (list != NULL) {
        list[kept] = job_id;
    }
    return list;
}

/* In the child: only what may be called between fork and exec of a process with threads. */
static void become(const char *path, char **environment, int in, int out, int error, int report) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++) {
        signal(number, SIG_DFL);
    }
    /* A group of its own: what it starts can be ended with it. */
    setpgid(0, 0);
    /* The job's thread ends with the daemon at the latest. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(in, 0);
    dup2(out, 1);
    dup2(error, 2);
#ifdef SYS_close_range
    if (dup2(report, 3) == 3 && fcntl(3, F_SETFD, FD_CLOEXEC) == 0
            && syscall(SYS_close_range, 4U, ~0U, 0U) == 0) {
        report = 3;
    }
#endif
    char *const arguments[] = {(char *) path, (char *) "fd-backend", NULL};
    execve(path, arguments, environment);
    int reason = errno;
    (void) !write(report, &reason, sizeof reason);
    _exit(127);
}

/* What the child says of its exec: the reason why there was none, or 0. */
static int reported(int report) {
    int reason = 0;
    ssize_t told;
    do {
        told = read(report, &reason, sizeof reason);
    } while (told < 0 && errno == EINTR);
    return told > 0 ? reason : 0;
}

int spawn(const char *path, int job, struct spawned *spawned) {
    char job_id[40];
    snprintf(job_id, sizeof job_id, "BACULA_JOBID=%d", job);
    char **environment = environment_with(job_id);
    int pipes[4][2] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    bool made = environment != NULL;
    for (int i = 0; made && i < 4; i++) {
        made = make_pipe(pipes[i]);
    }
    pid_t process = made ? fork() : -1;
    if (process == 0) {
        become(path, environment, pipes[0][0], pipes[1][1], pipes[2][1], pipes[3][1]);
    }
    int reason = process < 0 ? errno : 0;
    free(environment);
    close_end(&pipes[0][0]);
    close_end(&pipes[1][1]);
    close_end(&pipes[2][1]);
    close_end(&pipes[3][1]);
    if (process > 0) {
        reason = reported(pipes[3][0]);
        while (reason != 0 && waitpid(process, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    close_end(&pipes[3][0]);
    if (reason != 0) {
        close_end(&pipes[0][1]);
        close_end(&pipes[1][0]);
        close_end(&pipes[2][0]);
    }
    *spawned = (struct spawned){
        .process = process, .input = pipes[0][1], .output = pipes[1][0], .errors = pipes[2][0]};
    return reason;
}
