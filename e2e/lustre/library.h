/* What the fake library asks of the filesystem. */
#ifndef LIBRARY_H
#define LIBRARY_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct inode;

/* lib-read MDT FIRST BYTES FOLLOW: whole records; with FOLLOW 1 it waits a while for them. */
int library_read(int count, char **words, FILE *out);
/* lib-mdt-is MDT: whether there is one */
int library_mdt_is(int count, char **words, FILE *out);
/* lib-clear MDT ID INDEX */
int library_clear(int count, char **words, FILE *out);
/* lib-fid2path FID NUMBER: the path of that link; gives whether there are more */
int library_fid2path(int count, char **words, FILE *out);
/* lib-path2fid INODE-NUMBER: 16 bytes */
int library_path2fid(int count, char **words, FILE *out);
/* lib-hsm-request ACTION ARCHIVE "FID FID ..." */
int library_hsm_request(int count, char **words, FILE *out);
/* lib-hsm-action INODE-NUMBER: 24 bytes, struct hsm_current_action */
int library_hsm_action(int count, char **words, FILE *out);
/* lib-obds IS-MDT */
int library_obds(int count, char **words, FILE *out);
/* lib-mdt FID */
int library_mdt(int count, char **words, FILE *out);

/* Of a changelog record, by its flags. */
size_t record_size(const uint8_t *record);
int release_file(struct inode *inode);
#endif
