/*
 * fakelustre: what a Lustre client shows, without Lustre. For tests.
 *
 *   fakelustre DIRECTORY MOUNTPOINT -o option,...     mounts, in the foreground
 *   fakelustre ctl SOCKET COMMAND ARGUMENT...         see control.c
 *
 * DIRECTORY holds the bytes of files; names, attributes and changelogs are in memory and end with the process.
 *
 *   control=PATH    socket for the commands, and for the fake liblustreapi.so.1   [DIRECTORY/control]
 *   fs=NAME         the filesystem's name                                         [lustre]
 *   pools=A:B       OST pools that are there                                      [none]
 *   NAME=N          of the settings in the table below, which says what is without
 *   max_read=N      and other options of a mount
 *
 * It prints "mounted", and unmounts and ends when its standard input ends: so it lives no longer than who
 * started it.
 *
 * One thread for each request waits where one has to wait (for a recall, an OST); one lock is over everything else.
 * Needs Linux and libfuse 3.12.
 */
#include "fake.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 1024 };

struct settings settings = {
    .mdts = 2, .osts = 4, .rr_depth = 3, .stripe_kib = 1024, .stripe_count = 1, .remote_rename = 1, .jobid = 1,
    .readahead_kib = 128, .mask = 0x77fbff, .job_xattr = 1, .audit = 1, .idle_ms = 2592000000u,
};
static char usual_name[] = "lustre";
char *fsname = usual_name, *backing, *control_path, *mount_point, *pools;
struct fuse_session *session;

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed;

uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

int64_t now_s(void) {
    return time(NULL) - settings.behind_s;
}

static struct timespec spec_of(uint64_t ns) {
    return (struct timespec){.tv_sec = (time_t) (ns / 1000000000u), .tv_nsec = (long) (ns % 1000000000u)};
}

void sleep_until(uint64_t due_ns) {
    struct timespec due = spec_of(due_ns);
    pthread_mutex_unlock(&lock);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) continue;
    pthread_mutex_lock(&lock);
}

void await(uint64_t due_ns) {
    struct timespec due = spec_of(due_ns);
    pthread_cond_timedwait(&changed, &lock, &due);
}

void *make(size_t bytes) {
    void *made = calloc(1, bytes ? bytes : 1);
    if (!made) {
        fprintf(stderr, "fakelustre: no memory\n");
        abort();
    }
    return made;
}

void *copy_of(const void *bytes, size_t size) {
    void *copy = make(size);
    if (size) memcpy(copy, bytes, size);
    return copy;
}

static const struct fuse_opt option_table[] = {
    FUSE_OPT_KEY("control=%s", 0), /* the names are taken below, the numbers here */
#define NUMBER(name, format) {#name "=" format, offsetof(struct settings, name), 0}
    NUMBER(mdts, "%u"), NUMBER(osts, "%u"), NUMBER(rr_depth, "%u"), NUMBER(stripe_kib, "%u"),
    NUMBER(stripe_count, "%u"), NUMBER(ost_us, "%u"), NUMBER(mib_us, "%u"), NUMBER(recall_us, "%u"),
    NUMBER(restore_us, "%u"), NUMBER(archive_us, "%u"), NUMBER(opencache_ms, "%u"), NUMBER(idle_ms, "%lu"),
    NUMBER(remote_rename, "%u"), NUMBER(strict_pools, "%u"), NUMBER(strict_stripes, "%u"), NUMBER(jobid, "%u"),
    NUMBER(direct_io, "%u"), NUMBER(readahead_kib, "%u"), NUMBER(mask, "%u"), NUMBER(job_xattr, "%u"),
    NUMBER(audit, "%u"), NUMBER(behind_s, "%u"),
#undef NUMBER
    FUSE_OPT_KEY("fs=%s", 1), FUSE_OPT_KEY("pools=%s", 2), FUSE_OPT_END,
};

static int take_word(void *data, const char *argument, int key, struct fuse_args *arguments) {
    (void) data;
    (void) arguments;
    char **const words[] = {&control_path, &fsname, &pools};
    if (key >= 0 && key < 3) {
        const char *value = strchr(argument, '=') + 1;
        *words[key] = copy_of(value, strlen(value) + 1);
        return 0;
    }
    if (key != FUSE_OPT_KEY_NONOPT || backing) return 1;
    backing = realpath(argument, NULL);
    return backing ? 0 : -1;
}

