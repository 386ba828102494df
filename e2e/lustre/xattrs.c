/* Extended attributes: those that are kept, ACLs, and those that the server makes up. */
#include "fake.h"
#include <sys/xattr.h>

static const char *const layout_names[] = {"lustre.lov", "trusted.lov"};

enum { LINK_MAGIC = 0x11eaf1df, LINK_BYTES = 4096, VALUE_LIMIT = 65536 };

struct xattr *xattr_find(const struct inode *inode, const char *name) {
    struct xattr *xattr = inode->xattrs;
    while (xattr && strcmp(xattr->name, name)) xattr = xattr->next;
    return xattr;
}

bool xattr_drop(struct inode *inode, const char *name) {
    for (struct xattr **at = &inode->xattrs; *at; at = &(*at)->next) {
        struct xattr *gone = *at;
        if (strcmp(gone->name, name)) continue;
        *at = gone->next;
        free(gone->name);
        free(gone->value);
        free(gone);
        return true;
    }
    return false;
}

void xattr_put(struct inode *inode, const char *name, const void *value, size_t size) {
    struct xattr *xattr = xattr_find(inode, name);
    if (!xattr) {
        xattr = make(sizeof *xattr);
        xattr->name = copy_of(name, strlen(name) + 1);
        struct xattr **last = &inode->xattrs;
        while (*last) last = &(*last)->next;
        *last = xattr;
    }
    free(xattr->value);
    xattr->value = copy_of(value, size);
    xattr->size = size;
}

/* ---- made up ---- */

static bool is_layout(const char *name) {
    return !strcmp(name, layout_names[0]) || !strcmp(name, layout_names[1]);
}

static void put_be(uint8_t **at, uint64_t value, int bytes) {
    while (bytes-- > 0) *(*at)++ = (uint8_t) (value >> 8 * bytes);
}

/* The names that fit; then the count says it all, and the time of the overflow is set. */
static size_t link_value(const struct inode *inode, uint8_t *value) {
    uint8_t *at = value + 24;
    uint32_t count = 0, overflow = 0;
    for (const struct entry *entry = inode->names; entry; entry = entry->next_link) {
        size_t length = strlen(entry->name);
        if ((size_t) (at - value) + 18 + length > LINK_BYTES) {
            overflow = (uint32_t) now_s();
            break;
        }
        put_be(&at, 18 + length, 2);
        put_be(&at, entry->parent->fid.sequence, 8);
        put_be(&at, entry->parent->fid.object, 4);
        put_be(&at, entry->parent->fid.version, 4);
        memcpy(at, entry->name, length);
        at += length;
        count++;
    }
    uint32_t magic = LINK_MAGIC;
    uint64_t size = (uint64_t) (at - value);
    memset(value, 0, 24);
    memcpy(value, &magic, 4);
    memcpy(value + 4, &count, 4);
    memcpy(value + 8, &size, 8);
    memcpy(value + 16, &overflow, 4);
    return count > 0 ? size : 0;
}

static size_t lma_value(const struct inode *inode, uint8_t value[24]) {
    memset(value, 0, 24);
    memcpy(value + 8, &inode->fid.sequence, 8);
    memcpy(value + 16, &inode->fid.object, 4);
    memcpy(value + 20, &inode->fid.version, 4);
    return 24;
}

static size_t som_value(const struct inode *inode, uint8_t value[24]) {
    struct stat st;
    stat_of(inode, &st);
    uint64_t valid = inode->hsm_flags & HS_RELEASED ? 1 : 4, size = (uint64_t) st.st_size;
    uint64_t blocks = (uint64_t) st.st_blocks;
    memcpy(value, &valid, 8);
    memcpy(value + 8, &size, 8);
    memcpy(value + 16, &blocks, 8);
    return 24;
}

/* -1: no such attribute; the value is room for LINK_BYTES. */
static ssize_t made_up(const struct inode *inode, const char *name, uint8_t *value, const uint8_t **elsewhere) {
    *elsewhere = value;
    size_t size = 0;
    if (is_layout(name)) {
        *elsewhere = inode->layout;
        size = inode->layout_size;
    } else if (!strcmp(name, "trusted.link")) {
        size = link_value(inode, value);
    } else if (!strcmp(name, "trusted.lma")) {
        size = lma_value(inode, value);
    } else if (!strcmp(name, "trusted.hsm")) {
        size = hsm_xattr(inode, value) ? 24 : 0;
    } else if (!strcmp(name, "trusted.som") && S_ISREG(inode->mode)) {
        size = som_value(inode, value);
    } else if (!strcmp(name, "trusted.projid")) {
        size = (size_t) snprintf((char *) value, 16, "%u", inode->project);
    } else if (!strcmp(name, "user.fakelustre.control") && inode == root_inode) {
        *elsewhere = (const uint8_t *) control_path;
        size = strlen(control_path) + 1;
    }
    return size > 0 ? (ssize_t) size : -1;
}

static void reply_value(fuse_req_t request, const void *value, size_t value_size, size_t size) {
    if (size == 0) fuse_reply_xattr(request, value_size);
    else if (size < value_size) fuse_reply_err(request, ERANGE);
    else fuse_reply_buf(request, value, value_size);
}

void on_getxattr(fuse_req_t request, fuse_ino_t number, const char *name, size_t size) {
    uint8_t value[LINK_BYTES];
    const uint8_t *elsewhere;
    pthread_mutex_lock(&lock);
    struct inode *inode = node_of(number)->inode;
    ssize_t count = made_up(inode, name, value, &elsewhere);
    struct xattr *xattr = count < 0 ? xattr_find(inode, name) : NULL;
    if (count >= 0) reply_value(request, elsewhere, (size_t) count, size);
    else if (xattr) reply_value(request, xattr->value, xattr->size, size);
    else fuse_reply_err(request, ENODATA);
    pthread_mutex_unlock(&lock);
}

