/*
 * latencyfs: shows a directory through FUSE, read-only, with the latency of a remote metadata server.
 *
 * A parallel filesystem answers a lookup only after a round trip, but answers many of them at once.
 * Here each request is answered a set time after it came in, any number of them side by side, so that
 * the gain of concurrency can be measured on one small machine.
 *
 *   latencyfs [-f] SOURCE MOUNTPOINT -o option,...
 *
 *   meta_us=N      latency of lookup, getattr, readlink, statfs, getxattr, listxattr       [1000]
 *   readdir_us=N   latency of each readdir, one for about 100 names                        [meta_us]
 *   open_us=N      latency of open and opendir                                             [meta_us]
 *   data_us=N      latency of each read, and of looking for holes                          [meta_us]
 *   servers=N      requests that the server works on at once; the others queue; 0: any number  [0]
 *   devices=N      files are striped over so many devices, each of which reads one thing at a time; 0: none  [0]
 *   stripe_kib=N   bytes of a file on one device, before the next one has its turn         [1024]
 *   mib_us=N       how long a device takes for a MiB, besides data_us                      [0]
 *   direct_io=1    a read asks for what its caller asks for: neither the kernel's cache nor its read-ahead  [0]
 *   entry_ms=N     how long the kernel may keep a name                                     [0]
 *   attr_ms=N      how long the kernel may keep attributes                                 [20]
 *   and mount options, such as allow_other. Without -f it goes to the background once mounted.
 *
 * With attr_ms=20 one stat(2) costs one request, as on Lustre or CephFS; with 0 the kernel sends a getattr
 * after each lookup, and every stat or fstat can be counted.
 *
 * The mirror has the source's names, types, attributes, inode numbers, directory offsets, extended
 * attributes and holes. The source must be one filesystem, and nothing in it may be renamed meanwhile:
 * an inode is remembered by its parent and name, since descriptors are few.
 *
 * Counters: the extended attribute user.latencyfs.requests of the mirror's root, "lookup=1 getattr=0 ...".
 * It is not listed and not counted, and needs no lookup: so a test gets an exact count at a known moment,
 * without a signal's race, a file that is not in the source, or this process's number. With -f the same
 * line goes to standard error at the end.
 *
 * user.latencyfs.at_once is its like: the most requests of each kind that waited at once since it was
 * read last, "lookup=1 getattr=0 ...", then of the kinds that only directories and only other files get:
 * "directories=1 files=1".
 *
 * How it works: libfuse's threads only receive. A request goes into a queue ordered by the time at which its
 * answer is due; then one of the answering threads does the work and replies. So a thousand requests
 * in flight need no thousand threads.
 *
 * Needs Linux and libfuse 3.12.
 */
#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/* Receiving threads hand over at once; answering ones may wait for the source's disk. */
enum { RECEIVERS = 4, ANSWERERS = 8 };

/* Room before a path for /proc/self/fd/N/ */
enum { PATH_ROOM = PATH_MAX - 64 };

#define COUNTERS "user.latencyfs.requests"
#define AT_ONCE "user.latencyfs.at_once"

static struct {
    unsigned meta_us, servers, devices, stripe_kib, mib_us, direct_io, entry_ms, attr_ms;
    int readdir_us, open_us, data_us;
    char *source;
} options = {.meta_us = 1000, .stripe_kib = 1024, .attr_ms = 20, .readdir_us = -1, .open_us = -1, .data_us = -1};

static int source_fd;

/* ---- counters ---- */

enum kind {
    LOOKUP, GETATTR, READLINK, OPENDIR, READDIR, OPEN, READ, LSEEK, GETXATTR, LISTXATTR, STATFS, FORGET, KINDS
};

static const char *const kind_names[KINDS] = {"lookup", "getattr", "readlink", "opendir", "readdir", "open",
                                              "read", "lseek", "getxattr", "listxattr", "statfs", "forget"};
static atomic_ulong requests[KINDS];
static atomic_ulong most_waiting;
static atomic_ulong nodes_now;

