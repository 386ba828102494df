/*
 * One log per MDT, as its server keeps it. The layout of records: struct changelog_rec and its extensions in
 * Lustre's uapi header lustre_user.h; what is recorded when: lustre/mdd/mdd_object.c and mdd_dir.c.
 */
#include "fake.h"
#include <time.h>

enum {
    RECORD_BYTES = 64, FLAG_VERSION = 0x1000, FLAG_RENAME = 0x2000, FLAG_JOBID = 0x4000, FLAG_EXTRA = 0x8000,
    LOW_FLAGS = 0xfff, EXTRA_UIDGID = 1, EXTRA_NID = 2, EXTRA_OPEN = 4, EXTRA_XATTR = 8, XATTR_AREA = 256,
    /* all but a name of an attribute */
    MOST_EXTENSIONS = 32 + JOBID_BYTES + 8 + 16 + 24 + 4, REMEMBERED = 8
};

/* 0@lo, as a 64-bit NID */
#define LOCAL_NID UINT64_C(0x0009000000000000)

struct record {
    struct record *next;
    uint64_t index;
    size_t size;
    uint8_t bytes[];
};

struct user {
    struct user *next;
    unsigned id;
    uint64_t cleared, seen_ns;
};

static struct mdt {
    struct record *first, *last;
    uint64_t last_index;
    struct user *users;
    unsigned users_ever;
    unsigned mask;
    uint64_t cleared_tick;          /* times of inodes recorded since are not recorded again */
    struct fid parents[REMEMBERED]; /* of earlier records, for what the server leaves uninitialised */
    uint64_t written;
    uint64_t outage_until_ns;
    int outage_error;
} mdts[MAX_MDTS];

static uint64_t tick;

const struct who server = {.job = ""};
const struct who copytool = {.job = "lhsmtool_posix.0", .client = true};
const struct who lfs = {.job = "lfs.0", .client = true};

struct who who_asks(fuse_req_t request) {
    const struct fuse_ctx *context = fuse_req_ctx(request);
    struct who who = {.uid = context->uid, .gid = context->gid, .client = true};
    char path[64], name[17] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int) context->pid);
    FILE *file = settings.jobid ? fopen(path, "re") : NULL;
    if (file) {
        if (fgets(name, sizeof name, file)) name[strcspn(name, "\n")] = 0;
        fclose(file);
        snprintf(who.job, sizeof who.job, "%s.%u", name, (unsigned) who.uid);
    }
    return who;
}

/* ---- writing ---- */

static void put(uint8_t **at, const void *bytes, size_t size) {
    memcpy(*at, bytes, size);
    *at += size;
}

static void put_16(uint8_t **at, unsigned value) {
    uint16_t narrow = (uint16_t) value;
    put(at, &narrow, sizeof narrow);
}

static void put_32(uint8_t **at, uint32_t value) {
    put(at, &value, sizeof value);
}

static void put_64(uint8_t **at, uint64_t value) {
    put(at, &value, sizeof value);
}

static void put_fid(uint8_t **at, struct fid fid) {
    put_64(at, fid.sequence);
    put_32(at, fid.object);
    put_32(at, fid.version);
}

struct fields {
    unsigned mdt;
    enum type type;
    unsigned flags;
    struct fid target, parent, source, source_parent;
    const char *name, *source_name; /* source_name: of a rename */
    const char *xattr;
    bool opened;
    const struct who *who;
};

static void append(struct mdt *mdt, struct record *record) {
    if (mdt->last) mdt->last->next = record;
    else mdt->first = record;
    mdt->last = record;
    mdt->last_index = record->index;
    pthread_cond_broadcast(&changed);
}

static bool wanted(const struct mdt *mdt, enum type type) {
    return mdt->users && mdt->mask >> type & 1;
}

