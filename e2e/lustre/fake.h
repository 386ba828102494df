/* What the parts of fakelustre share; see main.c for what it is. */
#ifndef FAKE_H
#define FAKE_H

#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include <errno.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_MDTS = 64, MAX_OSTS = 256, NAME_BYTES = 255, JOBID_BYTES = 32, MIB = 1 << 20 };

/* ---- options, set before the mount and by "fakelustre ctl ... set NAME VALUE" ---- */

struct settings {
    unsigned mdts, osts;
    unsigned rr_depth;         /* directories of parents above this depth go round the MDTs */
    unsigned stripe_kib, stripe_count; /* of files whose directory says nothing */
    unsigned ost_us, mib_us;   /* how long an OST takes for a read, and for each MiB of it */
    unsigned recall_us, restore_us; /* of a recall by an access, and of a RESTORE asked for */
    unsigned archive_us;       /* of an ARCHIVE or REMOVE asked for */
    unsigned opencache_ms;     /* how long a client keeps back a CLOSE; 0: not at all */
    unsigned long idle_ms;     /* after which a changelog user is collected */
    unsigned remote_rename;    /* 0: a rename between MDTs gives EXDEV */
    unsigned strict_pools;     /* 1: an unknown pool gives ENOENT */
    unsigned strict_stripes;   /* 1: more stripes than OSTs give EINVAL instead of as many as there are */
    unsigned jobid;            /* 0: the client sends none */
    unsigned direct_io;        /* 1: every read(2) arrives here; then MAP_SHARED is refused */
    unsigned readahead_kib;
    unsigned mask;             /* bits of record types */
    unsigned job_xattr;        /* 1: user.job on what is made, as since 2.16 */
    unsigned behind_s;         /* how far the servers' clocks are behind this host's */
    unsigned audit;            /* 0: as in a nodemap without audit_mode, what clients do has no records */
};
extern struct settings settings;
extern char *fsname, *backing, *control_path, *mount_point, *pools;
extern struct fuse_session *session;

/* All that follows is under this lock, unless said otherwise; changed is for whoever waits for something. */
extern pthread_mutex_t lock;
extern pthread_cond_t changed;

uint64_t now_ns(void);
int64_t now_s(void);
/* Waits without the lock until then; it is taken again. */
void sleep_until(uint64_t due_ns);
/* Waits for changed, at most until then. */
void await(uint64_t due_ns);
/* Zeroed memory; the program ends where there is none. */
void *make(size_t bytes);
void *copy_of(const void *bytes, size_t size);

/* ---- tree.c ---- */

struct fid {
    uint64_t sequence;
    uint32_t object, version;
};
#define ROOT_SEQUENCE UINT64_C(0x200000007)
#define SPECIAL_SEQUENCE UINT64_C(0x200000002)
#define FIRST_SEQUENCE UINT64_C(0x200000401)

struct inode;

/* What the kernel knows. A directory that was reached by its FID is another one than by its name. */
struct node {
    struct inode *inode;
    uint64_t serial, via; /* of the parent's node, if reached by FID; 0 for an inode's own node */
    uint64_t lookups;
    struct node *next;
};

/* One name. */
struct entry {
    struct inode *parent, *child;
    char *name;
    uint64_t cookie;
    struct entry *before, *after; /* in the directory, by cookie */
    struct entry *next_link;      /* of the child */
    struct entry *next;           /* in the table */
};

struct xattr {
    struct xattr *next;
    char *name;
    size_t size;
    uint8_t *value;
};

struct inode {
    struct fid fid;
    unsigned mdt;
    mode_t mode;
    uid_t uid;
    gid_t gid;
    dev_t rdev;
    unsigned links;
    int64_t size, atime_s, mtime_s, ctime_s, btime_s;
    char *target;
    struct xattr *xattrs;
    struct entry *names;
    struct entry *first, *last; /* of a directory */
    uint64_t next_cookie;
    unsigned entries;
    uint8_t *layout; /* as getxattr gives it; a directory's default */
    size_t layout_size;
    bool has_hsm, restoring;
    uint32_t hsm_flags;
    uint64_t archive, archived_version, data_version;
    uint64_t restore_due_ns;
    unsigned writers;
    uint32_t flags, project; /* FS_XFLAG_* and the project's number */
    uint64_t recorded;       /* tick of the last record of it */
    struct node node;
    uint64_t held;     /* nodes known to the kernel, open files, and waiting work */
    struct inode *next;
};

extern struct inode *root_inode, *lustre_dir, *fid_dir;
extern unsigned next_mdt; /* for the next directory; MAX_MDTS: by turns */