static size_t counters(char *text, size_t size) {
    size_t used = 0;
    for (int kind = 0; kind < KINDS; kind++)
        used += (size_t) snprintf(text + used, size - used, "%s=%lu ", kind_names[kind], requests[kind]);
    used += (size_t) snprintf(text + used, size - used, "most_waiting=%lu inodes=%lu", most_waiting, nodes_now);
    return used;
}

/* Under the queue's lock. */
enum { DIRECTORIES = KINDS, FILES, GROUPS };
static const char *const group_names[GROUPS - KINDS] = {"directories", "files"};
static unsigned long waiting_now[GROUPS], most_at_once[GROUPS];

/* GROUPS for a kind that both get. */
static int group_of(enum kind kind) {
    switch (kind) {
    case OPENDIR:
    case READDIR: return DIRECTORIES;
    case OPEN:
    case READ:
    case LSEEK: return FILES;
    default: return GROUPS;
    }
}

/* ---- inodes that the kernel remembers ---- */

/*
 * Found by device and inode number, so that the names of one file are one inode. A child holds its
 * parent: the path to it is made from their names.
 */
struct node {
    struct node *next;   /* of the same bucket */
    struct node *parent; /* NULL for the root */
    dev_t device;
    ino_t inode;
    uint64_t holders;    /* lookups that the kernel has not forgotten, and children */
    char name[];
};

enum { BUCKETS = 1 << 20 };

static struct node **buckets;
static struct node *root;
static pthread_mutex_t nodes_lock = PTHREAD_MUTEX_INITIALIZER;

static struct node *node_of(fuse_ino_t number) {
    return number == FUSE_ROOT_ID ? root : (struct node *) (uintptr_t) number;
}

static fuse_ino_t number_of(struct node *node) {
    return node == root ? FUSE_ROOT_ID : (fuse_ino_t) (uintptr_t) node;
}

static struct node **bucket(dev_t device, ino_t inode) {
    uint64_t hash = ((uint64_t) inode ^ (uint64_t) device << 40) * 0x9e3779b97f4a7c15u;
    return &buckets[hash >> 44 & (BUCKETS - 1)];
}

/* Gives the node, with one holder more; NULL without memory. The caller's request holds the parent. */
static struct node *hold(struct node *parent, const char *name, const struct stat *st) {
    struct node **first = bucket(st->st_dev, st->st_ino);
    pthread_mutex_lock(&nodes_lock);
    struct node *node = *first;
    while (node && (node->inode != st->st_ino || node->device != st->st_dev)) node = node->next;
    if (!node) {
        size_t length = strlen(name) + 1;
        node = malloc(sizeof *node + length);
        if (node) {
            *node = (struct node){.next = *first, .parent = parent, .device = st->st_dev, .inode = st->st_ino};
            memcpy(node->name, name, length);
            *first = node;
            parent->holders++;
            nodes_now++;
        }
    }
    if (node) node->holders++;
    pthread_mutex_unlock(&nodes_lock);
    return node;
}

static void let_go(struct node *node, uint64_t holders) {
    pthread_mutex_lock(&nodes_lock);
    while (node != root) {
        node->holders -= holders < node->holders ? holders : node->holders;
        if (node->holders > 0) break;
        struct node **link = bucket(node->device, node->inode);
        while (*link != node) link = &(*link)->next;
        *link = node->next;
        struct node *parent = node->parent;
        free(node);
        nodes_now--;
        node = parent;
        holders = 1;
    }
    pthread_mutex_unlock(&nodes_lock);
}

/* ---- where a node is in the source ---- */

struct place {
    int fd;               /* the source's, or one opened for this place */
    char path[PATH_ROOM]; /* relative to it */
};

static void leave(struct place *place) {
    int error = errno;
    if (place->fd != source_fd) close(place->fd);
    errno = error;
}

