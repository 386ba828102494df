/* The commands of tests; control.c lists them. Each runs with the lock. */
#include "control.h"
#include "fake.h"
#include "library.h"

static unsigned id_of(const char *word) {
    return strncmp(word, "cl", 2) ? 0 : (unsigned) strtoul(word + 2, NULL, 10);
}

/* Declares mdt, of the first word, or gives up. */
#define TAKE_MDT                                                                                                       \
    int mdt_taken = mdt_of(words[1]);                                                                                  \
    if (mdt_taken < 0) return -ENODEV;                                                                                 \
    unsigned mdt = (unsigned) mdt_taken;                                                                               \
    (void) count;                                                                                                      \
    (void) out

#define TAKE_INODE                                                                                                     \
    struct inode *inode = inode_by_path(words[1]);                                                                     \
    if (!inode) return -ENOENT;                                                                                        \
    (void) count;                                                                                                      \
    (void) out

static int run_register(int count, char **words, FILE *out) {
    TAKE_MDT;
    settle();
    return changelog_register(mdt);
}

static int run_deregister(int count, char **words, FILE *out) {
    TAKE_MDT;
    settle();
    return changelog_deregister(mdt, id_of(words[2]));
}

static int run_users(int count, char **words, FILE *out) {
    TAKE_MDT;
    settle();
    changelog_users(mdt, out);
    return 0;
}

static int run_clear(int count, char **words, FILE *out) {
    TAKE_MDT;
    settle();
    return changelog_clear(mdt, id_of(words[2]), strtoull(words[3], NULL, 10));
}

static int run_age(int count, char **words, FILE *out) {
    TAKE_MDT;
    return changelog_age(mdt, id_of(words[2]), strtoull(words[3], NULL, 10));
}

static int run_gc(int count, char **words, FILE *out) {
    TAKE_MDT;
    return (int) changelog_collect(mdt, strtoull(words[2], NULL, 10));
}

static int run_drop_log(int count, char **words, FILE *out) {
    TAKE_MDT;
    settle();
    changelog_drop(mdt, true);
    return 0;
}

static int run_drop_records(int count, char **words, FILE *out) {
    TAKE_MDT;
    settle();
    changelog_drop(mdt, false);
    return 0;
}

static int run_gap(int count, char **words, FILE *out) {
    TAKE_MDT;
    settle();
    changelog_gap(mdt, strtoull(words[2], NULL, 10));
    return 0;
}

static int run_append(int count, char **words, FILE *out) {
    TAKE_MDT;
    uint8_t bytes[1024];
    size_t size = strlen(words[2]) / 2;
    if (size > sizeof bytes) return -E2BIG;
    for (size_t i = 0; i < size; i++) {
        unsigned byte;
        if (sscanf(words[2] + 2 * i, "%2x", &byte) != 1) return -EINVAL;
        bytes[i] = (uint8_t) byte;
    }
    return changelog_append(mdt, bytes, size);
}

static int run_dump(int count, char **words, FILE *out) {
    TAKE_MDT;
    settle();
    uint8_t bytes[4096];
    uint64_t next = 0;
    size_t used;
    while ((used = changelog_read(mdt, next, bytes, sizeof bytes)) > 0)
        for (size_t at = 0; at < used; at += record_size(bytes + at)) {
            for (size_t i = 0; i < record_size(bytes + at); i++) fprintf(out, "%02x", bytes[at + i]);
            fputc('\n', out);
            memcpy(&next, bytes + at + 8, sizeof next);
            next++;
        }
    return 0;
}

static int run_last(int count, char **words, FILE *out) {
    TAKE_MDT;
    settle();
    fprintf(out, "%llu\n", (unsigned long long) changelog_last(mdt));
    return 0;
}

static int run_mask(int count, char **words, FILE *out) {
    TAKE_MDT;
    settle();
    *changelog_mask(mdt) = (unsigned) strtoul(words[2], NULL, 16);
    return 0;
}

static int run_outage(int count, char **words, FILE *out) {
    TAKE_MDT;
    changelog_outage(mdt, (unsigned) strtoul(words[2], NULL, 10), (int) strtol(words[3], NULL, 10));
    return 0;
}

/* ---- HSM ---- */