void tree_start(void);
struct inode *inode_new(unsigned mdt, mode_t mode, uid_t uid, gid_t gid);
void inode_hold(struct inode *inode);
void inode_drop(struct inode *inode);
struct inode *inode_by_fid(struct fid fid);
/* A new FID on that MDT, for a migrated one. */
void inode_refid(struct inode *inode, unsigned mdt);
struct entry *entry_find(const struct inode *parent, const char *name);
struct entry *entry_add(struct inode *parent, const char *name, struct inode *child);
/* The child's links are the caller's. */
void entry_remove(struct entry *entry);
unsigned depth_of(const struct inode *directory);
unsigned mdt_for_directory(struct inode *parent);
bool is_below(const struct inode *directory, const struct inode *ancestor);
struct node *node_of(fuse_ino_t number);
fuse_ino_t number_of(const struct node *node);
/* The child's node below that one, with a lookup more. */
struct node *node_for(struct node *parent, struct inode *child);
void node_forget(fuse_ino_t number, uint64_t lookups);
bool fid_parse(const char *text, struct fid *fid);
void fid_print(char text[64], struct fid fid);
uint64_t fid_flat(struct fid fid);
int data_open(const struct inode *inode, int flags);
/* "/d0/f", "[0x..:0x..:0x..]", or below the mount point. */
struct inode *inode_by_path(const char *path);
/* The number-th name of it, from the root; -errno, or whether there are more. */
int path_of(const struct inode *inode, int number, char *path, size_t size);
void stat_of(const struct inode *inode, struct stat *st);

/* ---- changelog.c ---- */

enum type {
    CL_MARK, CL_CREATE, CL_MKDIR, CL_HARDLINK, CL_SOFTLINK, CL_MKNOD, CL_UNLINK, CL_RMDIR, CL_RENAME, CL_EXT, CL_OPEN,
    CL_CLOSE, CL_LAYOUT, CL_TRUNC, CL_SETATTR, CL_SETXATTR, CL_HSM, CL_MTIME, CL_CTIME, CL_ATIME, CL_MIGRATE, CL_FLRW,
    CL_RESYNC, CL_GETXATTR, CL_DN_OPEN
};

/* Who did it. A server's own doing has neither a job nor a client's address. */
struct who {
    char job[JOBID_BYTES];
    uint32_t uid, gid;
    bool client;
};
extern const struct who server, copytool, lfs;
struct who who_asks(fuse_req_t request);

/* A name was made or removed, in the log of that MDT. target or parent may be NULL. */
void record_name(unsigned mdt, enum type type, unsigned flags, struct inode *target, const struct inode *parent,
                 const char *name, const struct who *who);
/* overwritten may be NULL */
void record_rename(unsigned mdt, enum type type, unsigned flags, struct inode *overwritten, struct fid target,
                   struct fid parent, const char *name, struct fid source, struct fid source_parent,
                   const char *source_name, const struct who *who);
/* Something of the inode itself, in the log of its MDT. */
void record(enum type type, unsigned flags, struct inode *inode, const struct who *who);
void record_xattr(enum type type, struct inode *inode, const char *name, const struct who *who);
void record_open(struct inode *inode, unsigned flags, const struct who *who);

int changelog_register(unsigned mdt);
int changelog_deregister(unsigned mdt, unsigned id);
int changelog_clear(unsigned mdt, unsigned id, uint64_t last);
void changelog_users(unsigned mdt, FILE *out);
int changelog_age(unsigned mdt, unsigned id, uint64_t ms);
/* Collects the users that were idle for so long; gives how many. */
unsigned changelog_collect(unsigned mdt, uint64_t idle_ms);
void changelog_drop(unsigned mdt, bool users_too);
void changelog_gap(unsigned mdt, uint64_t indexes);
int changelog_append(unsigned mdt, const uint8_t *bytes, size_t size);
/* Records from that index on, whole ones, up to so many bytes. */
size_t changelog_read(unsigned mdt, uint64_t first, uint8_t *bytes, size_t size);
uint64_t changelog_last(unsigned mdt);
/* Reads fail so from then on, once; before that they block. */
void changelog_outage(unsigned mdt, unsigned ms, int error);
int changelog_await(unsigned mdt);
unsigned *changelog_mask(unsigned mdt);

/* ---- names.c, files.c, attributes.c, xattrs.c: what the kernel asks ---- */

void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name);
void on_forget(fuse_req_t request, fuse_ino_t number, uint64_t lookups);
void on_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *forgets);
void on_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void on_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode);
void on_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name);
void on_link(fuse_req_t request, fuse_ino_t number, fuse_ino_t parent, const char *name);
void on_unlink(fuse_req_t request, fuse_ino_t parent, const char *name);
void on_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name);
void on_rename(fuse_req_t request, fuse_ino_t parent, const char *name, fuse_ino_t to, const char *to_name,
               unsigned flags);
void on_opendir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file);
void on_readdir(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file);
void on_readlink(fuse_req_t request, fuse_ino_t number);
int make_entry(struct inode *parent, const char *name, mode_t mode, mode_t umask, dev_t rdev, unsigned mdt,
               const struct who *who, struct inode **made);
void fill_entry(struct fuse_entry_param *entry, struct node *node);

