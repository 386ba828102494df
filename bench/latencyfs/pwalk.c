/*
 * pwalk: walks a tree with THREADS threads and nothing besides; the yardstick for walkers.
 *
 *   pwalk THREADS DIRECTORY
 *
 * A thread takes a directory from the common stack, reads it, and makes one statx(2) for each name in
 * it, relative to the open directory, of what `find -printf` needs. Prints one line:
 * threads= entries= directories= errors= seconds= entries_per_s=
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_THREADS = 1024, STACK_BYTES = 256 * 1024 };

struct directory {
    struct directory *below;
    char path[]; /* relative to DIRECTORY */
};

static struct directory *top;
static unsigned long unfinished; /* directories on the stack or in hand */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_ulong entries, directories, errors;
static int root;

static void push(const char *parent, const char *name) {
    size_t head = strlen(parent), tail = strlen(name);
    struct directory *directory = malloc(sizeof *directory + head + tail + 2);
    if (!directory) {
        fprintf(stderr, "pwalk: %s\n", strerror(errno));
        exit(1);
    }
    memcpy(directory->path, parent, head);
    if (head > 0) directory->path[head++] = '/';
    memcpy(directory->path + head, name, tail + 1);
    pthread_mutex_lock(&lock);
    directory->below = top;
    top = directory;
    unfinished++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void walk(const char *path) {
    int fd = openat(root, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (!stream) {
        errors++;
        if (fd >= 0) close(fd);
        return;
    }
    directories++;
    unsigned long seen = 0;
    struct dirent *name;
    while ((name = readdir(stream))) {
        struct statx st;
        if (strcmp(name->d_name, ".") == 0 || strcmp(name->d_name, "..") == 0) continue;
        seen++;
        if (statx(fd, name->d_name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &st))
            errors++;
        else if (S_ISDIR(st.stx_mode))
            push(path, name->d_name);
    }
    entries += seen;
    closedir(stream);
}

static void *worker(void *unused) {
    pthread_mutex_lock(&lock);
    for (;;) {
        while (!top && unfinished > 0) pthread_cond_wait(&changed, &lock);
        if (!top) break;
        struct directory *directory = top;
        top = directory->below;
        pthread_mutex_unlock(&lock);
        walk(directory->path);
        free(directory);
        pthread_mutex_lock(&lock);
        if (--unfinished == 0) pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

int main(int argc, char **argv) {
    int count = argc == 3 ? atoi(argv[1]) : 0;
    if (count < 1 || count > MAX_THREADS) {
        fprintf(stderr, "usage: pwalk THREADS DIRECTORY, with 1 to %d threads\n", MAX_THREADS);
        return 2;
    }
    root = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        fprintf(stderr, "pwalk: %s: %s\n", argv[2], strerror(errno));
        return 1;
    }
    static pthread_t threads[MAX_THREADS];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_BYTES);
    struct timespec begun, ended;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    push("", "");
    for (int i = 0; i < count; i++) {
        int error = pthread_create(&threads[i], &small, worker, NULL);
        if (error) {
            fprintf(stderr, "pwalk: thread %d: %s\n", i, strerror(error));
            return 1;
        }
    }
    for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    double seconds = (double) (ended.tv_sec - begun.tv_sec) + (double) (ended.tv_nsec - begun.tv_nsec) / 1e9;
    printf("threads=%d entries=%lu directories=%lu errors=%lu seconds=%.3f entries_per_s=%.0f\n", count, entries,
           directories, errors, seconds, (double) entries / seconds);
    return errors > 0 ? 1 : 0;
}