/* One step further, through an open directory when the path gets too long. */
static int step(struct place *place, const char *name) {
    size_t used = strlen(place->path), length = strlen(name);
    if (used + length + 2 > sizeof place->path) {
        int fd = openat(place->fd, place->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        leave(place);
        if (fd < 0) return -1;
        place->fd = fd;
        used = 0;
    }
    if (used > 0) place->path[used++] = '/';
    memcpy(place->path + used, name, length + 1);
    return 0;
}

/* Sets place to the node, or to a name in it; -1 and errno when the way there is broken. */
static int find(struct place *place, struct node *node, const char *name) {
    const char **names = NULL;
    size_t depth = 0, size = 0;
    for (; node != root; node = node->parent) {
        if (depth == size) {
            size = size ? size * 2 : 64;
            const char **larger = realloc(names, size * sizeof *names);
            if (!larger) {
                free(names);
                errno = ENOMEM;
                return -1;
            }
            names = larger;
        }
        names[depth++] = node->name;
    }
    place->fd = source_fd;
    place->path[0] = 0;
    int result = 0;
    while (depth > 0 && result == 0) result = step(place, names[--depth]);
    free(names);
    if (result == 0 && name) result = step(place, name);
    if (result == 0 && place->path[0] == 0) strcpy(place->path, ".");
    return result;
}

static int open_in_source(struct node *node, int flags) {
    struct place place;
    if (find(&place, node, NULL)) return -1;
    /* Looking at the mirror must not change the source's access times. */
    int fd = openat(place.fd, place.path, flags | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
    if (fd < 0 && errno == EPERM) fd = openat(place.fd, place.path, flags | O_NOFOLLOW | O_CLOEXEC);
    leave(&place);
    return fd;
}

/* ---- requests that wait ---- */

struct waiting {
    uint64_t due_ns;
    enum kind kind;
    fuse_req_t request;
    struct node *node;
    struct fuse_file_info file;
    size_t size;
    off_t offset;
    int whence;
    char name[];
};

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t earlier; /* the first one changed: for the thread that waits for its time */
static pthread_cond_t vacant = PTHREAD_COND_INITIALIZER; /* nobody waits for the first one */
static struct waiting **heap;
static size_t heap_count, heap_size;
static bool watched, ending;
static uint64_t *free_ns;   /* when each server is free */
static uint64_t *device_ns; /* when each device is free */

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

static unsigned latency_us(enum kind kind) {
    switch (kind) {
    case READDIR: return (unsigned) options.readdir_us;
    case OPEN:
    case OPENDIR: return (unsigned) options.open_us;
    case READ:
    case LSEEK: return (unsigned) options.data_us;
    default: return options.meta_us;
    }
}

static uint64_t after(uint64_t *busy_until_ns, uint64_t arrived_ns, uint64_t takes_ns) {
    *busy_until_ns = (*busy_until_ns > arrived_ns ? *busy_until_ns : arrived_ns) + takes_ns;
    return *busy_until_ns;
}

/* A read goes to the device where it begins: the kernel's are small against a stripe. */
static uint64_t due_of_device(uint64_t arrived_ns, const struct waiting *read) {
    uint64_t stripe = (uint64_t) read->offset / (options.stripe_kib * UINT64_C(1024));
    uint64_t takes_ns = options.data_us * UINT64_C(1000) + (read->size * options.mib_us * UINT64_C(1000) >> 20);
    return after(&device_ns[stripe % options.devices], arrived_ns, takes_ns);
}

/* The queue is locked. A request goes to the server that is free first. */
static uint64_t due(uint64_t arrived_ns, const struct waiting *request) {
    if (options.devices && request->kind == READ) return due_of_device(arrived_ns, request);
    uint64_t latency_ns = latency_us(request->kind) * UINT64_C(1000);
    if (options.servers == 0) return arrived_ns + latency_ns;
    unsigned first = 0;
    for (unsigned i = 1; i < options.servers; i++)
        if (free_ns[i] < free_ns[first]) first = i;
    return after(&free_ns[first], arrived_ns, latency_ns);
}

/* The count begins anew, with what waits now. */
static size_t at_once(char *text, size_t size) {
    size_t used = 0;
    pthread_mutex_lock(&queue_lock);
    for (int i = 0; i < GROUPS; i++) {
        used += (size_t) snprintf(text + used, size - used, "%s%s=%lu", i ? " " : "",
                                  i < KINDS ? kind_names[i] : group_names[i - KINDS], most_at_once[i]);
        most_at_once[i] = waiting_now[i];
    }
    pthread_mutex_unlock(&queue_lock);
    return used;
}

static void count_one(int of) {
    if (of < GROUPS && ++waiting_now[of] > most_at_once[of]) most_at_once[of] = waiting_now[of];
}

static int enqueue(struct waiting *waiting, uint64_t arrived_ns) {
    pthread_mutex_lock(&queue_lock);
    if (heap_count == heap_size) {
        size_t size = heap_size ? heap_size * 2 : 256;
        struct waiting **larger = realloc(heap, size * sizeof *heap);
        if (!larger) {
            pthread_mutex_unlock(&queue_lock);
            return ENOMEM;
        }
        heap = larger;
        heap_size = size;
    }
    waiting->due_ns = due(arrived_ns, waiting);
    size_t at = heap_count++;
    while (at > 0 && heap[(at - 1) / 2]->due_ns > waiting->due_ns) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = waiting;
    if (heap_count > most_waiting) most_waiting = heap_count;
    count_one((int) waiting->kind);
    count_one(group_of(waiting->kind));
    if (at == 0) pthread_cond_signal(watched ? &earlier : &vacant);
    pthread_mutex_unlock(&queue_lock);
    return 0;
}

static struct waiting *take_first(void) {
    struct waiting *first = heap[0], *last = heap[--heap_count];
    waiting_now[first->kind]--;
    if (group_of(first->kind) < GROUPS) waiting_now[group_of(first->kind)]--;
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= heap_count) break;
        if (child + 1 < heap_count && heap[child + 1]->due_ns < heap[child]->due_ns) child++;
        if (heap[child]->due_ns >= last->due_ns) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return first;
}

/* Waits for the next request that is due; NULL at the end. One thread watches the clock at a time. */
static struct waiting *next_due(void) {
    struct waiting *next = NULL;
    pthread_mutex_lock(&queue_lock);
    for (;;) {
        if (heap_count > 0) {
            uint64_t due_ns = heap[0]->due_ns;
            if (ending || due_ns <= now_ns()) {
                next = take_first();
                break;
            }
            if (!watched) {
                struct timespec until = {(time_t) (due_ns / 1000000000u), (long) (due_ns % 1000000000u)};
                watched = true;
                pthread_cond_timedwait(&earlier, &queue_lock, &until);
                watched = false;
                continue;
            }
        } else if (ending) {
            break;
        }
        pthread_cond_wait(&vacant, &queue_lock);
    }
    if (heap_count > 0 && !watched) pthread_cond_signal(&vacant);
    pthread_mutex_unlock(&queue_lock);
    return next;
}

static void wait_for(enum kind kind, struct waiting filled, const char *name) {
    uint64_t arrived_ns = now_ns();
    size_t length = name ? strlen(name) + 1 : 0;
    struct waiting *waiting = malloc(sizeof *waiting + length);
    requests[kind]++;
    if (!waiting) {
        fuse_reply_err(filled.request, ENOMEM);
        return;
    }
    *waiting = filled;
    waiting->kind = kind;
    if (name) memcpy(waiting->name, name, length);
    if (enqueue(waiting, arrived_ns)) {
        fuse_reply_err(filled.request, ENOMEM);
        free(waiting);
    }
}

/* ---- answers ---- */

static void answer_lookup(struct waiting *w) {
    struct fuse_entry_param entry = {.attr_timeout = options.attr_ms / 1000.0,
                                     .entry_timeout = options.entry_ms / 1000.0};
    struct place place;
    if (find(&place, w->node, w->name)) {
        fuse_reply_err(w->request, errno);
        return;
    }
    int error = fstatat(place.fd, place.path, &entry.attr, AT_SYMLINK_NOFOLLOW) ? errno : 0;
    leave(&place);
    if (error) {
        fuse_reply_err(w->request, error);
        return;
    }
    struct node *node = hold(w->node, w->name, &entry.attr);
    if (!node) {
        fuse_reply_err(w->request, ENOMEM);
        return;
    }
    entry.ino = number_of(node);
    if (fuse_reply_entry(w->request, &entry)) let_go(node, 1);
}

static void answer_getattr(struct waiting *w) {
    struct stat st;
    struct place place;
    if (find(&place, w->node, NULL)) {
        fuse_reply_err(w->request, errno);
        return;
    }
    int error = fstatat(place.fd, place.path, &st, AT_SYMLINK_NOFOLLOW) ? errno : 0;
    leave(&place);
    if (error)
        fuse_reply_err(w->request, error);
    else
        fuse_reply_attr(w->request, &st, options.attr_ms / 1000.0);
}

static void answer_readlink(struct waiting *w) {
    char target[PATH_MAX + 1];
    struct place place;
    if (find(&place, w->node, NULL)) {
        fuse_reply_err(w->request, errno);
        return;
    }
    ssize_t length = readlinkat(place.fd, place.path, target, sizeof target - 1);
    leave(&place);
    if (length < 0) {
        fuse_reply_err(w->request, errno);
        return;
    }
    target[length] = 0;
    fuse_reply_readlink(w->request, target);
}

/* An open directory: what getdents gave and the kernel has not got yet. */
struct listing {
    int fd;
    off_t offset; /* of the name at `at` */
    size_t at, length;
    _Alignas(struct dirent64) char names[32 * 1024];
};

static void answer_opendir(struct waiting *w) {
    struct listing *listing = malloc(sizeof *listing);
    if (!listing) {
        fuse_reply_err(w->request, ENOMEM);
        return;
    }
    listing->offset = 0;
    listing->at = listing->length = 0;
    listing->fd = open_in_source(w->node, O_RDONLY | O_DIRECTORY);
    if (listing->fd < 0) {
        fuse_reply_err(w->request, errno);
        free(listing);
        return;
    }
    w->file.fh = (uintptr_t) listing;
    if (fuse_reply_open(w->request, &w->file)) {
        close(listing->fd);
        free(listing);
    }
}

/* The next name, or NULL at the end or with an errno. */
static struct dirent64 *peek(struct listing *listing, int *error) {
    if (listing->at == listing->length) {
        long length = syscall(SYS_getdents64, listing->fd, listing->names, sizeof listing->names);
        if (length <= 0) {
            *error = length < 0 ? errno : 0;
            return NULL;
        }
        listing->at = 0;
        listing->length = (size_t) length;
    }
    return (struct dirent64 *) (listing->names + listing->at);
}

/* The kernel sends one readdir at a time for an open directory. */
static void answer_readdir(struct waiting *w) {
    struct listing *listing = (struct listing *) (uintptr_t) w->file.fh;
    char *reply = malloc(w->size);
    size_t used = 0;
    int error = reply ? 0 : ENOMEM;
    if (!error && w->offset != listing->offset) {
        listing->at = listing->length = 0;
        listing->offset = w->offset;
        if (lseek(listing->fd, w->offset, SEEK_SET) < 0) error = errno;
    }
    struct dirent64 *name;
    while (!error && (name = peek(listing, &error))) {
        struct stat st = {.st_ino = name->d_ino, .st_mode = (mode_t) DTTOIF(name->d_type)};
        if (name->d_type == DT_UNKNOWN) fstatat(listing->fd, name->d_name, &st, AT_SYMLINK_NOFOLLOW);
        size_t length =
            fuse_add_direntry(w->request, reply + used, w->size - used, name->d_name, &st, name->d_off);
        if (length > w->size - used) break;
        used += length;
        listing->offset = name->d_off;
        listing->at += name->d_reclen;
    }
    /* What was read before an error goes first; the kernel asks again. */
    if (error && used == 0)
        fuse_reply_err(w->request, error);
    else
        fuse_reply_buf(w->request, reply, used);
    free(reply);
}

static void answer_open(struct waiting *w) {
    int fd = open_in_source(w->node, O_RDONLY | O_NONBLOCK);
    if (fd < 0) {
        fuse_reply_err(w->request, errno);
        return;
    }
    w->file.fh = (uint64_t) fd;
    w->file.direct_io = options.direct_io != 0;
    if (fuse_reply_open(w->request, &w->file)) close(fd);
}

static void answer_read(struct waiting *w) {
    struct fuse_bufvec data = FUSE_BUFVEC_INIT(w->size);
    data.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK | FUSE_BUF_FD_RETRY;
    data.buf[0].fd = (int) w->file.fh;
    data.buf[0].pos = w->offset;
    fuse_reply_data(w->request, &data, FUSE_BUF_SPLICE_MOVE);
}

static void answer_lseek(struct waiting *w) {
    off_t offset = lseek((int) w->file.fh, w->offset, w->whence);
    if (offset < 0)
        fuse_reply_err(w->request, errno);
    else
        fuse_reply_lseek(w->request, offset);
}

/* Extended attributes have no call relative to a directory: by /proc, which leads there. */
static void answer_xattr(struct waiting *w) {
    struct place place;
    char path[PATH_MAX];
    if (find(&place, w->node, NULL)) {
        fuse_reply_err(w->request, errno);
        return;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", place.fd, place.path);
    char *value = w->size ? malloc(w->size) : NULL;
    ssize_t length = -1;
    if (w->size && !value)
        errno = ENOMEM;
    else if (w->kind == GETXATTR)
        length = lgetxattr(path, w->name, value, w->size);
    else
        length = llistxattr(path, value, w->size);
    leave(&place);
    if (length < 0)
        fuse_reply_err(w->request, errno);
    else if (w->size == 0)
        fuse_reply_xattr(w->request, (size_t) length);
    else
        fuse_reply_buf(w->request, value, (size_t) length);
    free(value);
}

static void answer_statfs(struct waiting *w) {
    struct statvfs st;
    if (fstatvfs(source_fd, &st))
        fuse_reply_err(w->request, errno);
    else
        fuse_reply_statfs(w->request, &st);
}

static void (*const answers[KINDS])(struct waiting *) = {
    [LOOKUP] = answer_lookup,     [GETATTR] = answer_getattr, [READLINK] = answer_readlink,
    [OPENDIR] = answer_opendir,   [READDIR] = answer_readdir, [OPEN] = answer_open,
    [READ] = answer_read,         [LSEEK] = answer_lseek,     [GETXATTR] = answer_xattr,
    [LISTXATTR] = answer_xattr,   [STATFS] = answer_statfs,
};

static void *answerer(void *unused) {
    struct waiting *waiting;
    while ((waiting = next_due())) {
        answers[waiting->kind](waiting);
        free(waiting);
    }
    return unused;
}

/* ---- what libfuse calls ---- */

static void on_init(void *data, struct fuse_conn_info *connection) {
    (void) data;
    /* Attributes come by lookup only: that is what is counted. */
    connection->want &= ~(unsigned) (FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO);
    connection->want |= connection->capable & FUSE_CAP_PARALLEL_DIROPS;
    connection->max_background = 1024;
    connection->congestion_threshold = 1024;
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
    wait_for(LOOKUP, (struct waiting){.request = request, .node = node_of(parent)}, name);
}

static void on_forget(fuse_req_t request, fuse_ino_t number, uint64_t lookups) {
    requests[FORGET]++;
    let_go(node_of(number), lookups);
    fuse_reply_none(request);
}

static void on_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *forgets) {
    requests[FORGET] += count;
    for (size_t i = 0; i < count; i++) let_go(node_of(forgets[i].ino), forgets[i].nlookup);
    fuse_reply_none(request);
}

static void on_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
    (void) file;
    wait_for(GETATTR, (struct waiting){.request = request, .node = node_of(number)}, NULL);
}

