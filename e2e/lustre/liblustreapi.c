/*
 * A liblustreapi.so.1 for fakelustre: the names, arguments, structures and results of the real one, as its headers
 * lustreapi.h and lustre_user.h have them. All results are 0 or -errno, unless said otherwise.
 *
 * The filesystem is found as the real one finds it: by the mounts. Its commands' socket is what the attribute
 * user.fakelustre.control of the mount's root says, or the environment's FAKE_LUSTRE.
 */
#define _GNU_SOURCE
#include "repack.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <string.h>

#define MOUNT_TYPE "fuse.lustre"
#define CONTROL "user.fakelustre.control"

enum { RECORD_LIMIT = 952, BATCH = 1 << 16, NAME_LIMIT = 8, MESSAGE_ERROR = 2, MESSAGE_WARN = 3 };
enum { IOC_HSM_STATE_GET = 0x802066d3, IOC_FID2MDTIDX = 0xc01066f8, IOC_GET_MDTIDX = 0x800466af };

struct fid {
    uint64_t sequence;
    uint32_t object, version;
};

struct user_item {
    struct fid fid;
    uint64_t offset, length;
};

struct user_request {
    uint32_t action, archive;
    uint64_t flags;
    uint32_t items, data_bytes;
    struct user_item item[];
};

struct reader {
    unsigned magic;
    int socket, ready, send_flags, extra_flags;
    char mdt[64];
    uint64_t next;
    size_t used, at;
    uint8_t batch[BATCH];
};

enum { READER_MAGIC = 0x0a8e1080 };

static int message_level = MESSAGE_WARN;

/* What an application may call; nothing else of this file is seen outside. */
void llapi_msg_set_level(int level);
int llapi_search_fsname(const char *path, char *name);
int llapi_changelog_start(void **reader, int flags, const char *mdt, long long first);
int llapi_changelog_fini(void **reader);
int llapi_changelog_recv(void *reader, uint8_t **record);
int llapi_changelog_in_buf(void *reader);
int llapi_changelog_free(uint8_t **record);
int llapi_changelog_get_fd(void *reader);
int llapi_changelog_clear(const char *mdt, const char *id, long long last);
int llapi_changelog_set_xflags(void *reader, int flags);
int llapi_path2fid(const char *path, struct fid *fid);
int llapi_fid2path(const char *device, const char *text, char *path, int size, long long *record, int *link);
int llapi_hsm_state_get_fd(int fd, uint8_t *state);
int llapi_hsm_state_get(const char *path, uint8_t *state);
int llapi_hsm_request(const char *path, const struct user_request *request);
int llapi_hsm_current_action(const char *path, uint8_t *action);
int llapi_get_obd_count(const char *mount, int *count, int is_mdt);
int llapi_get_mdt_index_by_fid(int fd, const struct fid *of, int *index);
int llapi_file_fget_mdtidx(int fd, int *index);

