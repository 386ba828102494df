/*
 * HSM: a coordinator and a copytool in one. What is archived is the file's bytes in the backing directory,
 * which stay there: a release only takes them from sight.
 */
#include "fake.h"

/* Events of HSM records: bits 7 to 9; 0x400: the file is dirty. */
enum { EVENT_ARCHIVE = 0, EVENT_RESTORE = 0x80, EVENT_RELEASE = 0x180, EVENT_REMOVE = 0x200, EVENT_STATE = 0x280,
       EVENT_DIRTY = 0x400 };

static const char *const causes[CAUSES] = {"read", "write", "seek", "truncate", "request"};
static uint64_t recalls[CAUSES];
static unsigned restoring, most_restoring;
static uint64_t archived, released;

static struct work *waiting;

/* ---- work for later ---- */

void work_at(struct work *work) {
    inode_hold(work->inode);
    struct work **at = &waiting;
    while (*at && (*at)->due_ns <= work->due_ns) at = &(*at)->next;
    work->next = *at;
    *at = work;
    pthread_cond_broadcast(&changed);
}

static void work_done(struct work *work) {
    struct inode *inode = work->inode;
    work->run(work);
    free(work);
    inode_drop(inode);
    pthread_cond_broadcast(&changed);
}

void work_flush(void (*run)(struct work *work)) {
    for (struct work **at = &waiting; *at;) {
        struct work *work = *at;
        if (work->run == run) {
            *at = work->next;
            work_done(work);
        } else {
            at = &work->next;
        }
    }
}

static void *work_loop(void *unused) {
    pthread_mutex_lock(&lock);
    for (;;) {
        if (waiting && waiting->due_ns <= now_ns()) {
            struct work *work = waiting;
            waiting = work->next;
            work_done(work);
        } else {
            await(waiting ? waiting->due_ns : now_ns() + UINT64_C(3600000000000));
        }
    }
    return unused;
}

void work_start(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work_loop, NULL)) abort();
    pthread_detach(thread);
}

static void do_later(struct inode *file, unsigned after_us, void (*run)(struct work *), uint64_t number) {
    struct work *work = make(sizeof *work);
    *work = (struct work){.run = run, .inode = file, .number = number, .due_ns = now_ns() + after_us * UINT64_C(1000)};
    work_at(work);
}

/* ---- restore ---- */

static void restored(struct work *work) {
    struct inode *file = work->inode;
    file->restoring = false;
    restoring--;
    if (!(file->hsm_flags & HS_RELEASED)) return;
    file->hsm_flags &= ~(unsigned) HS_RELEASED;
    file->archived_version = file->data_version += 12;
    layout_released(file, false);
    record(CL_HSM, EVENT_ARCHIVE, file, &copytool);
    record(CL_HSM, EVENT_RELEASE, file, &copytool);
    record(CL_HSM, EVENT_RESTORE, file, &copytool);
}

static void restore(struct inode *file, enum cause cause) {
    if (file->restoring) return;
    file->restoring = true;
    recalls[cause]++;
    if (++restoring > most_restoring) most_restoring = restoring;
    do_later(file, cause == BY_REQUEST ? settings.restore_us : settings.recall_us, restored, 0);
}

int hsm_need_data(struct inode *file, enum cause cause) {
    while (file->hsm_flags & HS_RELEASED) {
        if (file->hsm_flags & HS_LOST) return ENODATA;
        restore(file, cause);
        await(now_ns() + UINT64_C(1000000000));
    }
    return 0;
}

int hsm_restore(struct inode *file) {
    if (!S_ISREG(file->mode)) return EINVAL;
    if (!(file->hsm_flags & HS_RELEASED)) return 0;
    if (file->hsm_flags & HS_LOST) return EPERM;
    restore(file, BY_REQUEST);
    return 0;
}

/* ---- the others ---- */

static unsigned state_event(const struct inode *file) {
    return EVENT_STATE | (file->hsm_flags & HS_DIRTY ? EVENT_DIRTY : 0);
}

void hsm_written(struct inode *file, const struct who *who) {
    if (!(file->hsm_flags & HS_ARCHIVED) || file->hsm_flags & HS_DIRTY) return;
    file->hsm_flags |= HS_DIRTY;
    record(CL_HSM, state_event(file), file, who);
}

