/* Files: opened, read, written, closed. */
#include "fake.h"
#include <fcntl.h>
#include <unistd.h>

/* Of MDS_OPEN_*: the numbers of open(2), but for reading and writing. */
enum { MDS_READ = 1, MDS_WRITE = 2, KEPT_FLAGS = O_CREAT | O_EXCL | O_TRUNC | O_APPEND, MDS_CREATED = 8 };

/* How long a file counts as one that is being closed, after a close(2) that may not have been its last. */
static const uint64_t CLOSING_NS = 300 * UINT64_C(1000000);

struct handle {
    struct inode *inode;
    int fd;
    unsigned flags; /* MDS_OPEN_* */
    bool written;
    struct who who;
    uint64_t flushed_ns; /* 0: not */
    struct handle *before, *after; /* of those open for writing */
};

static struct handle *writing;

static void close_handle(struct handle *handle);

static struct handle *handle_of(const struct fuse_file_info *file) {
    return (struct handle *) (uintptr_t) file->fh;
}

static unsigned mds_flags(int flags) {
    unsigned access = (unsigned) (flags & O_ACCMODE) + 1;
    return (access & (MDS_READ | MDS_WRITE)) | (unsigned) (flags & KEPT_FLAGS);
}

static int open_handle(struct inode *inode, int flags, const struct who *who, struct fuse_file_info *file) {
    file->fh = 0;
    int fd = data_open(inode, O_RDWR);
    if (fd < 0) return errno;
    struct handle *handle = make(sizeof *handle);
    *handle = (struct handle){.inode = inode, .fd = fd, .flags = mds_flags(flags), .who = *who};
    inode_hold(inode);
    if (handle->flags & MDS_WRITE) {
        inode->writers++;
        handle->after = writing;
        if (writing) writing->before = handle;
        writing = handle;
    }
    file->fh = (uintptr_t) handle;
    file->direct_io = settings.direct_io;
    return 0;
}

void settle(void) {
    for (;;) {
        uint64_t now = now_ns(), until = 0;
        for (struct handle *handle = writing; handle; handle = handle->after)
            if (handle->flushed_ns + CLOSING_NS > now && handle->flushed_ns + CLOSING_NS > until)
                until = handle->flushed_ns + CLOSING_NS;
        if (!until) return;
        await(until);
    }
}

static int truncate_to(struct inode *inode, int64_t size) {
    int fd = data_open(inode, O_RDWR);
    if (fd < 0) return errno;
    int error = ftruncate(fd, size) ? errno : 0;
    close(fd);
    if (error) return error;
    inode->size = size;
    inode->mtime_s = inode->ctime_s = now_s();
    inode->data_version++;
    return 0;
}

void on_create(fuse_req_t request, fuse_ino_t number, const char *name, mode_t mode, struct fuse_file_info *file) {
    struct who who = who_asks(request);
    pthread_mutex_lock(&lock);
    settle();
    struct node *parent = node_of(number);
    struct inode *child;
    int error = make_entry(parent->inode, name, S_IFREG | (mode & 07777), fuse_req_ctx(request)->umask, 0,
                           parent->inode->mdt, &who, &child);
    if (!error) {
        record_name(child->mdt, CL_CREATE, 0, child, parent->inode, name, &who);
        /* O_LOV_DELAY_CREATE keeps objects for later, when somebody has set the layout. */
        if ((file->flags & FASYNC) == 0) layout_default(child, parent->inode);
        error = open_handle(child, file->flags | O_CREAT, &who, file);
    }
    if (error) {
        fuse_reply_err(request, error);
    } else {
        record_open(child, handle_of(file)->flags | MDS_CREATED, &who);
        struct fuse_entry_param entry;
        fill_entry(&entry, node_for(parent, child));
        fuse_reply_create(request, &entry, file);
    }
    pthread_mutex_unlock(&lock);
}

/* Also of a file whose bytes are on tape: that is how the server does it, though nobody needs them. */
static int truncate_opened(struct inode *inode, const struct who *who) {
    if (!layout_is_dom(inode) || inode->size > 0) record(CL_TRUNC, 0xe, inode, who);
    int error = hsm_need_data(inode, BY_TRUNCATE);
    return error ? error : truncate_to(inode, 0);
}