/* The kernel must not answer from its pages what only a recall can. */
static void forget_pages(struct inode *inode) {
    fuse_ino_t number = number_of(&inode->node);
    if (inode->node.lookups == 0) return;
    inode_hold(inode);
    pthread_mutex_unlock(&lock);
    fuse_lowlevel_notify_inval_inode(session, number, 0, 0);
    pthread_mutex_lock(&lock);
    inode_drop(inode);
}

int release_file(struct inode *inode) {
    settle();
    int error = hsm_release(inode);
    if (!error) forget_pages(inode);
    return -error;
}

static int run_archive(int count, char **words, FILE *out) {
    TAKE_INODE;
    settle();
    return -hsm_archive(inode, count > 2 ? strtoull(words[2], NULL, 10) : 0);
}

static int run_release(int count, char **words, FILE *out) {
    TAKE_INODE;
    return release_file(inode);
}

static int run_restore(int count, char **words, FILE *out) {
    TAKE_INODE;
    return -hsm_restore(inode);
}

static int run_remove(int count, char **words, FILE *out) {
    TAKE_INODE;
    return -hsm_remove(inode);
}

static int run_lose(int count, char **words, FILE *out) {
    TAKE_INODE;
    return -hsm_set(inode, HS_LOST, 0);
}

static int run_hsm_set(int count, char **words, FILE *out) {
    TAKE_INODE;
    return -hsm_set(inode, (uint32_t) strtoul(words[2], NULL, 16), (uint32_t) strtoul(words[3], NULL, 16));
}

static int run_hsm(int count, char **words, FILE *out) {
    TAKE_INODE;
    fprintf(out, "0x%x %llu\n", inode->hsm_flags, (unsigned long long) inode->archive);
    return 0;
}

/* ---- what "lfs" does ---- */

static int run_resync(int count, char **words, FILE *out) {
    TAKE_INODE;
    settle();
    layout_resynced(inode);
    record(CL_TRUNC, 0xe, inode, &lfs);
    record(CL_RESYNC, 0, inode, &lfs);
    record(CL_CLOSE, 2, inode, &lfs);
    record(CL_CLOSE, 3, inode, &lfs);
    return 0;
}

static int run_migrate(int count, char **words, FILE *out) {
    TAKE_INODE;
    settle();
    if (!inode->layout) return -ENODATA;
    layout_released(inode, false);
    record(CL_LAYOUT, 0, inode, &server);
    record(CL_CLOSE, 3, inode, &lfs);
    return 0;
}

/*
 * As seen on a real one: the directory's record is on the MDT to which it goes, and says its parent twice; its
 * child's is on the one from which it comes, and says the directory's FIDs before and after. At last the
 * directory's layout is another.
 */
static void migrate(struct inode *inode, unsigned mdt, struct fid before, struct fid after) {
    struct fid source = inode->fid;
    unsigned from = inode->mdt;
    char *name = inode->names->name;
    if (!S_ISDIR(inode->mode)) record(CL_CLOSE, 2, inode, &lfs);
    inode_refid(inode, mdt);
    unsigned recorded_on = S_ISDIR(inode->mode) ? mdt : from;
    record_rename(recorded_on, CL_MIGRATE, 0, NULL, inode->fid, before, name, source, after, name, &lfs);
    for (struct entry *entry = inode->first; entry; entry = entry->after)
        if (entry->child->names == entry && entry->child->mdt != mdt) migrate(entry->child, mdt, source, inode->fid);
    if (S_ISDIR(inode->mode)) record(CL_LAYOUT, 0, inode, &lfs);
}

static int run_migrate_mdt(int count, char **words, FILE *out) {
    TAKE_INODE;
    int mdt = mdt_of(words[2]);
    if (mdt < 0) return -ENODEV;
    if (!S_ISDIR(inode->mode) || inode == root_inode) return -EINVAL;
    settle();
    struct fid parent = inode->names->parent->fid;
    if (inode->mdt != (unsigned) mdt) migrate(inode, (unsigned) mdt, parent, parent);
    forget_pages(inode);
    return 0;
}

static int run_mkdir(int count, char **words, FILE *out) {
    (void) count;
    (void) out;
    int mdt = mdt_of(words[2]);
    char *slash = strrchr(words[1], '/');
    if (mdt < 0 || !slash) return -EINVAL;
    settle();
    *slash = 0;
    struct inode *parent = inode_by_path(words[1]), *made;
    if (!parent) return -ENOENT;
    int error = make_entry(parent, slash + 1, S_IFDIR | 0755, 0, 0, (unsigned) mdt, &lfs, &made);
    if (!error) record_name((unsigned) mdt, CL_MKDIR, 0, made, parent, slash + 1, &lfs);
    return -error;
}

