/* Inodes, names and FIDs, all in memory; only the bytes of files are in the backing directory. */
#include "fake.h"
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

enum { BUCKETS = 1 << 18 };

static struct inode *inodes[BUCKETS];
static struct entry *entries[BUCKETS];
static struct node *aliases[BUCKETS];
static uint64_t next_serial = 1;
static uint32_t next_object[MAX_MDTS];
static unsigned turn;

struct inode *root_inode, *lustre_dir, *fid_dir;
unsigned next_mdt = MAX_MDTS;

static size_t mixed(uint64_t value) {
    return value * UINT64_C(0x9e3779b97f4a7c15) >> 46 & (BUCKETS - 1);
}

static size_t bucket_of(struct fid fid) {
    return mixed(fid.sequence * 31 + fid.object);
}

static size_t bucket_of_name(const struct inode *parent, const char *name) {
    uint64_t hash = (uintptr_t) parent;
    for (; *name; name++) hash = (hash ^ (uint8_t) *name) * UINT64_C(0x100000001b3);
    return mixed(hash);
}

static void inode_file(struct inode *inode) {
    struct inode **bucket = &inodes[bucket_of(inode->fid)];
    inode->next = *bucket;
    *bucket = inode;
}

static void inode_unfile(struct inode *inode) {
    struct inode **at = &inodes[bucket_of(inode->fid)];
    while (*at != inode) at = &(*at)->next;
    *at = inode->next;
}

static struct fid fid_new(unsigned mdt) {
    return (struct fid){.sequence = FIRST_SEQUENCE + mdt, .object = ++next_object[mdt]};
}

static struct inode *inode_at(struct fid fid, unsigned mdt, mode_t mode, uid_t uid, gid_t gid) {
    struct inode *inode = make(sizeof *inode);
    inode->fid = fid;
    inode->mdt = mdt;
    inode->mode = mode;
    inode->uid = uid;
    inode->gid = gid;
    inode->links = S_ISDIR(mode) ? 2 : 1;
    inode->size = S_ISDIR(mode) ? 4096 : 0;
    inode->atime_s = inode->mtime_s = inode->ctime_s = inode->btime_s = now_s();
    inode->data_version = 0x40;
    inode->next_cookie = 3;
    inode->node.inode = inode;
    inode->node.serial = next_serial++;
    inode_file(inode);
    return inode;
}

struct inode *inode_new(unsigned mdt, mode_t mode, uid_t uid, gid_t gid) {
    return inode_at(fid_new(mdt), mdt, mode, uid, gid);
}

void tree_start(void) {
    root_inode = inode_at((struct fid){ROOT_SEQUENCE, 1, 0}, 0, S_IFDIR | 0755, getuid(), getgid());
    lustre_dir = inode_at((struct fid){SPECIAL_SEQUENCE, 1, 0}, 0, S_IFDIR | 0100, 0, 0);
    fid_dir = inode_at((struct fid){SPECIAL_SEQUENCE, 2, 0}, 0, S_IFDIR | 0100, 0, 0);
    root_inode->held = lustre_dir->held = fid_dir->held = 1;
}

static void data_path(char path[PATH_MAX], struct fid fid) {
    snprintf(path, PATH_MAX, "%s/%llx-%x", backing, (unsigned long long) fid.sequence, fid.object);
}

int data_open(const struct inode *inode, int flags) {
    char path[PATH_MAX];
    data_path(path, inode->fid);
    return open(path, flags | O_CREAT | O_CLOEXEC, 0600);
}

void inode_hold(struct inode *inode) {
    inode->held++;
}

void inode_drop(struct inode *inode) {
    if (--inode->held > 0 || inode->links > 0) return;
    if (S_ISREG(inode->mode)) {
        char path[PATH_MAX];
        data_path(path, inode->fid);
        unlink(path);
    }
    inode_unfile(inode);
    while (inode->xattrs) xattr_drop(inode, inode->xattrs->name);
    free(inode->layout);
    free(inode->target);
    free(inode);
}