static void on_readlink(fuse_req_t request, fuse_ino_t number) {
    wait_for(READLINK, (struct waiting){.request = request, .node = node_of(number)}, NULL);
}

static void on_opendir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
    wait_for(OPENDIR, (struct waiting){.request = request, .node = node_of(number), .file = *file}, NULL);
}

static void on_readdir(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
                       struct fuse_file_info *file) {
    wait_for(READDIR,
             (struct waiting){
                 .request = request, .node = node_of(number), .file = *file, .size = size, .offset = offset},
             NULL);
}

static void on_releasedir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
    struct listing *listing = (struct listing *) (uintptr_t) file->fh;
    (void) number;
    close(listing->fd);
    free(listing);
    fuse_reply_err(request, 0);
}

static void on_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
    if ((file->flags & O_ACCMODE) != O_RDONLY) {
        fuse_reply_err(request, EROFS);
        return;
    }
    wait_for(OPEN, (struct waiting){.request = request, .node = node_of(number), .file = *file}, NULL);
}

static void on_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
                    struct fuse_file_info *file) {
    wait_for(READ,
             (struct waiting){
                 .request = request, .node = node_of(number), .file = *file, .size = size, .offset = offset},
             NULL);
}

static void on_lseek(fuse_req_t request, fuse_ino_t number, off_t offset, int whence,
                     struct fuse_file_info *file) {
    wait_for(LSEEK,
             (struct waiting){
                 .request = request, .node = node_of(number), .file = *file, .offset = offset, .whence = whence},
             NULL);
}

