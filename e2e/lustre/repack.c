/* A changelog record as the library gives it: only the extensions that were asked for. */
#include "repack.h"
#include <string.h>

enum {
    HEADER = 64, VERSION = 0x1000, RENAME = 0x2000, JOBID = 0x4000, EXTRA = 0x8000, LOW_FLAGS = 0xfff,
    UIDGID = 1, NID = 2, OPENED = 4, XATTR = 8, NID_BE = 16
};

/* The extensions by extra flag, in the order of the bits, which is theirs. */
static const struct {
    unsigned flag;
    size_t size;
} extensions[] = {{UIDGID, 16}, {NID, 24}, {OPENED, 4}, {XATTR, 256}};

static unsigned flags_of(const uint8_t *record) {
    uint16_t flags;
    memcpy(&flags, record + 2, sizeof flags);
    return flags;
}

static uint64_t extra_of(const uint8_t *record) {
    unsigned flags = flags_of(record);
    uint64_t extra = 0;
    if (flags & EXTRA)
        memcpy(&extra, record + HEADER + (flags & RENAME ? 32 : 0) + (flags & JOBID ? 32 : 0), sizeof extra);
    return extra;
}

static size_t before_name(unsigned flags, uint64_t extra) {
    size_t size = HEADER + (flags & RENAME ? 32 : 0) + (flags & JOBID ? 32 : 0) + (flags & EXTRA ? 8 : 0);
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (flags & EXTRA && extra & extensions[i].flag) size += extensions[i].size;
    return size;
}

size_t repack_size(const uint8_t *record) {
    uint16_t name_bytes;
    memcpy(&name_bytes, record, sizeof name_bytes);
    return before_name(flags_of(record), extra_of(record)) + name_bytes;
}

/* From {u32 address, u32 (type << 16) + number} to struct lnet_nid, {u8 size, u8 type, u16be number, u32be address}. */
static void to_big_endian(uint8_t nid[24]) {
    uint64_t value;
    memcpy(&value, nid, sizeof value);
    uint32_t address = (uint32_t) value, network = (uint32_t) (value >> 32);
    memset(nid, 0, 24);
    nid[1] = (uint8_t) (network >> 16);
    nid[2] = (uint8_t) (network >> 8);
    nid[3] = (uint8_t) network;
    for (int i = 0; i < 4; i++) nid[4 + i] = (uint8_t) (address >> (24 - 8 * i));
}

void repack(const uint8_t *record, int send_flags, int extra_flags, uint8_t *to) {
    unsigned had = flags_of(record), has = VERSION | (had & (LOW_FLAGS | RENAME));
    if (send_flags & SEND_JOBID) has |= had & JOBID;
    if (send_flags & SEND_EXTRA) has |= had & EXTRA;
    uint64_t extra_had = extra_of(record), extra = extra_had & (uint64_t) extra_flags;
    if (send_flags & SEND_NID_BE && extra & NID) extra |= NID_BE;
    const uint8_t *from = record + HEADER;
    uint8_t *at = to + HEADER;
    memcpy(to, record, HEADER);
    uint16_t flags = (uint16_t) has;
    memcpy(to + 2, &flags, sizeof flags);
    for (unsigned flag = RENAME; flag <= JOBID; flag <<= 1) {
        if (has & flag) memcpy(at, from, 32);
        if (has & flag) at += 32;
        if (had & flag) from += 32;
    }
    if (had & EXTRA) from += sizeof extra;
    if (has & EXTRA) memcpy(at, &extra, sizeof extra);
    if (has & EXTRA) at += sizeof extra;
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        if (!(had & EXTRA) || !(extra_had & extensions[i].flag)) continue;
        if (has & EXTRA && extra & extensions[i].flag) {
            memcpy(at, from, extensions[i].size);
            if (extensions[i].flag == NID && extra & NID_BE) to_big_endian(at);
            at += extensions[i].size;
        }
        from += extensions[i].size;
    }
    memcpy(at, from, repack_size(record) - (size_t) (from - record));
}