static size_t list_name(char *names, size_t used, const char *name) {
    memcpy(names + used, name, strlen(name) + 1);
    return used + strlen(name) + 1;
}

void on_listxattr(fuse_req_t request, fuse_ino_t number, size_t size) {
    static const char *const listed[] = {"trusted.hsm", "trusted.link", "trusted.lov", "trusted.lma", "lustre.lov"};
    char names[VALUE_LIMIT];
    uint8_t value[LINK_BYTES];
    const uint8_t *elsewhere;
    size_t used = 0;
    pthread_mutex_lock(&lock);
    struct inode *inode = node_of(number)->inode;
    bool trusted = fuse_req_ctx(request)->uid == 0;
    for (struct xattr *xattr = inode->xattrs; xattr && used < sizeof names - 1024; xattr = xattr->next)
        if (trusted || strncmp(xattr->name, "trusted.", 8)) used = list_name(names, used, xattr->name);
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
        if ((trusted || strncmp(listed[i], "trusted.", 8)) && made_up(inode, listed[i], value, &elsewhere) >= 0)
            used = list_name(names, used, listed[i]);
    reply_value(request, names, used, size);
    pthread_mutex_unlock(&lock);
}

/* ---- set ---- */

static int set_layout(struct inode *inode, const char *value, size_t size, const struct who *who) {
    if (S_ISDIR(inode->mode)) {
        int error = layout_set_default(inode, (const uint8_t *) value, size);
        if (!error) record(CL_LAYOUT, 0, inode, who);
        return error;
    }
    if (!S_ISREG(inode->mode)) return EOPNOTSUPP;
    /* The client says yes, and changes nothing. */
    if (inode->layout) return 0;
    int error = layout_set(inode, (const uint8_t *) value, size);
    if (!error) record(CL_LAYOUT, 0, inode, who);
    return error;
}

static int set_acl(struct inode *inode, const char *name, const char *value, size_t size) {
    if (!strcmp(name, ACL_DEFAULT)) {
        if (!S_ISDIR(inode->mode)) return EACCES;
        xattr_put(inode, name, value, size);
        return 0;
    }
    mode_t mode;
    bool basic;
    if (!acl_mode((const uint8_t *) value, size, &mode, &basic)) return EINVAL;
    inode->mode = (inode->mode & ~(mode_t) 0777) | mode;
    if (basic) xattr_drop(inode, name);
    else xattr_put(inode, name, value, size);
    return 0;
}

static bool is_acl(const char *name) {
    return !strcmp(name, ACL_ACCESS) || !strcmp(name, ACL_DEFAULT);
}

/* Taken without a word, and dropped. */
static bool is_ignored(const char *name) {
    static const char *const names[] = {"trusted.link", "trusted.lma", "trusted.som", "trusted.projid"};
    const char *suffix = strchr(name, '.');
    if (suffix && !strcmp(suffix, ".hsm")) return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i])) return true;
    return false;
}

static int set_other(struct inode *inode, const char *name, const char *value, size_t size, int flags) {
    bool there = xattr_find(inode, name) != NULL;
    if (flags & XATTR_CREATE && there) return EEXIST;
    if (flags & XATTR_REPLACE && !there) return ENODATA;
    if (!strncmp(name, "lustre.", 7)) return EOPNOTSUPP;
    if (size > VALUE_LIMIT) return E2BIG;
    xattr_put(inode, name, value, size);
    return 0;
}

void on_setxattr(fuse_req_t request, fuse_ino_t number, const char *name, const char *value, size_t size, int flags) {
    struct who who = who_asks(request);
    pthread_mutex_lock(&lock);
    settle();
    struct inode *inode = node_of(number)->inode;
    int error = 0;
    if (is_layout(name)) {
        error = set_layout(inode, value, size, &who);
    } else if (is_acl(name)) {
        error = set_acl(inode, name, value, size);
        if (!error) inode->ctime_s = now_s();
        /* Not an XATTR record: the server has nothing but a new ctime to tell. */
        if (!error) record(CL_CTIME, 4, inode, &who);
    } else if (!is_ignored(name)) {
        error = set_other(inode, name, value, size, flags);
        if (!error) inode->ctime_s = now_s();
        if (!error) record_xattr(CL_SETXATTR, inode, name, &who);
    }
    pthread_mutex_unlock(&lock);
    fuse_reply_err(request, error);
}

void on_removexattr(fuse_req_t request, fuse_ino_t number, const char *name) {
    struct who who = who_asks(request);
    pthread_mutex_lock(&lock);
    settle();
    struct inode *inode = node_of(number)->inode;
    int error = 0;
    if (is_layout(name) && S_ISDIR(inode->mode) && inode->layout) {
        free(inode->layout);
        inode->layout = NULL;
        inode->layout_size = 0;
        record(CL_LAYOUT, 0, inode, &who);
    } else if (!xattr_drop(inode, name)) {
        error = is_layout(name) && inode->layout ? EOPNOTSUPP : ENODATA;
    } else {
        inode->ctime_s = now_s();
        if (is_acl(name)) record(CL_CTIME, 4, inode, &who);
        else record_xattr(CL_SETXATTR, inode, name, &who);
    }
    pthread_mutex_unlock(&lock);
    fuse_reply_err(request, error);
}