static void on_release(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
    (void) number;
    close((int) file->fh);
    fuse_reply_err(request, 0);
}

static void on_getxattr(fuse_req_t request, fuse_ino_t number, const char *name, size_t size) {
    bool all = strcmp(name, COUNTERS) == 0;
    if (number == FUSE_ROOT_ID && (all || strcmp(name, AT_ONCE) == 0)) {
        char text[1024];
        /* The figures may grow from the call for the size to that for the value. */
        if (size == 0) {
            fuse_reply_xattr(request, sizeof text);
        } else if (size < sizeof text) {
            fuse_reply_err(request, ERANGE);
        } else {
            size_t length = all ? counters(text, sizeof text) : at_once(text, sizeof text);
            fuse_reply_buf(request, text, length);
        }
        return;
    }
    wait_for(GETXATTR, (struct waiting){.request = request, .node = node_of(number), .size = size}, name);
}

static void on_listxattr(fuse_req_t request, fuse_ino_t number, size_t size) {
    wait_for(LISTXATTR, (struct waiting){.request = request, .node = node_of(number), .size = size}, NULL);
}

static void on_statfs(fuse_req_t request, fuse_ino_t number) {
    wait_for(STATFS, (struct waiting){.request = request, .node = node_of(number)}, NULL);
}

