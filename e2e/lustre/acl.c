/* POSIX ACLs as they are in extended attributes: linux/posix_acl_xattr.h, little-endian. */
#include "fake.h"

enum { HEADER = 4, ENTRY = 8, VERSION = 2, USER_OBJ = 1, GROUP_OBJ = 4, MASK = 0x10, OTHER = 0x20 };

static unsigned get_16(const uint8_t *at) {
    return at[0] | (unsigned) at[1] << 8;
}

bool acl_mode(const uint8_t *acl, size_t size, mode_t *mode, bool *basic) {
    if (size < HEADER || (size - HEADER) % ENTRY || acl[0] != VERSION) return false;
    unsigned user = 0, group = 0, mask = 8, other = 0;
    for (const uint8_t *at = acl + HEADER; at < acl + size; at += ENTRY) {
        unsigned allowed = get_16(at + 2) & 7;
        switch (get_16(at)) {
        case USER_OBJ: user = allowed; break;
        case GROUP_OBJ: group = allowed; break;
        case MASK: mask = allowed; break;
        case OTHER: other = allowed; break;
        default: break;
        }
    }
    *basic = size <= HEADER + 3 * ENTRY;
    *mode = user << 6 | (mask < 8 ? mask : group) << 3 | other;
    return true;
}

void acl_apply_mode(uint8_t *acl, size_t size, mode_t mode) {
    uint8_t *group = NULL, *mask = NULL;
    for (uint8_t *at = acl + HEADER; at < acl + size; at += ENTRY) {
        switch (get_16(at)) {
        case USER_OBJ: at[2] = mode >> 6 & 7; break;
        case GROUP_OBJ: group = at; break;
        case MASK: mask = at; break;
        case OTHER: at[2] = mode & 7; break;
        default: break;
        }
    }
    if (mask) mask[2] = mode >> 3 & 7;
    else if (group) group[2] = mode >> 3 & 7;
}

mode_t acl_inherit(struct inode *child, const struct inode *parent, mode_t mode) {
    const struct xattr *given = xattr_find(parent, ACL_DEFAULT);
    if (S_ISDIR(mode)) xattr_put(child, ACL_DEFAULT, given->value, given->size);
    mode_t most;
    bool basic;
    if (!acl_mode(given->value, given->size, &most, &basic)) return mode;
    mode &= ~(mode_t) 0777 | most;
    if (!basic) {
        xattr_put(child, ACL_ACCESS, given->value, given->size);
        struct xattr *access = xattr_find(child, ACL_ACCESS);
        acl_apply_mode(access->value, access->size, mode);
    }
    return mode;
}