void on_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *file);
void on_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file);
void on_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file);
void on_write(fuse_req_t request, fuse_ino_t number, const char *bytes, size_t size, off_t offset,
              struct fuse_file_info *file);
void on_flush(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file);
void on_release(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file);
void on_fsync(fuse_req_t request, fuse_ino_t number, int data, struct fuse_file_info *file);
void on_lseek(fuse_req_t request, fuse_ino_t number, off_t offset, int whence, struct fuse_file_info *file);
void on_fallocate(fuse_req_t request, fuse_ino_t number, int mode, off_t offset, off_t length,
                  struct fuse_file_info *file);
/*
 * A close(2) waits for the flush, but not for the release, which writes the record. So whoever writes or reads
 * records waits until the files that are being closed are, for a while.
 */
void settle(void);
/* Writes the CLOSE records that clients keep back. */
void close_now(void);

void on_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file);
void on_setattr(fuse_req_t request, fuse_ino_t number, struct stat *attr, int set, struct fuse_file_info *file);
void on_statfs(fuse_req_t request, fuse_ino_t number);
void on_ioctl(fuse_req_t request, fuse_ino_t number, unsigned command, void *argument, struct fuse_file_info *file,
              unsigned flags, const void *in, size_t in_size, size_t out_size);

void on_getxattr(fuse_req_t request, fuse_ino_t number, const char *name, size_t size);
void on_listxattr(fuse_req_t request, fuse_ino_t number, size_t size);
void on_setxattr(fuse_req_t request, fuse_ino_t number, const char *name, const char *value, size_t size, int flags);
void on_removexattr(fuse_req_t request, fuse_ino_t number, const char *name);
struct xattr *xattr_find(const struct inode *inode, const char *name);
void xattr_put(struct inode *inode, const char *name, const void *value, size_t size);
bool xattr_drop(struct inode *inode, const char *name);
#define ACL_ACCESS "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"
/* The mode that an access ACL stands for; false if it is none. basic: it says no more than the mode. */
bool acl_mode(const uint8_t *acl, size_t size, mode_t *mode, bool *basic);
/* Sets the ACL's entries that a mode stands for. */
void acl_apply_mode(uint8_t *acl, size_t size, mode_t mode);
/* What a new child gets of its directory's default ACL; its mode then. */
mode_t acl_inherit(struct inode *child, const struct inode *parent, mode_t mode);

/* ---- layout.c ---- */

/* 0, or an errno: makes the file's layout from a blob that was set, with objects. */
int layout_set(struct inode *file, const uint8_t *blob, size_t size);
/* Of a directory's default. */
int layout_set_default(struct inode *directory, const uint8_t *blob, size_t size);
/* The directory's default, or the filesystem's. */
void layout_default(struct inode *file, const struct inode *parent);
bool layout_is_dom(const struct inode *file);
/* Objects for all that is written: LYOUT and FLRW records come of it. */
void layout_write(struct inode *file, int64_t offset, int64_t size, const struct who *who);
void layout_released(struct inode *file, bool released);
void layout_resynced(struct inode *file);
/* -1 if on no OST; end: where this stripe's piece ends */
int layout_ost(const struct inode *file, int64_t offset, int64_t *end);

/* ---- osts.c ---- */

/* Takes the time that the read of these bytes takes; with the lock, which it lets go. */
void ost_read(const struct inode *file, int64_t offset, int64_t size);
void ost_counters(FILE *out);
void ost_reset(void);

/* ---- hsm.c ---- */

enum {
    HS_EXISTS = 1, HS_DIRTY = 2, HS_RELEASED = 4, HS_ARCHIVED = 8, HS_NORELEASE = 0x10, HS_NOARCHIVE = 0x20,
    HS_LOST = 0x40
};
enum cause { BY_READ, BY_WRITE, BY_SEEK, BY_TRUNCATE, BY_REQUEST, CAUSES };
/* Waits until a released file has its data; 0 or an errno. */
int hsm_need_data(struct inode *file, enum cause cause);
/* The file was written to, and is closed. */
void hsm_written(struct inode *file, const struct who *who);
int hsm_archive(struct inode *file, uint64_t archive);
int hsm_release(struct inode *file);
int hsm_restore(struct inode *file);
int hsm_remove(struct inode *file);
int hsm_set(struct inode *file, uint32_t set, uint32_t clear);
bool hsm_xattr(const struct inode *file, uint8_t value[24]);
void hsm_state(const struct inode *file, uint8_t state[32]);
void hsm_counters(FILE *out);
void hsm_reset(void);

/* Something to do at a time, with the lock; the inode is held until then. */
struct work {
    struct work *next;
    uint64_t due_ns;
    void (*run)(struct work *work);
    struct inode *inode;
    unsigned flags;
    uint64_t number;
    struct who who;
};
void work_at(struct work *work);
/* Runs all that has this function now. */
void work_flush(void (*run)(struct work *work));
void work_start(void);

/* ---- control.c, client.c ---- */

int control_start(void);
int control_client(int argc, char **argv);
#endif