void on_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
    struct who who = who_asks(request);
    pthread_mutex_lock(&lock);
    settle();
    struct inode *inode = node_of(number)->inode;
    int error = open_handle(inode, file->flags, &who, file);
    if (!error) {
        struct handle *handle = handle_of(file);
        record_open(inode, handle->flags, &who);
        bool delayed = (file->flags & FASYNC) != 0;
        if (handle->flags & MDS_WRITE && !inode->layout && !delayed) {
            layout_default(inode, inode->names ? inode->names->parent : NULL);
            record(CL_LAYOUT, 0, inode, &who);
        }
        if (file->flags & O_TRUNC) {
            handle->written = true;
            error = truncate_opened(inode, &who);
        }
    }
    if (error && handle_of(file)) close_handle(handle_of(file));
    if (error) fuse_reply_err(request, error);
    else fuse_reply_open(request, file);
    pthread_mutex_unlock(&lock);
}

void on_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file) {
    (void) number;
    struct handle *handle = handle_of(file);
    pthread_mutex_lock(&lock);
    int error = hsm_need_data(handle->inode, BY_READ);
    if (!error) ost_read(handle->inode, offset, (int64_t) size);
    pthread_mutex_unlock(&lock);
    if (error) {
        fuse_reply_err(request, error);
        return;
    }
    char *bytes = make(size);
    ssize_t count = pread(handle->fd, bytes, size, offset);
    if (count < 0) fuse_reply_err(request, errno);
    else fuse_reply_buf(request, bytes, (size_t) count);
    free(bytes);
}

static void wrote(struct handle *handle, int64_t end) {
    struct inode *inode = handle->inode;
    handle->written = true;
    handle->flushed_ns = 0;
    if (end > inode->size) inode->size = end;
    inode->mtime_s = inode->ctime_s = now_s();
    inode->data_version++;
}

void on_write(fuse_req_t request, fuse_ino_t number, const char *bytes, size_t size, off_t offset,
              struct fuse_file_info *file) {
    (void) number;
    struct handle *handle = handle_of(file);
    pthread_mutex_lock(&lock);
    handle->flushed_ns = 0;
    int error = hsm_need_data(handle->inode, BY_WRITE);
    ssize_t count = 0;
    if (!error) {
        layout_write(handle->inode, offset, (int64_t) size, &handle->who);
        count = pwrite(handle->fd, bytes, size, offset);
        if (count < 0) error = errno;
        else wrote(handle, offset + count);
    }
    pthread_mutex_unlock(&lock);
    if (error) fuse_reply_err(request, error);
    else fuse_reply_write(request, (size_t) count);
}

void on_flush(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
    (void) number;
    struct handle *handle = handle_of(file);
    pthread_mutex_lock(&lock);
    if (handle->flags & MDS_WRITE) handle->flushed_ns = now_ns();
    pthread_mutex_unlock(&lock);
    fuse_reply_err(request, 0);
}

static void closed(struct work *work) {
    record(CL_CLOSE, work->flags, work->inode, &work->who);
}

void close_now(void) {
    work_flush(closed);
}

static void close_handle(struct handle *handle) {
    struct inode *inode = handle->inode;
    bool writer = handle->flags & MDS_WRITE;
    if (writer) {
        inode->writers--;
        if (handle->before) handle->before->after = handle->after;
        else writing = handle->after;
        if (handle->after) handle->after->before = handle->before;
        if (handle->written) hsm_written(inode, &handle->who);
    }
    if (writer && settings.opencache_ms) {
        struct work *work = make(sizeof *work);
        *work = (struct work){.run = closed, .inode = inode, .flags = handle->flags, .who = handle->who,
                              .due_ns = now_ns() + settings.opencache_ms * UINT64_C(1000000)};
        work_at(work);
    } else if (writer || *changelog_mask(inode->mdt) >> CL_OPEN & 1) {
        record(CL_CLOSE, handle->flags, inode, &handle->who);
    }
    close(handle->fd);
    inode_drop(inode);
    free(handle);
    pthread_cond_broadcast(&changed);
}

void on_release(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
    (void) number;
    pthread_mutex_lock(&lock);
    close_handle(handle_of(file));
    pthread_mutex_unlock(&lock);
    fuse_reply_err(request, 0);
}

void on_fsync(fuse_req_t request, fuse_ino_t number, int data, struct fuse_file_info *file) {
    (void) number;
    (void) data;
    (void) file;
    fuse_reply_err(request, 0);
}

void on_lseek(fuse_req_t request, fuse_ino_t number, off_t offset, int whence, struct fuse_file_info *file) {
    (void) number;
    struct handle *handle = handle_of(file);
    pthread_mutex_lock(&lock);
    int error = hsm_need_data(handle->inode, BY_SEEK);
    pthread_mutex_unlock(&lock);
    off_t found = error ? 0 : lseek(handle->fd, offset, whence);
    if (error || found < 0) fuse_reply_err(request, error ? error : errno);
    else fuse_reply_lseek(request, found);
}