static void write_record(const struct fields *fields) {
    struct mdt *mdt = &mdts[fields->mdt];
    if (settings.idle_ms) changelog_collect(fields->mdt, settings.idle_ms);
    if (!wanted(mdt, fields->type)) return;
    bool renames = fields->source_name != NULL, by_job = fields->who->job[0] != 0;
    size_t name_bytes = fields->name ? strlen(fields->name) : 0;
    size_t names = name_bytes + (renames ? 1 + strlen(fields->source_name) : 0);
    struct record *record = make(sizeof *record + RECORD_BYTES + MOST_EXTENSIONS + (fields->xattr ? XATTR_AREA : 0)
                                 + names);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    record->index = mdt->last_index + 1;
    uint8_t *at = record->bytes;
    put_16(&at, (unsigned) names);
    put_16(&at, (fields->flags & LOW_FLAGS) | FLAG_EXTRA | (by_job ? FLAG_JOBID : 0)
                    | (renames ? FLAG_RENAME : FLAG_VERSION));
    put_32(&at, fields->type);
    put_64(&at, record->index);
    put_64(&at, 0);
    put_64(&at, ((uint64_t) now.tv_sec << 30) + (uint64_t) now.tv_nsec);
    put_fid(&at, fields->target);
    put_fid(&at, fields->parent);
    if (renames) {
        put_fid(&at, fields->source);
        put_fid(&at, fields->source_parent);
    }
    if (by_job) put(&at, fields->who->job, JOBID_BYTES);
    put_64(&at, EXTRA_UIDGID | EXTRA_NID | (fields->opened ? EXTRA_OPEN : 0) | (fields->xattr ? EXTRA_XATTR : 0));
    put_64(&at, fields->who->uid);
    put_64(&at, fields->who->gid);
    put_64(&at, fields->who->client ? LOCAL_NID : 0);
    put_64(&at, 0);
    put_64(&at, 0);
    if (fields->opened) put_32(&at, fields->flags | FLAG_VERSION | FLAG_EXTRA | (by_job ? FLAG_JOBID : 0));
    if (fields->xattr) {
        strncpy((char *) at, fields->xattr, XATTR_AREA - 1);
        at += XATTR_AREA;
    }
    if (fields->name) put(&at, fields->name, name_bytes);
    if (renames) {
        at++;
        put(&at, fields->source_name, strlen(fields->source_name));
    }
    record->size = (size_t) (at - record->bytes);
    append(mdt, record);
    if (fields->parent.sequence) mdt->parents[mdt->written % REMEMBERED] = fields->parent;
    mdt->written++;
}

static bool is_silent(const struct who *who) {
    return !settings.audit && who->client;
}

/* In memory of the MDT that has the inode: another one that records something of it has no such mark. */
static void mark_recorded(unsigned mdt, enum type type, struct inode *inode) {
    if (mdt == inode->mdt && wanted(&mdts[mdt], type)) inode->recorded = ++tick;
}

static struct fid fid_of(const struct inode *inode) {
    return inode ? inode->fid : (struct fid){0};
}

void record_name(unsigned mdt, enum type type, unsigned flags, struct inode *target, const struct inode *parent,
                 const char *name, const struct who *who) {
    if (is_silent(who)) return;
    write_record(&(struct fields){.mdt = mdt, .type = type, .flags = flags, .target = fid_of(target),
                                  .parent = fid_of(parent), .name = name, .who = who});
    mark_recorded(mdt, type, target);
}

void record_rename(unsigned mdt, enum type type, unsigned flags, struct inode *overwritten, struct fid target,
                   struct fid parent, const char *name, struct fid source, struct fid source_parent,
                   const char *source_name, const struct who *who) {
    if (is_silent(who)) return;
    write_record(&(struct fields){.mdt = mdt, .type = type, .flags = flags,
                                  .target = overwritten ? overwritten->fid : target, .parent = parent, .name = name,
                                  .source = source, .source_parent = source_parent, .source_name = source_name,
                                  .who = who});
    if (overwritten) mark_recorded(mdt, type, overwritten);
}

/* The server says the parent only for some types, for the others what was in that memory. */
static struct fid parent_said(enum type type, unsigned flags, const struct inode *inode) {
    struct mdt *mdt = &mdts[inode->mdt];
    switch (type) {
    case CL_TRUNC:
    case CL_LAYOUT:
        /* Those of a release come of a close, which knows no parent. */
        if (flags & 1) return (struct fid){0};
        if (S_ISDIR(inode->mode)) break;
        return fid_of(inode->names ? inode->names->parent : NULL);
    case CL_MTIME:
    case CL_FLRW: return fid_of(inode->names ? inode->names->parent : NULL);
    case CL_CTIME:
    case CL_RESYNC: return (struct fid){0};
    default: break;
    }
    return mdt->written * 7 % 3 == 0 ? (struct fid){0} : mdt->parents[mdt->written * 5 % REMEMBERED];
}

static void record_inode(struct fields fields, struct inode *inode) {
    struct mdt *mdt = &mdts[inode->mdt];
    bool time_only = fields.type >= CL_MTIME && fields.type <= CL_ATIME;
    if (is_silent(fields.who) || (time_only && inode->recorded > mdt->cleared_tick)) return;
    fields.mdt = inode->mdt;
    fields.target = inode->fid;
    fields.parent = parent_said(fields.type, fields.flags, inode);
    if (fields.type == CL_LAYOUT) fields.flags = 0;
    write_record(&fields);
    mark_recorded(inode->mdt, fields.type, inode);
}

void record(enum type type, unsigned flags, struct inode *inode, const struct who *who) {
    record_inode((struct fields){.type = type, .flags = flags, .who = who}, inode);
}

void record_xattr(enum type type, struct inode *inode, const char *name, const struct who *who) {
    record_inode((struct fields){.type = type, .xattr = name, .who = who}, inode);
}

void record_open(struct inode *inode, unsigned flags, const struct who *who) {
    record_inode((struct fields){.type = CL_OPEN, .flags = flags, .opened = true, .who = who}, inode);
}

/* ---- users ---- */

static struct user *user_of(unsigned mdt, unsigned id) {
    struct user *user = mdts[mdt].users;
    while (user && user->id != id) user = user->next;
    return user;
}