static const struct fuse_lowlevel_ops operations = {
    .init = on_init,
    .lookup = on_lookup,
    .forget = on_forget,
    .forget_multi = on_forget_multi,
    .getattr = on_getattr,
    .readlink = on_readlink,
    .opendir = on_opendir,
    .readdir = on_readdir,
    .releasedir = on_releasedir,
    .open = on_open,
    .read = on_read,
    .lseek = on_lseek,
    .release = on_release,
    .getxattr = on_getxattr,
    .listxattr = on_listxattr,
    .statfs = on_statfs,
};

/* ---- start and end ---- */

static const struct fuse_opt option_table[] = {
    {"meta_us=%u", offsetof(__typeof__(options), meta_us), 0},
    {"readdir_us=%d", offsetof(__typeof__(options), readdir_us), 0},
    {"open_us=%d", offsetof(__typeof__(options), open_us), 0},
    {"data_us=%d", offsetof(__typeof__(options), data_us), 0},
    {"servers=%u", offsetof(__typeof__(options), servers), 0},
    {"devices=%u", offsetof(__typeof__(options), devices), 0},
    {"stripe_kib=%u", offsetof(__typeof__(options), stripe_kib), 0},
    {"mib_us=%u", offsetof(__typeof__(options), mib_us), 0},
    {"direct_io=%u", offsetof(__typeof__(options), direct_io), 0},
    {"entry_ms=%u", offsetof(__typeof__(options), entry_ms), 0},
    {"attr_ms=%u", offsetof(__typeof__(options), attr_ms), 0},
    FUSE_OPT_END,
};