static void say(int level, const char *format, ...) {
    if (level > message_level) return;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

void llapi_msg_set_level(int level) {
    message_level = level;
}

/* ---- mounts and their sockets ---- */

/* The name in "0@lo:/name"; NULL if that is none. */
static const char *name_in(const char *source) {
    const char *name = strstr(source, ":/");
    return name ? name + 2 : NULL;
}

/* The mount of that filesystem, or, without a name, the one of that path. */
static int find_mount(const char *name, const char *path, char mount[PATH_MAX], char found[NAME_LIMIT + 1]) {
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    if (!mounts) return -errno;
    size_t best = 0;
    char room[2 * PATH_MAX];
    struct mntent entry;
    while (getmntent_r(mounts, &entry, room, sizeof room)) {
        const char *is = strcmp(entry.mnt_type, MOUNT_TYPE) ? NULL : name_in(entry.mnt_fsname);
        size_t length = strlen(entry.mnt_dir);
        if (!is || strlen(is) > NAME_LIMIT) continue;
        if (name && strcmp(name, is)) continue;
        if (path && (strncmp(path, entry.mnt_dir, length) || (path[length] != '/' && path[length]))) continue;
        if (length < best) continue;
        best = length;
        snprintf(mount, PATH_MAX, "%s", entry.mnt_dir);
        strcpy(found, is);
    }
    endmntent(mounts);
    return best > 0 ? 0 : -ENODEV;
}

static int find_mount_of(const char *path, char mount[PATH_MAX], char name[NAME_LIMIT + 1]) {
    char real[PATH_MAX];
    if (!realpath(path, real)) return -errno;
    return find_mount(NULL, real, mount, name);
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (struct sockaddr *) &address, sizeof address) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

/* To the filesystem of that name, or of that mount. */
static int connect_of(const char *name, const char *mounted) {
    const char *told = getenv("FAKE_LUSTRE");
    if (told && *told) return connect_to(told);
    char mount[PATH_MAX], found[NAME_LIMIT + 1], path[PATH_MAX];
    if (!mounted) {
        int error = find_mount(name, NULL, mount, found);
        if (error) return error;
        mounted = mount;
    }
    ssize_t size = getxattr(mounted, CONTROL, path, sizeof path - 1);
    if (size < 0) return -errno;
    path[size] = 0;
    return connect_to(path);
}

int llapi_search_fsname(const char *path, char *name) {
    char mount[PATH_MAX], real[PATH_MAX];
    if (!realpath(path, real)) {
        /* The place for a new file is asked by its directory. */
        const char *slash = strrchr(path, '/');
        char parent[PATH_MAX] = ".";
        if (errno != ENOENT || strlen(path) >= sizeof parent) return -errno;
        if (slash) snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int) (slash - path), path);
        if (!realpath(parent, real)) return -errno;
    }
    return find_mount(NULL, real, mount, name);
}

/* ---- calls ---- */

static int move_all(int fd, bool out, void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t count = out ? send(fd, (char *) bytes + done, size - done, MSG_NOSIGNAL)
                            : read(fd, (char *) bytes + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return count < 0 ? -errno : -ENOTCONN;
        done += (size_t) count;
    }
    return 0;
}

/* Words that end with NULL. Gives the result; answered: what came in, and how much of it there is. */
static int ask(int fd, void *answer, size_t room, size_t *answered, ...) {
    char *request = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&request, &size);
    if (!out) return -ENOMEM;
    va_list words;
    va_start(words, answered);
    for (const char *word; (word = va_arg(words, const char *));) fwrite(word, 1, strlen(word) + 1, out);
    va_end(words);
    fclose(out);
    uint32_t length = (uint32_t) size;
    int32_t result = 0;
    int error = move_all(fd, true, &length, sizeof length);
    if (!error) error = move_all(fd, true, request, size);
    free(request);
    if (!error) error = move_all(fd, false, &length, sizeof length);
    if (!error) error = move_all(fd, false, &result, sizeof result);
    if (error) return error;
    length -= (uint32_t) sizeof result;
    if (length > room) return -EOVERFLOW;
    if (answered) *answered = length;
    error = move_all(fd, false, answer, length);
    return error ? error : result;
}

static const char *number(char text[24], long long value) {
    snprintf(text, 24, "%lld", value);
    return text;
}

/* ---- changelogs ---- */

static int connect_of_mdt(const char *mdt) {
    char name[NAME_LIMIT + 1];
    const char *dash = strstr(mdt, "-MDT");
    if (!dash || dash == mdt || dash - mdt > NAME_LIMIT) return -EINVAL;
    snprintf(name, sizeof name, "%.*s", (int) (dash - mdt), mdt);
    return connect_of(name, NULL);
}

int llapi_changelog_start(void **made, int flags, const char *mdt, long long first) {
    static bool warned;
    int fd = connect_of_mdt(mdt);
    if (fd < 0) return fd == -EINVAL ? fd : -ENOENT;
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader || strlen(mdt) >= sizeof reader->mdt) {
        free(reader);
        close(fd);
        return -ENOMEM;
    }
    *reader = (struct reader){.magic = READER_MAGIC, .socket = fd, .send_flags = flags, .next = (uint64_t) first};
    strcpy(reader->mdt, mdt);
    /* A log that is not there is known at once, as a device would be. */
    int error = ask(fd, reader->batch, BATCH, NULL, "lib-mdt-is", mdt, NULL);
    reader->ready = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    if (error || reader->ready < 0) {
        void *gone = reader;
        llapi_changelog_fini(&gone);
        return error ? error : -EMFILE;
    }
    if (!warned && !(flags & SEND_EXTRA))
        say(MESSAGE_WARN, "warning: llapi_changelog_start() called without CHANGELOG_FLAG_EXTRA_FLAGS\n");
    if (!warned && !(flags & SEND_JOBID))
        say(MESSAGE_WARN, "warning: llapi_changelog_start() called without CHANGELOG_FLAG_JOBID\n");
    warned = true;
    *made = reader;
    return 0;
}