static int run_next_mdt(int count, char **words, FILE *out) {
    TAKE_MDT;
    next_mdt = mdt;
    return 0;
}

static int run_fid(int count, char **words, FILE *out) {
    TAKE_INODE;
    char text[64];
    fid_print(text, inode->fid);
    fprintf(out, "%s\n", text);
    return 0;
}

static int run_mdt(int count, char **words, FILE *out) {
    TAKE_INODE;
    return (int) inode->mdt;
}

/* ---- settings and counters ---- */

static int run_set(int count, char **words, FILE *out) {
    static const struct {
        const char *name;
        unsigned *value;
    } known[] = {
        {"rr_depth", &settings.rr_depth}, {"stripe_kib", &settings.stripe_kib},
        {"stripe_count", &settings.stripe_count}, {"ost_us", &settings.ost_us}, {"mib_us", &settings.mib_us},
        {"recall_us", &settings.recall_us}, {"restore_us", &settings.restore_us},
        {"archive_us", &settings.archive_us}, {"opencache_ms", &settings.opencache_ms},
        {"remote_rename", &settings.remote_rename}, {"strict_pools", &settings.strict_pools},
        {"strict_stripes", &settings.strict_stripes}, {"jobid", &settings.jobid}, {"direct_io", &settings.direct_io},
        {"job_xattr", &settings.job_xattr}, {"audit", &settings.audit}, {"behind_s", &settings.behind_s},
    };
    (void) count;
    (void) out;
    unsigned long long value = strtoull(words[2], NULL, 10);
    if (!strcmp(words[1], "idle_ms")) {
        settings.idle_ms = value;
        return 0;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(words[1], known[i].name)) continue;
        settle();
        *known[i].value = (unsigned) value;
        return 0;
    }
    return -EINVAL;
}

static int run_close_now(int count, char **words, FILE *out) {
    (void) count;
    (void) words;
    (void) out;
    settle();
    close_now();
    return 0;
}

static int run_counters(int count, char **words, FILE *out) {
    (void) count;
    (void) words;
    settle();
    hsm_counters(out);
    ost_counters(out);
    fputc('\n', out);
    return 0;
}

static int run_reset(int count, char **words, FILE *out) {
    (void) count;
    (void) words;
    (void) out;
    settle();
    hsm_reset();
    ost_reset();
    return 0;
}

const struct command commands[] = {
    {"register", 1, run_register}, {"deregister", 2, run_deregister}, {"users", 1, run_users},
    {"clear", 3, run_clear}, {"age", 3, run_age}, {"gc", 2, run_gc}, {"drop-log", 1, run_drop_log},
    {"drop-records", 1, run_drop_records}, {"append-gap", 2, run_gap}, {"append-raw", 2, run_append},
    {"dump", 1, run_dump}, {"last", 1, run_last}, {"mask", 2, run_mask}, {"outage", 3, run_outage},
    {"archive", 1, run_archive}, {"release", 1, run_release}, {"restore", 1, run_restore}, {"remove", 1, run_remove},
    {"lose", 1, run_lose}, {"hsm-set", 3, run_hsm_set}, {"hsm", 1, run_hsm}, {"resync", 1, run_resync},
    {"migrate", 1, run_migrate}, {"migrate-mdt", 2, run_migrate_mdt}, {"mkdir", 2, run_mkdir},
    {"next-mdt", 1, run_next_mdt}, {"fid", 1, run_fid}, {"mdt", 1, run_mdt}, {"set", 2, run_set},
    {"close-now", 0, run_close_now}, {"counters", 0, run_counters}, {"reset", 0, run_reset},
    {"lib-read", 4, library_read}, {"lib-mdt-is", 1, library_mdt_is}, {"lib-clear", 3, library_clear}, {"lib-fid2path", 2, library_fid2path},
    {"lib-path2fid", 1, library_path2fid}, {"lib-hsm-request", 3, library_hsm_request},
    {"lib-hsm-action", 1, library_hsm_action}, {"lib-obds", 1, library_obds}, {"lib-mdt", 1, library_mdt},
    {NULL, 0, NULL},
};
