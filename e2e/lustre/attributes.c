/* What is asked of a file or directory besides its attributes: statfs(2) and Lustre's ioctl(2)s. */
#include "fake.h"
#include <linux/fs.h>
#include <sys/statvfs.h>

/* Of lustre_user.h; those whose arguments are not all in the number cannot come through FUSE. */
enum { GET_MDTIDX = 0x800466af, HSM_STATE_GET = 0x802066d3, FID2MDTIDX = 0xc01066f8 };

void on_statfs(fuse_req_t request, fuse_ino_t number) {
    (void) number;
    struct statvfs st;
    if (statvfs(backing, &st)) {
        fuse_reply_err(request, errno);
        return;
    }
    st.f_namemax = NAME_BYTES;
    fuse_reply_statfs(request, &st);
}

/* LA_FLAGS */
enum { FLAGS_CHANGED = 0x200 };

/* chattr(1) and project numbers, which the kernel asks for by these two whatever it was asked by. */
static bool answer_attributes(fuse_req_t request, struct inode *inode, unsigned command, const void *in,
                              size_t in_size) {
    struct fsxattr attributes = {.fsx_xflags = inode->flags, .fsx_projid = inode->project};
    uint32_t flags = (inode->flags & FS_XFLAG_IMMUTABLE ? FS_IMMUTABLE_FL : 0)
                     | (inode->flags & FS_XFLAG_APPEND ? FS_APPEND_FL : 0);
    struct who who = who_asks(request);
    if (command == FS_IOC_FSGETXATTR) {
        fuse_reply_ioctl(request, 0, &attributes, sizeof attributes);
    } else if (command == FS_IOC_GETFLAGS) {
        fuse_reply_ioctl(request, 0, &flags, sizeof flags);
    } else if (command == FS_IOC_FSSETXATTR && in_size >= sizeof attributes) {
        memcpy(&attributes, in, sizeof attributes);
        inode->flags = attributes.fsx_xflags;
        inode->project = attributes.fsx_projid;
        inode->ctime_s = now_s();
        record(CL_SETATTR, FLAGS_CHANGED, inode, &who);
        fuse_reply_ioctl(request, 0, NULL, 0);
    } else if (command == FS_IOC_SETFLAGS && in_size >= sizeof flags) {
        memcpy(&flags, in, sizeof flags);
        inode->flags = (flags & FS_IMMUTABLE_FL ? FS_XFLAG_IMMUTABLE : 0)
                       | (flags & FS_APPEND_FL ? FS_XFLAG_APPEND : 0);
        inode->ctime_s = now_s();
        record(CL_SETATTR, FLAGS_CHANGED, inode, &who);
        fuse_reply_ioctl(request, 0, NULL, 0);
    } else {
        return false;
    }
    return true;
}

void on_ioctl(fuse_req_t request, fuse_ino_t number, unsigned command, void *argument, struct fuse_file_info *file,
              unsigned flags, const void *in, size_t in_size, size_t out_size) {
    (void) argument;
    (void) file;
    (void) flags;
    uint8_t state[32];
    struct fid fid;
    pthread_mutex_lock(&lock);
    struct inode *inode = node_of(number)->inode;
    if (command == GET_MDTIDX && out_size >= sizeof inode->mdt) {
        fuse_reply_ioctl(request, 0, &inode->mdt, sizeof inode->mdt);
    } else if (command == HSM_STATE_GET && out_size >= sizeof state && S_ISREG(inode->mode)) {
        hsm_state(inode, state);
        fuse_reply_ioctl(request, 0, state, sizeof state);
    } else if (command == FID2MDTIDX && in_size >= sizeof fid) {
        memcpy(&fid, in, sizeof fid);
        struct inode *meant = inode_by_fid(fid);
        if (meant) fuse_reply_ioctl(request, (int) meant->mdt, NULL, 0);
        else fuse_reply_err(request, ENOENT);
    } else if (!answer_attributes(request, inode, command, in, in_size)) {
        fuse_reply_err(request, ENOTTY);
    }
    pthread_mutex_unlock(&lock);
}