int llapi_changelog_fini(void **given) {
    struct reader *reader = *given;
    if (!reader || reader->magic != READER_MAGIC) return -EINVAL;
    close(reader->socket);
    if (reader->ready >= 0) close(reader->ready);
    free(reader);
    *given = NULL;
    return 0;
}

static int fill(struct reader *reader) {
    char next[24], size[24];
    snprintf(next, sizeof next, "%llu", (unsigned long long) reader->next);
    reader->at = reader->used = 0;
    return ask(reader->socket, reader->batch, BATCH, &reader->used, "lib-read", reader->mdt, next,
               number(size, BATCH), reader->send_flags & SEND_FOLLOW ? "1" : "0", NULL);
}

/* 0: a record; 1: there is none; then with SEND_FOLLOW one is waited for. */
int llapi_changelog_recv(void *given, uint8_t **record) {
    struct reader *reader = given;
    if (!reader || reader->magic != READER_MAGIC || !record) return -EINVAL;
    *record = NULL;
    while (reader->at == reader->used) {
        int error = fill(reader);
        if (error) return error;
        if (reader->used == 0 && !(reader->send_flags & SEND_FOLLOW)) return 1;
    }
    uint8_t *made = calloc(1, RECORD_LIMIT);
    if (!made) return -ENOMEM;
    const uint8_t *raw = reader->batch + reader->at;
    repack(raw, reader->send_flags, reader->extra_flags, made);
    reader->at += repack_size(raw);
    memcpy(&reader->next, raw + 8, sizeof reader->next);
    reader->next++;
    *record = made;
    return 0;
}

int llapi_changelog_in_buf(void *given) {
    struct reader *reader = given;
    if (!reader || reader->magic != READER_MAGIC) return -EINVAL;
    return reader->at < reader->used;
}

int llapi_changelog_free(uint8_t **record) {
    free(*record);
    *record = NULL;
    return 0;
}

/* Always readable: without SEND_FOLLOW a call of llapi_changelog_recv never waits for records. */
int llapi_changelog_get_fd(void *given) {
    struct reader *reader = given;
    return !reader || reader->magic != READER_MAGIC ? -EINVAL : reader->ready;
}

int llapi_changelog_set_xflags(void *given, int flags) {
    struct reader *reader = given;
    if (!reader || reader->magic != READER_MAGIC) return -EINVAL;
    reader->extra_flags = flags;
    return 0;
}

int llapi_changelog_clear(const char *mdt, const char *id, long long last) {
    char text[24];
    unsigned parsed;
    if (last < 0) {
        say(MESSAGE_ERROR, "can't purge negative records\n");
        return -EINVAL;
    }
    if (sscanf(id, "cl%u", &parsed) != 1) return -EINVAL;
    int fd = connect_of_mdt(mdt);
    if (fd < 0) return fd == -EINVAL ? fd : -ENOENT;
    int result = ask(fd, NULL, 0, NULL, "lib-clear", mdt, id, number(text, last), NULL);
    close(fd);
    if (result < 0) say(MESSAGE_ERROR, "cannot purge records for '%s': %s\n", id, strerror(-result));
    return result;
}

/* ---- FIDs and paths ---- */