static void purge(struct mdt *mdt) {
    uint64_t least = UINT64_MAX;
    for (struct user *user = mdt->users; user; user = user->next)
        if (user->cleared < least) least = user->cleared;
    while (mdt->first && mdt->first->index <= least) {
        struct record *gone = mdt->first;
        mdt->first = gone->next;
        if (!mdt->first) mdt->last = NULL;
        free(gone);
    }
}

int changelog_register(unsigned mdt) {
    struct mdt *log = &mdts[mdt];
    struct user *user = make(sizeof *user);
    *user = (struct user){.id = ++log->users_ever, .cleared = log->last_index, .seen_ns = now_ns()};
    if (!log->users) log->cleared_tick = tick;
    struct user **last = &log->users;
    while (*last) last = &(*last)->next;
    *last = user;
    return (int) user->id;
}

static void remove_user(struct mdt *mdt, struct user *user) {
    struct user **at = &mdt->users;
    while (*at != user) at = &(*at)->next;
    *at = user->next;
    free(user);
    purge(mdt);
}

int changelog_deregister(unsigned mdt, unsigned id) {
    struct user *user = user_of(mdt, id);
    if (!user) return -ENOENT;
    remove_user(&mdts[mdt], user);
    return 0;
}

int changelog_clear(unsigned mdt, unsigned id, uint64_t last) {
    struct mdt *log = &mdts[mdt];
    if (settings.idle_ms) changelog_collect(mdt, settings.idle_ms);
    if (last == 0) last = log->last_index;
    if (last > log->last_index) return -EINVAL;
    struct user *user = user_of(mdt, id);
    if (!user || last < user->cleared) return -ENOENT;
    user->cleared = last;
    user->seen_ns = now_ns();
    log->cleared_tick = tick;
    purge(log);
    return 0;
}

void changelog_users(unsigned mdt, FILE *out) {
    fprintf(out, "current_index: %llu\nID                            index (idle) mask\n",
            (unsigned long long) mdts[mdt].last_index);
    for (struct user *user = mdts[mdt].users; user; user = user->next) {
        char name[16];
        snprintf(name, sizeof name, "cl%u", user->id);
        fprintf(out, "%-21s %11llu (%llu)\n", name, (unsigned long long) user->cleared,
                (unsigned long long) ((now_ns() - user->seen_ns) / 1000000000u));
    }
}

int changelog_age(unsigned mdt, unsigned id, uint64_t ms) {
    struct user *user = user_of(mdt, id);
    if (!user) return -ENOENT;
    user->seen_ns -= ms * 1000000u;
    return 0;
}

unsigned changelog_collect(unsigned mdt, uint64_t idle_ms) {
    unsigned collected = 0;
    for (struct user *user = mdts[mdt].users, *next; user; user = next) {
        next = user->next;
        if ((int64_t) (now_ns() - user->seen_ns) / 1000000 < (int64_t) idle_ms) continue;
        remove_user(&mdts[mdt], user);
        collected++;
    }
    return collected;
}

void changelog_drop(unsigned mdt, bool users_too) {
    struct mdt *log = &mdts[mdt];
    while (log->first) {
        struct record *gone = log->first;
        log->first = gone->next;
        free(gone);
    }
    log->last = NULL;
    while (users_too && log->users) remove_user(log, log->users);
}

void changelog_gap(unsigned mdt, uint64_t indexes) {
    mdts[mdt].last_index += indexes;
}

/* A record as a device gave it elsewhere; its index has to be beyond the last. */
int changelog_append(unsigned mdt, const uint8_t *bytes, size_t size) {
    uint64_t index;
    if (size < RECORD_BYTES) return -EINVAL;
    memcpy(&index, bytes + 8, sizeof index);
    if (index <= mdts[mdt].last_index) return -EINVAL;
    struct record *record = make(sizeof *record + size);
    record->index = index;
    record->size = size;
    memcpy(record->bytes, bytes, size);
    append(&mdts[mdt], record);
    return 0;
}

size_t changelog_read(unsigned mdt, uint64_t first, uint8_t *bytes, size_t size) {
    size_t used = 0;
    for (struct record *record = mdts[mdt].first; record; record = record->next) {
        if (record->index < first) continue;
        if (record->size > size - used) break;
        memcpy(bytes + used, record->bytes, record->size);
        used += record->size;
    }
    return used;
}

uint64_t changelog_last(unsigned mdt) {
    return mdts[mdt].last_index;
}

void changelog_outage(unsigned mdt, unsigned ms, int error) {
    mdts[mdt].outage_until_ns = now_ns() + ms * UINT64_C(1000000);
    mdts[mdt].outage_error = error;
    pthread_cond_broadcast(&changed);
}

int changelog_await(unsigned mdt) {
    struct mdt *log = &mdts[mdt];
    while (log->outage_error && now_ns() < log->outage_until_ns) await(log->outage_until_ns);
    int error = log->outage_error;
    log->outage_error = 0;
    return error;
}

unsigned *changelog_mask(unsigned mdt) {
    return &mdts[mdt].mask;
}