struct inode *inode_by_fid(struct fid fid) {
    struct inode *inode = inodes[bucket_of(fid)];
    while (inode && (inode->fid.sequence != fid.sequence || inode->fid.object != fid.object)) inode = inode->next;
    return inode && inode->links > 0 ? inode : NULL;
}

void inode_refid(struct inode *inode, unsigned mdt) {
    char before[PATH_MAX], after[PATH_MAX];
    data_path(before, inode->fid);
    inode_unfile(inode);
    inode->fid = fid_new(mdt);
    inode->mdt = mdt;
    inode_file(inode);
    data_path(after, inode->fid);
    rename(before, after);
}

struct entry *entry_find(const struct inode *parent, const char *name) {
    struct entry *entry = entries[bucket_of_name(parent, name)];
    while (entry && (entry->parent != parent || strcmp(entry->name, name))) entry = entry->next;
    return entry;
}

struct entry *entry_add(struct inode *parent, const char *name, struct inode *child) {
    struct entry **bucket = &entries[bucket_of_name(parent, name)];
    struct entry *entry = make(sizeof *entry);
    *entry = (struct entry){.parent = parent, .child = child, .name = copy_of(name, strlen(name) + 1),
                            .cookie = parent->next_cookie++, .before = parent->last, .next = *bucket};
    *bucket = entry;
    if (parent->last) parent->last->after = entry;
    else parent->first = entry;
    parent->last = entry;
    parent->entries++;
    if (S_ISDIR(child->mode)) parent->links++;
    /* The names in the order in which they were made, as in the link's attribute. */
    struct entry **last = &child->names;
    while (*last) last = &(*last)->next_link;
    *last = entry;
    return entry;
}

void entry_remove(struct entry *entry) {
    struct entry **at = &entries[bucket_of_name(entry->parent, entry->name)];
    while (*at != entry) at = &(*at)->next;
    *at = entry->next;
    for (at = &entry->child->names; *at != entry; at = &(*at)->next_link) continue;
    *at = entry->next_link;
    struct inode *parent = entry->parent;
    if (entry->before) entry->before->after = entry->after;
    else parent->first = entry->after;
    if (entry->after) entry->after->before = entry->before;
    else parent->last = entry->before;
    parent->entries--;
    if (S_ISDIR(entry->child->mode)) parent->links--;
    free(entry->name);
    free(entry);
}

unsigned depth_of(const struct inode *directory) {
    unsigned depth = 0;
    for (; directory->names; directory = directory->names->parent) depth++;
    return depth;
}

bool is_below(const struct inode *directory, const struct inode *ancestor) {
    while (directory != ancestor && directory->names) directory = directory->names->parent;
    return directory == ancestor;
}

unsigned mdt_for_directory(struct inode *parent) {
    unsigned mdt = next_mdt;
    if (mdt < settings.mdts) next_mdt = MAX_MDTS;
    else if (depth_of(parent) < settings.rr_depth) mdt = turn++ % settings.mdts;
    else mdt = parent->mdt;
    return mdt;
}

struct node *node_of(fuse_ino_t number) {
    return number == FUSE_ROOT_ID ? &root_inode->node : (struct node *) (uintptr_t) number;
}

fuse_ino_t number_of(const struct node *node) {
    return node == &root_inode->node ? FUSE_ROOT_ID : (fuse_ino_t) (uintptr_t) node;
}

/*
 * The kernel gives a directory one name: one that it finds below .lustre/fid would be moved there from
 * where it was. So there a directory has a node for each parent's node.
 */
struct node *node_for(struct node *parent, struct inode *child) {
    struct node *node = &child->node;
    if (S_ISDIR(child->mode) && (parent->via || parent->inode == fid_dir)) {
        struct node **bucket = &aliases[mixed(child->node.serial * 31 + parent->serial)];
        node = *bucket;
        while (node && (node->inode != child || node->via != parent->serial)) node = node->next;
        if (!node) {
            node = make(sizeof *node);
            *node = (struct node){.inode = child, .serial = next_serial++, .via = parent->serial, .next = *bucket};
            *bucket = node;
        }
    }
    if (node->lookups++ == 0) inode_hold(child);
    return node;
}

