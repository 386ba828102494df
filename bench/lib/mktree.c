/*
 * Makes a tree of DIRECTORIES x FILES files of SIZE bytes below PATH, with content that compresses
 * about as text does, and the same in every run: mktree PATH DIRECTORIES FILES SIZE [GROUP]
 * With GROUP, that many directories each lie in a directory of their own, else all of them in PATH.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void die(const char *what) {
    fprintf(stderr, "mktree: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void fill(char *buffer, size_t size) {
    static const char *const words[] = {"shard ", "entry ", "listing ", "round ",
                                        "cursor ", "stripe ", "tombstone ", "layout "};
    size_t at = 0;
    while (at < size) {
        char piece[40];
        uint64_t random = next();
        int length = random & 8 ? snprintf(piece, sizeof piece, "%016llx ", (unsigned long long) random)
                                : snprintf(piece, sizeof piece, "%s", words[random & 7]);
        size_t n = size - at < (size_t) length ? size - at : (size_t) length;
        memcpy(buffer + at, piece, n);
        at += n;
    }
}

int main(int argc, char **argv) {
    if (argc < 5 || argc > 6) {
        fprintf(stderr, "usage: mktree PATH DIRECTORIES FILES SIZE [GROUP]\n");
        return 2;
    }
    long directories = atol(argv[2]), files = atol(argv[3]);
    size_t size = (size_t) atol(argv[4]);
    long group = argc > 5 ? atol(argv[5]) : 0;
    char *buffer = malloc(size + 1);
    char name[64];
    if (!buffer) die("memory");
    if (mkdir(argv[1], 0755) && errno != EEXIST) die(argv[1]);
    if (chdir(argv[1])) die(argv[1]);
    for (long d = 0; d < directories; d++) {
        if (group) {
            snprintf(name, sizeof name, "g%05ld", d / group);
            if (d % group == 0 && mkdir(name, 0755)) die(name);
            snprintf(name, sizeof name, "g%05ld/d%05ld", d / group, d % group);
        } else {
            snprintf(name, sizeof name, "d%05ld", d);
        }
        if (mkdir(name, 0755)) die(name);
        int directory = open(name, O_RDONLY | O_DIRECTORY);
        if (directory < 0) die(name);
        for (long f = 0; f < files; f++) {
            snprintf(name, sizeof name, "file-%03ld.dat", f);
            if (!size) {
                if (mknodat(directory, name, S_IFREG | 0644, 0)) die(name);
                continue;
            }
            int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
            if (fd < 0) die(name);
            fill(buffer, size);
            if (write(fd, buffer, size) != (ssize_t) size) die(name);
            close(fd);
        }
        close(directory);
    }
    return 0;
}