static void on_init(void *data, struct fuse_conn_info *connection) {
    (void) data;
    connection->want |= connection->capable & (FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_IOCTL_DIR | FUSE_CAP_POSIX_ACL
                                               | FUSE_CAP_DONT_MASK | FUSE_CAP_PARALLEL_DIROPS);
    connection->want &= ~(unsigned) (FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO);
    connection->max_readahead = settings.readahead_kib * 1024;
    connection->max_background = THREADS / 2;
}

static const struct fuse_lowlevel_ops operations = {
    .init = on_init, .lookup = on_lookup, .forget = on_forget, .forget_multi = on_forget_multi, .getattr = on_getattr,
    .setattr = on_setattr, .readlink = on_readlink, .mknod = on_mknod, .mkdir = on_mkdir, .unlink = on_unlink,
    .rmdir = on_rmdir, .symlink = on_symlink, .rename = on_rename, .link = on_link, .open = on_open, .read = on_read,
    .write = on_write, .flush = on_flush, .release = on_release, .fsync = on_fsync, .opendir = on_opendir,
    .readdir = on_readdir, .fsyncdir = on_fsync, .statfs = on_statfs, .setxattr = on_setxattr,
    .getxattr = on_getxattr, .listxattr = on_listxattr, .removexattr = on_removexattr, .create = on_create,
    .ioctl = on_ioctl, .fallocate = on_fallocate, .lseek = on_lseek,
};

/* Whoever started this has the other end; requests that still wait for something end with the process. */
static void *end_with_input(void *unused) {
    char byte;
    ssize_t count;
    while ((count = read(STDIN_FILENO, &byte, 1)) > 0 || (count < 0 && errno == EINTR)) continue;
    umount2(mount_point, MNT_DETACH);
    unlink(control_path);
    _exit(0);
    return unused;
}

static int serve(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, end_with_input, NULL) || control_start()) return 1;
    work_start();
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    if (!config) return 1;
    fuse_loop_cfg_set_max_threads(config, THREADS);
    fuse_loop_cfg_set_idle_threads(config, 8);
    printf("mounted\n");
    fflush(stdout);
    int error = fuse_session_loop_mt(session, config);
    fuse_loop_cfg_destroy(config);
    return error ? 1 : 0;
}

static int prepare(struct fuse_args *arguments) {
    if (settings.mdts == 0 || settings.mdts > MAX_MDTS || settings.osts == 0 || settings.osts > MAX_OSTS) {
        fprintf(stderr, "fakelustre: mdts is 1 to %d, osts 1 to %d\n", MAX_MDTS, MAX_OSTS);
        return 1;
    }
    char text[PATH_MAX + 64];
    if (!control_path) {
        snprintf(text, sizeof text, "%s/control", backing);
        control_path = copy_of(text, strlen(text) + 1);
    }
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attributes);
    for (unsigned i = 0; i < MAX_MDTS; i++) *changelog_mask(i) = settings.mask;
    tree_start();
    snprintf(text, sizeof text, "-ofsname=0@lo:/%s,subtype=lustre,default_permissions,dev,suid%s", fsname,
             getuid() == 0 ? ",allow_other" : "");
    return fuse_opt_add_arg(arguments, text);
}

int main(int argc, char **argv) {
    if (argc > 3 && !strcmp(argv[1], "ctl")) return control_client(argc - 2, argv + 2);
    struct fuse_args arguments = FUSE_ARGS_INIT(argc, argv);
    struct fuse_cmdline_opts command = {0};
    if (fuse_opt_parse(&arguments, &settings, option_table, take_word)
        || fuse_parse_cmdline(&arguments, &command) || !backing || !command.mountpoint) {
        fprintf(stderr, "usage: fakelustre DIRECTORY MOUNTPOINT -o mdts=N,...\n"
                        "       fakelustre ctl SOCKET COMMAND ARGUMENT...\n");
        return 2;
    }
    mount_point = realpath(command.mountpoint, NULL);
    if (!mount_point || prepare(&arguments)) return 1;
    session = fuse_session_new(&arguments, &operations, sizeof operations, NULL);
    if (!session || fuse_session_mount(session, mount_point)) return 1;
    int result = serve();
    fuse_session_unmount(session);
    fuse_session_destroy(session);
    unlink(control_path);
    return result;
}
