/* The fake library's commands. Each runs with the lock. */
#include "library.h"
#include "control.h"
#include "fake.h"
#include "repack.h"

/* A call that follows the log comes back so often, as the real reader scans it again. */
static const uint64_t FOLLOW_NS = UINT64_C(1000000000);

enum { READ_LIMIT = 1 << 20, ARCHIVE = 10, RESTORE = 11, RELEASE = 12, REMOVE = 13, CANCEL = 14 };

int library_read(int count, char **words, FILE *out) {
    (void) count;
    int mdt = mdt_of(words[1]);
    size_t size = strtoul(words[3], NULL, 10);
    if (mdt < 0) return -ENOENT;
    if (size > READ_LIMIT) return -EINVAL;
    settle();
    int error = changelog_await((unsigned) mdt);
    if (error) return -error;
    uint64_t first = strtoull(words[2], NULL, 10), until = now_ns() + (words[4][0] == '1' ? FOLLOW_NS : 0);
    uint8_t *bytes = make(size);
    size_t used;
    while ((used = changelog_read((unsigned) mdt, first, bytes, size)) == 0 && now_ns() < until) await(until);
    fwrite(bytes, 1, used, out);
    free(bytes);
    return 0;
}

int library_mdt_is(int count, char **words, FILE *out) {
    (void) count;
    (void) out;
    return mdt_of(words[1]) < 0 ? -ENOENT : 0;
}

int library_clear(int count, char **words, FILE *out) {
    (void) count;
    (void) out;
    int mdt = mdt_of(words[1]);
    if (mdt < 0) return -ENOENT;
    settle();
    return changelog_clear((unsigned) mdt, (unsigned) strtoul(words[2] + 2, NULL, 10), strtoull(words[3], NULL, 10));
}

int library_fid2path(int count, char **words, FILE *out) {
    (void) count;
    struct fid fid;
    char path[4096 + 256];
    if (!fid_parse(words[1], &fid)) return -EINVAL;
    const struct inode *inode = inode_by_fid(fid);
    if (!inode) return -ENOENT;
    int result = path_of(inode, (int) strtol(words[2], NULL, 10), path, sizeof path);
    if (result >= 0) fwrite(path, 1, strlen(path) + 1, out);
    return result;
}

static struct inode *inode_by_number(const char *word) {
    uint64_t number = strtoull(word, NULL, 10);
    return inode_by_fid((struct fid){.sequence = number >> 24, .object = number & 0xffffff});
}

int library_path2fid(int count, char **words, FILE *out) {
    (void) count;
    const struct inode *inode = inode_by_number(words[1]);
    if (!inode) return -ENOENT;
    fwrite(&inode->fid, 1, sizeof inode->fid, out);
    return 0;
}

static int request_one(unsigned long action, uint64_t archive, struct inode *inode) {
    switch (action) {
    case ARCHIVE: return -hsm_archive(inode, archive);
    case RESTORE: return -hsm_restore(inode);
    case RELEASE: return release_file(inode);
    case REMOVE: return -hsm_remove(inode);
    case CANCEL: return 0;
    default: return -EINVAL;
    }
}

int library_hsm_request(int count, char **words, FILE *out) {
    (void) count;
    (void) out;
    unsigned long action = strtoul(words[1], NULL, 10);
    settle();
    char *state = NULL;
    for (char *word = strtok_r(words[3], " ", &state); word; word = strtok_r(NULL, " ", &state)) {
        struct fid fid;
        struct inode *inode = fid_parse(word, &fid) ? inode_by_fid(fid) : NULL;
        int result = inode ? request_one(action, strtoull(words[2], NULL, 10), inode) : -ENOENT;
        if (result < 0) return result;
    }
    return 0;
}

int library_hsm_action(int count, char **words, FILE *out) {
    (void) count;
    const struct inode *inode = inode_by_number(words[1]);
    if (!inode) return -ENOENT;
    uint8_t state[32];
    hsm_state(inode, state);
    fwrite(state + 8, 1, 24, out);
    return 0;
}

int library_obds(int count, char **words, FILE *out) {
    (void) count;
    (void) out;
    /* Seen on 2.17: the size of a table, not the number of MDTs. */
    return words[1][0] == '1' ? MAX_MDTS : (int) settings.osts;
}

int library_mdt(int count, char **words, FILE *out) {
    (void) count;
    (void) out;
    struct fid fid;
    const struct inode *inode = fid_parse(words[1], &fid) ? inode_by_fid(fid) : NULL;
    return inode ? (int) inode->mdt : -ENOENT;
}

size_t record_size(const uint8_t *bytes) {
    return repack_size(bytes);
}