static int take_source(void *data, const char *argument, int key, struct fuse_args *rest) {
    (void) data;
    (void) rest;
    if (key != FUSE_OPT_KEY_NONOPT || options.source) return 1;
    options.source = strdup(argument);
    return options.source ? 0 : -1;
}

static int prepare(void) {
    struct stat st;
    if (options.readdir_us < 0) options.readdir_us = (int) options.meta_us;
    if (options.open_us < 0) options.open_us = (int) options.meta_us;
    if (options.data_us < 0) options.data_us = (int) options.meta_us;
    source_fd = open(options.source, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (source_fd < 0 || fstatat(source_fd, "", &st, AT_EMPTY_PATH)) {
        fprintf(stderr, "latencyfs: %s: %s\n", options.source, strerror(errno));
        return -1;
    }
    buckets = calloc(BUCKETS, sizeof *buckets);
    root = calloc(1, sizeof *root + 1);
    free_ns = calloc(options.servers + 1, sizeof *free_ns);
    device_ns = calloc(options.devices + 1, sizeof *device_ns);
    if (options.stripe_kib == 0) options.stripe_kib = 1024;
    if (!buckets || !root || !free_ns || !device_ns) {
        fprintf(stderr, "latencyfs: %s\n", strerror(ENOMEM));
        return -1;
    }
    root->device = st.st_dev;
    root->inode = st.st_ino;
    root->holders = 1;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    /* Wake up when it is time and not up to 50 us later; threads inherit it. */
    prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&earlier, &monotonic);
    return 0;
}