void node_forget(fuse_ino_t number, uint64_t lookups) {
    struct node *node = node_of(number);
    node->lookups -= lookups < node->lookups ? lookups : node->lookups;
    if (node->lookups > 0 || number == FUSE_ROOT_ID) return;
    struct inode *inode = node->inode;
    if (node->via) {
        struct node **at = &aliases[mixed(inode->node.serial * 31 + node->via)];
        while (*at != node) at = &(*at)->next;
        *at = node->next;
        free(node);
    }
    inode_drop(inode);
}

bool fid_parse(const char *text, struct fid *fid) {
    unsigned long long sequence;
    unsigned object, version;
    int used = 0;
    bool bracket = *text == '[';
    if (sscanf(text + bracket, "0x%llx:0x%x:0x%x%n", &sequence, &object, &version, &used) != 3) return false;
    if (strcmp(text + bracket + used, bracket ? "]" : "")) return false;
    *fid = (struct fid){sequence, object, version};
    return true;
}

void fid_print(char text[64], struct fid fid) {
    snprintf(text, 64, "[0x%llx:0x%x:0x%x]", (unsigned long long) fid.sequence, fid.object, fid.version);
}

uint64_t fid_flat(struct fid fid) {
    return (fid.sequence << 24) + (fid.sequence >> 24 & 0xffffff0000u) + fid.object;
}

struct inode *inode_by_path(const char *path) {
    size_t length = mount_point ? strlen(mount_point) : 0;
    if (length > 1 && !strncmp(path, mount_point, length) && (path[length] == '/' || !path[length])) path += length;
    struct fid fid;
    if (*path == '[') return fid_parse(path, &fid) ? inode_by_fid(fid) : NULL;
    struct inode *inode = root_inode;
    while (inode) {
        path += strspn(path, "/");
        size_t end = strcspn(path, "/");
        if (end == 0) break;
        char name[NAME_BYTES + 1];
        if (end > NAME_BYTES) return NULL;
        memcpy(name, path, end);
        name[end] = 0;
        struct entry *entry = entry_find(inode, name);
        inode = entry ? entry->child : NULL;
        path += end;
    }
    return inode;
}

int path_of(const struct inode *inode, int number, char *path, size_t size) {
    if (inode == root_inode) {
        if (size < 2) return -EOVERFLOW;
        strcpy(path, "/");
        return 0;
    }
    const struct entry *entry = inode->names;
    while (entry && number-- > 0) entry = entry->next_link;
    if (!entry) return -ENODATA;
    int more = entry->next_link != NULL;
    size_t at = size;
    path[--at] = 0;
    for (; entry; entry = entry->parent->names) {
        size_t length = strlen(entry->name);
        if (at < length + 1) return -EOVERFLOW;
        if (path[at]) path[--at] = '/';
        memcpy(path + (at -= length), entry->name, length);
    }
    memmove(path, path + at, size - at);
    return more;
}

void stat_of(const struct inode *inode, struct stat *st) {
    memset(st, 0, sizeof *st);
    st->st_ino = fid_flat(inode->fid);
    st->st_mode = inode->mode;
    st->st_nlink = inode->links;
    st->st_uid = inode->uid;
    st->st_gid = inode->gid;
    st->st_rdev = inode->rdev;
    st->st_size = inode->size;
    st->st_blksize = 4 * MIB;
    st->st_atime = inode->atime_s;
    st->st_mtime = inode->mtime_s;
    st->st_ctime = inode->ctime_s;
    if (S_ISDIR(inode->mode)) {
        st->st_blocks = 8;
    } else if (inode->hsm_flags & HS_RELEASED) {
        st->st_blocks = 1;
    } else if (S_ISREG(inode->mode) && inode->layout) {
        char path[PATH_MAX];
        struct stat data;
        data_path(path, inode->fid);
        if (stat(path, &data) == 0) st->st_blocks = data.st_blocks;
    }
}
