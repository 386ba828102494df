/* Names: looked up, made, removed, renamed, listed. */
#include "fake.h"
#include <fcntl.h>

static void reply_node(fuse_req_t request, struct node *node) {
    struct fuse_entry_param entry;
    fill_entry(&entry, node);
    fuse_reply_entry(request, &entry);
}

void fill_entry(struct fuse_entry_param *entry, struct node *node) {
    *entry = (struct fuse_entry_param){.ino = number_of(node)};
    stat_of(node->inode, &entry->attr);
}

/* The child of that name; NULL without it. .lustre is nowhere listed. */
static struct inode *child_of(const struct inode *parent, const char *name) {
    if (parent == fid_dir) {
        struct fid fid;
        return fid_parse(name, &fid) ? inode_by_fid(fid) : NULL;
    }
    if (parent == root_inode && !strcmp(name, ".lustre")) return lustre_dir;
    if (parent == lustre_dir) return strcmp(name, "fid") ? NULL : fid_dir;
    struct entry *entry = entry_find(parent, name);
    return entry ? entry->child : NULL;
}

void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
    pthread_mutex_lock(&lock);
    struct node *node = node_of(parent);
    struct inode *child = child_of(node->inode, name);
    if (child) reply_node(request, node_for(node, child));
    else fuse_reply_err(request, strlen(name) > NAME_BYTES ? ENAMETOOLONG : ENOENT);
    pthread_mutex_unlock(&lock);
}

void on_forget(fuse_req_t request, fuse_ino_t number, uint64_t lookups) {
    pthread_mutex_lock(&lock);
    node_forget(number, lookups);
    pthread_mutex_unlock(&lock);
    fuse_reply_none(request);
}

void on_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *forgets) {
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; i++) node_forget(forgets[i].ino, forgets[i].nlookup);
    pthread_mutex_unlock(&lock);
    fuse_reply_none(request);
}

static int may_make(const struct inode *parent, const char *name) {
    if (parent == fid_dir || parent == lustre_dir) return EPERM;
    if (strlen(name) > NAME_BYTES) return ENAMETOOLONG;
    if (parent->links == 0) return ENOENT;
    return child_of(parent, name) ? EEXIST : 0;
}

static void touched(struct inode *directory) {
    directory->mtime_s = directory->ctime_s = now_s();
}

int make_entry(struct inode *parent, const char *name, mode_t mode, mode_t umask, dev_t rdev, unsigned mdt,
               const struct who *who, struct inode **made) {
    int error = may_make(parent, name);
    if (error) return error;
    gid_t gid = who->gid;
    if (parent->mode & S_ISGID) {
        gid = parent->gid;
        if (S_ISDIR(mode)) mode |= S_ISGID;
    }
    struct inode *child = inode_new(mdt, mode, who->uid, gid);
    child->rdev = rdev;
    if (!S_ISLNK(mode))
        child->mode = xattr_find(parent, ACL_DEFAULT) ? acl_inherit(child, parent, mode) : (mode & ~umask);
    if (settings.job_xattr && who->job[0] && (S_ISREG(mode) || S_ISDIR(mode)))
        xattr_put(child, "user.job", who->job, strlen(who->job));
    if (S_ISDIR(mode) && parent->layout && parent != root_inode)
        layout_set_default(child, parent->layout, parent->layout_size);
    entry_add(parent, name, child);
    touched(parent);
    *made = child;
    return 0;
}

static void make_and_reply(fuse_req_t request, fuse_ino_t number, const char *name, mode_t mode, dev_t rdev,
                           enum type type, const char *target) {
    struct who who = who_asks(request);
    pthread_mutex_lock(&lock);
    settle();
    struct node *parent = node_of(number);
    unsigned mdt = S_ISDIR(mode) && !may_make(parent->inode, name) ? mdt_for_directory(parent->inode)
                                                                   : parent->inode->mdt;
    struct inode *child;
    int error = make_entry(parent->inode, name, mode, fuse_req_ctx(request)->umask, rdev, mdt, &who, &child);
    if (error) {
        fuse_reply_err(request, error);
    } else {
        if (target) {
            child->target = copy_of(target, strlen(target) + 1);
            child->size = (int64_t) strlen(target);
        }
        /* A directory's maker is the MDT on which it is, even where its name is on another. */
        record_name(mdt, type, 0, child, parent->inode, name, &who);
        reply_node(request, node_for(parent, child));
    }
    pthread_mutex_unlock(&lock);
}

void on_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev) {
    make_and_reply(request, parent, name, mode, rdev, S_ISREG(mode) ? CL_CREATE : CL_MKNOD, NULL);
}

void on_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode) {
    make_and_reply(request, parent, name, S_IFDIR | (mode & 07777), 0, CL_MKDIR, NULL);
}

void on_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name) {
    make_and_reply(request, parent, name, S_IFLNK | 0777, 0, CL_SOFTLINK, target);
}

void on_link(fuse_req_t request, fuse_ino_t number, fuse_ino_t to, const char *name) {
    struct who who = who_asks(request);
    pthread_mutex_lock(&lock);
    settle();
    struct inode *inode = node_of(number)->inode;
    struct node *parent = node_of(to);
    int error = inode->links == 0 ? ENOENT : may_make(parent->inode, name);
    if (error) {
        fuse_reply_err(request, error);
    } else {
        entry_add(parent->inode, name, inode);
        inode->links++;
        inode->ctime_s = now_s();
        touched(parent->inode);
        record_name(parent->inode->mdt, CL_HARDLINK, 0, inode, parent->inode, name, &who);
        reply_node(request, node_for(parent, inode));
    }
    pthread_mutex_unlock(&lock);
}