static int serve(struct fuse_session *session) {
    pthread_t threads[ANSWERERS];
    int started = 0, result = -1;
    struct fuse_loop_config *loop = fuse_loop_cfg_create();
    /* The signals that end it are for the main thread, which waits for them. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started < ANSWERERS && pthread_create(&threads[started], NULL, answerer, NULL) == 0) started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (loop && started == ANSWERERS) {
        fuse_loop_cfg_set_clone_fd(loop, 0);
        fuse_loop_cfg_set_max_threads(loop, RECEIVERS);
        fuse_loop_cfg_set_idle_threads(loop, RECEIVERS);
        result = fuse_session_loop_mt(session, loop);
    }
    pthread_mutex_lock(&queue_lock);
    ending = true;
    pthread_cond_broadcast(&earlier);
    pthread_cond_broadcast(&vacant);
    pthread_mutex_unlock(&queue_lock);
    while (started > 0) pthread_join(threads[--started], NULL);
    if (loop) fuse_loop_cfg_destroy(loop);
    return result;
}

int main(int argc, char **argv) {
    struct fuse_args arguments = FUSE_ARGS_INIT(argc, argv);
    struct fuse_cmdline_opts command = {0};
    if (fuse_opt_parse(&arguments, &options, option_table, take_source)
        || fuse_parse_cmdline(&arguments, &command) || !options.source || !command.mountpoint) {
        fprintf(stderr, "usage: latencyfs [-f] SOURCE MOUNTPOINT -o meta_us=N,...\n");
        return 2;
    }
    if (prepare() || fuse_opt_add_arg(&arguments, "-oro,fsname=latencyfs,subtype=latencyfs")) return 1;
    int result = 1;
    struct fuse_session *session = fuse_session_new(&arguments, &operations, sizeof operations, NULL);
    if (!session) return 1;
    if (fuse_set_signal_handlers(session) == 0 && fuse_session_mount(session, command.mountpoint) == 0) {
        if (fuse_daemonize(command.foreground) == 0) result = serve(session) == 0 ? 0 : 1;
        fuse_session_unmount(session);
        char text[1024];
        counters(text, sizeof text);
        fprintf(stderr, "%s\n", text);
    }
    fuse_remove_signal_handlers(session);
    fuse_session_destroy(session);
    free(command.mountpoint);
    fuse_opt_free_args(&arguments);
    return result;
}
