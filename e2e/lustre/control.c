/*
 * Commands by a unix socket. A request is a little-endian 32-bit length and words that each end with a NUL; the answer
 * a length (of what follows), a 32-bit result (0, a number, or -errno), and bytes. A connection has any number of them.
 *
 * For tests:
 *   register MDT                     gives N of the changelog user clN
 *   deregister MDT clN
 *   users MDT                        as mdd.*.changelog_users
 *   clear MDT clN INDEX
 *   age MDT clN MS                   it was idle for so much longer
 *   gc MDT MS                        collects the users idle for that time; gives how many
 *   drop-log MDT                     all records and users are lost; indexes go on
 *   drop-records MDT                 the same, but the users stay
 *   append-gap MDT N                 N indexes are never written
 *   append-raw MDT HEX               a record as it is
 *   dump MDT                         the records, one to a line, hexadecimal, as the device gives them
 *   last MDT                         the last index
 *   mask MDT BITS                    hexadecimal, a bit for each type
 *   outage MDT MS ERRNO              reads of the log block for that time; then one fails
 *   archive PATH [ARCHIVE], release PATH, restore PATH, remove PATH, lose PATH
 *   hsm-set PATH SET CLEAR           hexadecimal flags
 *   hsm PATH                         flags and archive, "0x9 1"
 *   resync PATH, migrate PATH        what "lfs mirror resync" and "lfs migrate" record
 *   migrate-mdt PATH MDT             a directory and all below, with new FIDs
 *   mkdir PATH MDT                   on that MDT
 *   next-mdt MDT                     for the next directory
 *   fid PATH, mdt PATH
 *   set NAME VALUE                   a setting, as the option of that name
 *   close-now                        the clients give back what they keep open
 *   counters, reset
 * A PATH is one from the root, one below the mount point, or a FID in brackets.
 *
 * For the library: see library.c.
 */
#include "fake.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "control.h"

enum { WORDS = 16, REQUEST_LIMIT = 1 << 22 };

/* A word as an MDT's index, "1" or "lustre-MDT0001"; -1 if there is none. */
int mdt_of(const char *word) {
    const char *dash = strstr(word, "-MDT");
    unsigned long index;
    char *end;
    if (dash) {
        if ((size_t) (dash - word) != strlen(fsname) || strncmp(word, fsname, strlen(fsname))) return -1;
        index = strtoul(dash + 4, &end, 16);
    } else {
        index = strtoul(word, &end, 10);
    }
    return *end || index >= settings.mdts ? -1 : (int) index;
}

static bool read_all(int fd, void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t count = read(fd, (char *) bytes + done, size - done);
        if (count <= 0) return false;
        done += (size_t) count;
    }
    return true;
}

static bool write_all(int fd, const void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t count = send(fd, (const char *) bytes + done, size - done, MSG_NOSIGNAL);
        if (count <= 0) return false;
        done += (size_t) count;
    }
    return true;
}

static int run(int count, char **words, FILE *out) {
    for (const struct command *command = commands; command->name; command++) {
        if (strcmp(command->name, words[0])) continue;
        if (count - 1 < command->words) return -EINVAL;
        pthread_mutex_lock(&lock);
        int result = command->run(count, words, out);
        pthread_mutex_unlock(&lock);
        return result;
    }
    return -EOPNOTSUPP;
}

static bool answer(int fd) {
    uint32_t size;
    if (!read_all(fd, &size, sizeof size) || size == 0 || size > REQUEST_LIMIT) return false;
    char *text = make(size + 1), *words[WORDS];
    int count = 0;
    bool well = read_all(fd, text, size);
    for (char *at = text; well && at < text + size && count < WORDS; at += strlen(at) + 1) words[count++] = at;
    char *bytes = NULL;
    size_t used = 0;
    FILE *out = well ? open_memstream(&bytes, &used) : NULL;
    if (!out) {
        free(text);
        return false;
    }
    int32_t result = run(count, words, out);
    fclose(out);
    uint32_t length = (uint32_t) (sizeof result + used);
    well = write_all(fd, &length, sizeof length) && write_all(fd, &result, sizeof result) && write_all(fd, bytes, used);
    free(bytes);
    free(text);
    return well;
}

static void *serve_one(void *argument) {
    int fd = (int) (intptr_t) argument;
    while (answer(fd)) continue;
    close(fd);
    return NULL;
}

static void *accept_all(void *argument) {
    int listening = (int) (intptr_t) argument, fd;
    while ((fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC)) >= 0 || errno == EINTR || errno == ECONNABORTED) {
        pthread_t thread;
        if (fd < 0) continue;
        if (pthread_create(&thread, NULL, serve_one, (void *) (intptr_t) fd)) close(fd);
        else pthread_detach(thread);
    }
    return NULL;
}

static int address_of(const char *path, struct sockaddr_un *address) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path) {
        fprintf(stderr, "fakelustre: %s: too long for a socket\n", path);
        return -1;
    }
    strcpy(address->sun_path, path);
    return 0;
}

int control_start(void) {
    struct sockaddr_un address;
    if (address_of(control_path, &address)) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(control_path);
    pthread_t thread;
    if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof address) || listen(fd, 128)
        || pthread_create(&thread, NULL, accept_all, (void *) (intptr_t) fd)) {
        perror(control_path);
        return -1;
    }
    chmod(control_path, 0666);
    return 0;
}

/* SOCKET COMMAND ARGUMENT...; prints the answer, or the number, and ends with 1 after an error. */
int control_client(int count, char **words) {
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || address_of(words[0], &address) || connect(fd, (struct sockaddr *) &address, sizeof address)) {
        perror(words[0]);
        return 1;
    }
    uint32_t size = 0;
    for (int i = 1; i < count; i++) size += (uint32_t) strlen(words[i]) + 1;
    bool well = write_all(fd, &size, sizeof size);
    for (int i = 1; i < count && well; i++) well = write_all(fd, words[i], strlen(words[i]) + 1);
    int32_t result;
    well = well && read_all(fd, &size, sizeof size) && read_all(fd, &result, sizeof result);
    if (!well) {
        fprintf(stderr, "%s: no answer\n", words[0]);
        return 1;
    }
    char *bytes = make(size);
    size -= (uint32_t) sizeof result;
    if (!read_all(fd, bytes, size)) return 1;
    if (result < 0) fprintf(stderr, "%s: %s\n", words[1], strerror(-result));
    else if (size > 0) fwrite(bytes, 1, size, stdout);
    else printf("%d\n", result);
    free(bytes);
    close(fd);
    return result < 0 ? 1 : 0;
}