/* One question about that path's filesystem, by the inode number of the path itself. */
static int ask_of_path(const char *path, bool follow, const char *command, void *answer, size_t size) {
    struct stat st;
    char mount[PATH_MAX], name[NAME_LIMIT + 1], text[24];
    if (follow ? stat(path, &st) : lstat(path, &st)) return -errno;
    char held[64];
    int place = open(path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
    if (place < 0) return -errno;
    snprintf(held, sizeof held, "/proc/self/fd/%d", place);
    char real[PATH_MAX];
    ssize_t length = readlink(held, real, sizeof real - 1);
    close(place);
    if (length < 0) return -errno;
    real[length] = 0;
    int error = find_mount(NULL, real, mount, name);
    if (error) return -ENOTTY;
    int fd = connect_of(name, mount);
    if (fd < 0) return fd;
    snprintf(text, sizeof text, "%llu", (unsigned long long) st.st_ino);
    int result = ask(fd, answer, size, NULL, command, text, NULL);
    close(fd);
    return result;
}

int llapi_path2fid(const char *path, struct fid *fid) {
    return ask_of_path(path, false, "lib-path2fid", fid, sizeof *fid);
}

/* device: a mount point or the filesystem's name. link: which name; goes on by one if there are more. */
int llapi_fid2path(const char *device, const char *text, char *path, int size, long long *record, int *link) {
    (void) record;
    char found[PATH_MAX], mount[PATH_MAX], name[NAME_LIMIT + 1], which[24];
    int fd;
    if (*device == '/') {
        int error = find_mount_of(device, mount, name);
        fd = error ? error : connect_of(name, mount);
    } else {
        fd = connect_of(device, NULL);
    }
    if (fd < 0) return fd;
    size_t answered;
    int result = ask(fd, found, sizeof found, &answered, "lib-fid2path", text, number(which, link ? *link : 0), NULL);
    close(fd);
    if (result < 0) return result;
    if (answered > (size_t) size) return -EOVERFLOW;
    memcpy(path, found, answered);
    if (link) *link += result;
    return 0;
}

int llapi_get_mdt_index_by_fid(int fd, const struct fid *of, int *index) {
    struct fid asked = *of;
    int result = ioctl(fd, IOC_FID2MDTIDX, &asked);
    if (result < 0) return -errno;
    *index = result;
    return 0;
}

int llapi_file_fget_mdtidx(int fd, int *index) {
    return ioctl(fd, IOC_GET_MDTIDX, index) < 0 ? -errno : 0;
}

int llapi_get_obd_count(const char *mount, int *count, int is_mdt) {
    char found[PATH_MAX], name[NAME_LIMIT + 1];
    int error = find_mount_of(mount, found, name);
    int fd = error ? error : connect_of(name, found);
    if (fd < 0) return fd;
    int result = ask(fd, NULL, 0, NULL, "lib-obds", is_mdt ? "1" : "0", NULL);
    close(fd);
    if (result < 0) return result;
    *count = result;
    return 0;
}

/* ---- HSM ---- */

int llapi_hsm_state_get_fd(int fd, uint8_t *state) {
    return ioctl(fd, IOC_HSM_STATE_GET, state) < 0 ? -errno : 0;
}

int llapi_hsm_state_get(const char *path, uint8_t *state) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -errno;
    int result = llapi_hsm_state_get_fd(fd, state);
    close(fd);
    return result;
}

int llapi_hsm_request(const char *path, const struct user_request *request) {
    char mount[PATH_MAX], name[NAME_LIMIT + 1], action[24], archive[24];
    int error = find_mount_of(path, mount, name);
    int fd = error ? error : connect_of(name, mount);
    if (fd < 0) return fd;
    char *fids = calloc(request->items + 1, 64);
    size_t used = 0;
    for (uint32_t i = 0; fids && i < request->items; i++) {
        const struct fid *fid = &request->item[i].fid;
        used += (size_t) sprintf(fids + used, "[0x%llx:0x%x:0x%x] ", (unsigned long long) fid->sequence, fid->object,
                                 fid->version);
    }
    int result = fids ? ask(fd, NULL, 0, NULL, "lib-hsm-request", number(action, request->action),
                            number(archive, request->archive), fids, NULL)
                      : -ENOMEM;
    free(fids);
    close(fd);
    return result;
}

int llapi_hsm_current_action(const char *path, uint8_t *action) {
    return ask_of_path(path, true, "lib-hsm-action", action, 24);
}