void on_fallocate(fuse_req_t request, fuse_ino_t number, int mode, off_t offset, off_t length,
                  struct fuse_file_info *file) {
    (void) number;
    struct handle *handle = handle_of(file);
    pthread_mutex_lock(&lock);
    int error = hsm_need_data(handle->inode, BY_WRITE);
    if (!error && fallocate(handle->fd, mode, offset, length)) error = errno;
    if (!error) wrote(handle, mode & FALLOC_FL_KEEP_SIZE ? 0 : offset + length);
    pthread_mutex_unlock(&lock);
    fuse_reply_err(request, error);
}

/* ---- attributes ---- */

void on_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
    (void) file;
    struct stat st;
    pthread_mutex_lock(&lock);
    stat_of(node_of(number)->inode, &st);
    pthread_mutex_unlock(&lock);
    fuse_reply_attr(request, &st, 0);
}

/* The bits of LA_* in records, lustre_idl.h */
enum { LA_ATIME = 1, LA_MTIME = 2, LA_CTIME = 4, LA_SIZE = 8, LA_MODE = 0x10, LA_UID = 0x20, LA_GID = 0x40,
       LA_BLOCKS = 0x80 };

static int set_size(struct inode *inode, int64_t size, struct fuse_file_info *file, const struct who *who) {
    int error = inode->hsm_flags & HS_RELEASED ? hsm_need_data(inode, BY_TRUNCATE) : 0;
    if (error) return error;
    error = truncate_to(inode, size);
    if (error) return error;
    record(CL_TRUNC, LA_SIZE | LA_MTIME | LA_CTIME, inode, who);
    if (file) handle_of(file)->written = true;
    else hsm_written(inode, who);
    return 0;
}

static void set_mode(struct inode *inode, mode_t mode) {
    inode->mode = (inode->mode & S_IFMT) | (mode & 07777);
    struct xattr *acl = xattr_find(inode, ACL_ACCESS);
    if (acl) acl_apply_mode(acl->value, acl->size, mode);
}

void on_setattr(fuse_req_t request, fuse_ino_t number, struct stat *attr, int set, struct fuse_file_info *file) {
    struct who who = who_asks(request);
    pthread_mutex_lock(&lock);
    settle();
    struct inode *inode = node_of(number)->inode;
    unsigned valid = 0;
    int error = 0;
    if (set & FUSE_SET_ATTR_SIZE) {
        error = set_size(inode, attr->st_size, file, &who);
        set &= ~(FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW | FUSE_SET_ATTR_CTIME);
    }
    if (!error) {
        if (set & FUSE_SET_ATTR_MODE) {
            set_mode(inode, attr->st_mode);
            valid |= LA_MODE;
        }
        if (set & FUSE_SET_ATTR_UID) inode->uid = attr->st_uid;
        if (set & FUSE_SET_ATTR_GID) inode->gid = attr->st_gid;
        if (set & FUSE_SET_ATTR_UID) valid |= LA_UID | LA_BLOCKS;
        if (set & FUSE_SET_ATTR_GID) valid |= LA_GID | LA_BLOCKS;
        /* What a chown(2) takes away besides is not said. */
        if (valid & LA_BLOCKS) valid &= ~(unsigned) LA_MODE;
        if (set & FUSE_SET_ATTR_ATIME) inode->atime_s = set & FUSE_SET_ATTR_ATIME_NOW ? now_s() : attr->st_atime;
        if (set & FUSE_SET_ATTR_MTIME) inode->mtime_s = set & FUSE_SET_ATTR_MTIME_NOW ? now_s() : attr->st_mtime;
        if (set & FUSE_SET_ATTR_ATIME) valid |= LA_ATIME;
        if (set & FUSE_SET_ATTR_MTIME) valid |= LA_MTIME;
        if (valid) {
            inode->ctime_s = now_s();
            valid |= LA_CTIME;
            enum type type = valid & (LA_MODE | LA_UID | LA_GID) ? CL_SETATTR : valid & LA_MTIME ? CL_MTIME : CL_CTIME;
            record(type, valid, inode, &who);
        }
        struct stat st;
        stat_of(inode, &st);
        fuse_reply_attr(request, &st, 0);
    } else {
        fuse_reply_err(request, error);
    }
    pthread_mutex_unlock(&lock);
}