/* Takes the name from its child; gives the flags of the record. */
static unsigned take_name(struct entry *entry) {
    struct inode *child = entry->child;
    bool last = S_ISDIR(child->mode) || child->links == 1;
    unsigned flags = last ? 1 : 0;
    if (last && child->hsm_flags & HS_EXISTS) flags |= 2;
    touched(entry->parent);
    entry_remove(entry);
    child->links = S_ISDIR(child->mode) ? 0 : child->links - 1;
    child->ctime_s = now_s();
    return flags;
}

/* An inode without names and holders goes with this. */
static void hold_and_drop(struct inode *inode) {
    inode_hold(inode);
    inode_drop(inode);
}

static int may_remove(const struct entry *entry, bool directory) {
    if (!entry) return ENOENT;
    if (S_ISDIR(entry->child->mode)) {
        if (!directory) return EISDIR;
        return entry->child->entries > 0 ? ENOTEMPTY : 0;
    }
    return directory ? ENOTDIR : 0;
}

static void remove_name(fuse_req_t request, fuse_ino_t number, const char *name, bool directory) {
    struct who who = who_asks(request);
    pthread_mutex_lock(&lock);
    settle();
    struct inode *parent = node_of(number)->inode;
    struct entry *entry = entry_find(parent, name);
    int error = may_remove(entry, directory);
    if (!error) {
        struct inode *child = entry->child;
        unsigned flags = take_name(entry);
        record_name(child->mdt, directory ? CL_RMDIR : CL_UNLINK, flags, child, parent, name, &who);
        hold_and_drop(child);
    }
    fuse_reply_err(request, error);
    pthread_mutex_unlock(&lock);
}

void on_unlink(fuse_req_t request, fuse_ino_t parent, const char *name) {
    remove_name(request, parent, name, false);
}

void on_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name) {
    remove_name(request, parent, name, true);
}

static int may_rename(const struct entry *from, const struct inode *to, const char *name, const struct entry *over) {
    if (!from) return ENOENT;
    if (to == fid_dir || to == lustre_dir) return EPERM;
    if (strlen(name) > NAME_BYTES) return ENAMETOOLONG;
    if (to->links == 0) return ENOENT;
    bool directory = S_ISDIR(from->child->mode);
    if (directory && is_below(to, from->child)) return EINVAL;
    if (!settings.remote_rename && from->parent->mdt != to->mdt) return EXDEV;
    if (!over) return 0;
    if (over->child == from->child) return 0;
    if (directory != S_ISDIR(over->child->mode)) return directory ? ENOTDIR : EISDIR;
    return over->child->entries > 0 ? ENOTEMPTY : 0;
}

void on_rename(fuse_req_t request, fuse_ino_t number, const char *name, fuse_ino_t to_number, const char *to_name,
               unsigned flags) {
    if (flags) {
        fuse_reply_err(request, EINVAL);
        return;
    }
    struct who who = who_asks(request);
    pthread_mutex_lock(&lock);
    settle();
    struct inode *parent = node_of(number)->inode, *to = node_of(to_number)->inode;
    struct entry *from = entry_find(parent, name), *over = entry_find(to, to_name);
    int error = may_rename(from, to, to_name, over);
    if (!error && !(over && over->child == from->child)) {
        struct inode *child = from->child, *gone = over ? over->child : NULL;
        unsigned low_flags = over ? take_name(over) : 0;
        entry_remove(from);
        entry_add(to, to_name, child);
        child->ctime_s = now_s();
        touched(parent);
        touched(to);
        record_rename(to->mdt, CL_RENAME, low_flags, gone, (struct fid){0}, to->fid, to_name, child->fid, parent->fid,
                      name, &who);
        if (gone) hold_and_drop(gone);
    }
    fuse_reply_err(request, error);
    pthread_mutex_unlock(&lock);
}

void on_opendir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
    (void) number;
    file->fh = 0;
    fuse_reply_open(request, file);
}

static size_t add_name(fuse_req_t request, char *at, size_t room, const char *name, const struct inode *child,
                       uint64_t next) {
    struct stat st;
    stat_of(child, &st);
    return fuse_add_direntry(request, at, room, name, &st, (off_t) next);
}

void on_readdir(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file) {
    (void) file;
    char *bytes = make(size);
    size_t used = 0, more;
    pthread_mutex_lock(&lock);
    struct inode *directory = node_of(number)->inode;
    const char *const own[] = {".", ".."};
    for (uint64_t at = (uint64_t) offset; at < 2; at++) {
        struct inode *shown = at == 1 && directory->names ? directory->names->parent : directory;
        more = add_name(request, bytes + used, size - used, own[at], shown, at + 1);
        if (more > size - used) goto full;
        used += more;
    }
    for (struct entry *entry = directory->first; entry; entry = entry->after) {
        if (entry->cookie <= (uint64_t) offset) continue;
        more = add_name(request, bytes + used, size - used, entry->name, entry->child, entry->cookie);
        if (more > size - used) break;
        used += more;
    }
full:
    pthread_mutex_unlock(&lock);
    fuse_reply_buf(request, bytes, used);
    free(bytes);
}

void on_readlink(fuse_req_t request, fuse_ino_t number) {
    pthread_mutex_lock(&lock);
    const char *target = node_of(number)->inode->target;
    if (target) fuse_reply_readlink(request, target);
    else fuse_reply_err(request, EINVAL);
    pthread_mutex_unlock(&lock);
}