static void archive(struct work *work) {
    struct inode *file = work->inode;
    if (!(file->hsm_flags & HS_EXISTS)) {
        file->hsm_flags |= HS_EXISTS;
        record(CL_HSM, EVENT_STATE, file, &server);
    }
    file->has_hsm = true;
    file->archive = work->number;
    file->archived_version = file->data_version;
    file->hsm_flags = (file->hsm_flags & ~(unsigned) (HS_DIRTY | HS_LOST)) | HS_EXISTS | HS_ARCHIVED;
    record(CL_HSM, EVENT_STATE, file, &copytool);
    record(CL_HSM, EVENT_ARCHIVE, file, &copytool);
    archived++;
}

int hsm_archive(struct inode *file, uint64_t number) {
    if (!S_ISREG(file->mode)) return EINVAL;
    if (file->hsm_flags & (HS_NOARCHIVE | HS_RELEASED)) return EPERM;
    if ((file->hsm_flags & (HS_ARCHIVED | HS_DIRTY)) == HS_ARCHIVED) return 0;
    if (settings.archive_us) {
        do_later(file, settings.archive_us, archive, number ? number : 1);
    } else {
        struct work now = {.inode = file, .number = number ? number : 1};
        archive(&now);
    }
    return 0;
}

static void removed(struct work *work) {
    struct inode *file = work->inode;
    file->hsm_flags &= ~(unsigned) (HS_EXISTS | HS_ARCHIVED | HS_DIRTY | HS_LOST);
    record(CL_HSM, EVENT_STATE, file, &copytool);
    record(CL_HSM, EVENT_REMOVE, file, &copytool);
}

int hsm_remove(struct inode *file) {
    if (!(file->hsm_flags & HS_ARCHIVED) || file->hsm_flags & HS_RELEASED) return EPERM;
    if (settings.archive_us) {
        do_later(file, settings.archive_us, removed, 0);
    } else {
        struct work now = {.inode = file};
        removed(&now);
    }
    return 0;
}

int hsm_release(struct inode *file) {
    if (!S_ISREG(file->mode)) return EINVAL;
    if (file->hsm_flags & HS_RELEASED) return 0;
    if (!(file->hsm_flags & HS_ARCHIVED) || file->hsm_flags & (HS_DIRTY | HS_NORELEASE | HS_LOST)) return EPERM;
    if (file->writers > 0) return EBUSY;
    file->hsm_flags |= HS_RELEASED;
    layout_released(file, true);
    record(CL_TRUNC, 0xf, file, &lfs);
    record(CL_LAYOUT, 1, file, &lfs);
    record(CL_CLOSE, 2, file, &lfs);
    released++;
    return 0;
}

int hsm_set(struct inode *file, uint32_t set, uint32_t clear) {
    if (!S_ISREG(file->mode)) return EINVAL;
    file->hsm_flags = (file->hsm_flags & ~clear) | set;
    file->has_hsm = true;
    if (set & HS_ARCHIVED && !file->archive) file->archive = 1;
    record(CL_HSM, state_event(file), file, &lfs);
    record(CL_CLOSE, 2, file, &lfs);
    return 0;
}

bool hsm_xattr(const struct inode *file, uint8_t value[24]) {
    if (!file->has_hsm) return false;
    memset(value, 0, 24);
    memcpy(value + 4, &file->hsm_flags, 4);
    memcpy(value + 8, &file->archive, 8);
    memcpy(value + 16, &file->archived_version, 8);
    return true;
}

/* struct hsm_user_state */
void hsm_state(const struct inode *file, uint8_t state[32]) {
    memset(state, 0, 32);
    memcpy(state, &file->hsm_flags, 4);
    memcpy(state + 4, &file->archive, 4);
    if (!file->restoring) return;
    const uint32_t is_waiting = 1, action = 11;
    const uint64_t whole = UINT64_MAX;
    memcpy(state + 8, &is_waiting, 4);
    memcpy(state + 12, &action, 4);
    memcpy(state + 24, &whole, 8);
}

void hsm_counters(FILE *out) {
    uint64_t implicit = 0;
    for (int i = 0; i < BY_REQUEST; i++) implicit += recalls[i];
    fprintf(out, "recalls=%llu ", (unsigned long long) implicit);
    for (int i = 0; i < CAUSES; i++) fprintf(out, "recalls_%s=%llu ", causes[i], (unsigned long long) recalls[i]);
    fprintf(out, "restoring=%u restoring_most=%u archived=%llu released=%llu ", restoring, most_restoring,
            (unsigned long long) archived, (unsigned long long) released);
}

void hsm_reset(void) {
    memset(recalls, 0, sizeof recalls);
    most_restoring = restoring;
    archived = released = 0;
}
