/*
 * Changelog records in the form that their reader asked for. The layout: struct changelog_rec and its extensions
 * in Lustre's uapi header lustre_user.h.
 */
#ifndef REPACK_H
#define REPACK_H
#include <stddef.h>
#include <stdint.h>

enum { SEND_FOLLOW = 1, SEND_BLOCK = 2, SEND_JOBID = 4, SEND_EXTRA = 8, SEND_NID_BE = 16 };

/* Of a record, by its flags. */
size_t repack_size(const uint8_t *record);
/* to: room for as many bytes as the record has. */
void repack(const uint8_t *record, int send_flags, int extra_flags, uint8_t *to);
#endif
