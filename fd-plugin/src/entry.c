/* SPDX-License-Identifier: AGPL-3.0-only */

#include "entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

/* Stored with every entry of every volume: a reader must know those of all releases. */
#define COMMAND_HEAD "sluice:1;"

void entry_clear(struct entry *entry) {
    free(entry->name);
    free(entry->target);
    free(entry->command);
    free(entry->layout);
    *entry = (struct entry){0};
}

/* Reads a decimal number and the byte behind it. */
static bool number(const char **text, uint64_t *value, char behind) {
    const char *at = *text;
    uint64_t result = 0;
    if (*at < '0' || *at > '9' || (*at == '0' && at[1] >= '0' && at[1] <= '9')) {
        return false;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t) (*at - '0');
        if (result > (UINT64_MAX - digit) / 10) {
            return false;
        }
        result = result * 10 + digit;
    }
    if (*at != behind) {
        return false;
    }
    *value = result;
    *text = behind == '\0' ? at : at + 1;
    return true;
}

static bool seconds(const char **text, time_t *value, char behind) {
    bool negative = **text == '-';
    const char *at = *text + (negative ? 1 : 0);
    uint64_t magnitude;
    if (!number(&at, &magnitude, behind) || magnitude > INT64_MAX) {
        return false;
    }
    *value = negative ? -(time_t) magnitude : (time_t) magnitude;
    *text = at;
    return true;
}

static bool mode(const char **text, mode_t *value) {
    mode_t result = 0;
    for (int i = 0; i < 6; i++) {
        char digit = (*text)[i];
        if (digit < '0' || digit > '7') {
            return false;
        }
        result = result * 8 + (mode_t) (digit - '0');
    }
    if ((*text)[6] != ' ') {
        return false;
    }
    *value = result;
    *text += 7;
    return true;
}

static bool device(const char **text, dev_t *value) {
    uint64_t major_number;
    uint64_t minor_number;
    if (!number(text, &major_number, ':') || !number(text, &minor_number, ' ')
            || major_number > UINT32_MAX || minor_number > UINT32_MAX) {
        return false;
    }
    *value = makedev((unsigned) major_number, (unsigned) minor_number);
    return true;
}

static bool parse_stat(struct entry *entry) {
    const char *text = entry->stat;
    uint64_t size;
    uint64_t user;
    uint64_t group;
    uint64_t links;
    if (text[0] == '\0' || text[1] != ' ' || strchr("FEDSL", text[0]) == NULL) {
        return false;
    }
    entry->type = text[0];
    text += 2;
    if (!number(&text, &size, ' ') || !number(&text, &user, ' ') || !number(&text, &group, ' ')
            || !mode(&text, &entry->status.st_mode) || !number(&text, &links, '\0')
            || size > INT64_MAX || user > UINT32_MAX || group > UINT32_MAX || links > UINT32_MAX) {
        return false;
    }
    entry->status.st_size = (off_t) size;
    entry->status.st_uid = (uid_t) user;
    entry->status.st_gid = (gid_t) group;
    entry->status.st_nlink = (nlink_t) links;
    entry->status.st_blksize = 4096;
    entry->status.st_blocks = (blkcnt_t) (size / 512 + (size % 512 != 0));
    return true;
}

static bool parse_times(struct entry *entry) {
    const char *text = entry->times;
    return seconds(&text, &entry->status.st_atim.tv_sec, ' ')
            && seconds(&text, &entry->status.st_mtim.tv_sec, ' ')
            && seconds(&text, &entry->status.st_ctim.tv_sec, '\0');
}

/* Of XSTAT only what Bacula can store. */
static bool parse_xstat(struct entry *entry) {
    const char *text = entry->xstat;
    uint64_t inode;
    if (text[0] == '\0' || text[1] != ' ' || strchr("fdlpscb", text[0]) == NULL) {
        return false;
    }
    text += 2;
    if (!number(&text, &inode, ' ') || !device(&text, &entry->status.st_dev)
            || !device(&text, &entry->status.st_rdev)) {
        return false;
    }
    entry->status.st_ino = (ino_t) inode;
    return *text != '\0' && strchr(text, ';') == NULL;
}

const char *entry_parse(struct entry *entry) {
    if (!parse_stat(entry)) {
        return "a STAT that is none";
    }
    if (!parse_times(entry)) {
        return "a TSTAMP that is none";
    }
    if (!parse_xstat(entry)) {
        return "an XSTAT that is none";
    }
    return NULL;
}

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char *encode(const unsigned char *bytes, size_t count, char *into) {
    for (size_t i = 0; i < count; i += 3) {
        size_t there = count - i < 3 ? count - i : 3;
        uint32_t group = (uint32_t) bytes[i] << 16;
        group |= there > 1 ? (uint32_t) bytes[i + 1] << 8 : 0;
        group |= there > 2 ? bytes[i + 2] : 0;
        for (size_t digit = 0; digit <= there; digit++) {
            *into++ = DIGITS[group >> (18 - 6 * digit) & 63];
        }
    }
    return into;
}

/* Without padding. The number of bytes, or below 0. */
static long decode(const char *text, size_t count, char *into) {
    uint32_t group = 0;
    unsigned bits = 0;
    long bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const char *digit = text[i] == '\0' ? NULL : strchr(DIGITS, text[i]);
        if (digit == NULL) {
            return -1;
        }
        group = group << 6 | (uint32_t) (digit - DIGITS);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            into[bytes++] = (char) (group >> bits & 255);
        }
    }
    return bits < 6 ? bytes : -1;
}

bool entry_make_command(struct entry *entry) {
    size_t room = sizeof COMMAND_HEAD + sizeof entry->stat + sizeof entry->times
            + sizeof entry->xstat + 8 + entry->layout_bytes * 4 / 3 + 8;
    free(entry->command);
    entry->command = malloc(room);
    if (entry->command == NULL) {
        return false;
    }
    int head = snprintf(entry->command, room, COMMAND_HEAD "%s;%s;%s%s", entry->stat, entry->times,
            entry->xstat, entry->extents ? ";X" : "");
    char *end = entry->command + head;
    if (entry->layout != NULL) {
        *end++ = ';';
        *end++ = 'L';
        end = encode((const unsigned char *) entry->layout, entry->layout_bytes, end);
    }
    *end = '\0';
    return true;
}

/* Copies the field at text, and gives what stands behind it. */
static const char *field(const char *text, char *into, size_t room) {
    size_t length = strcspn(text, ";");
    if (length >= room) {
        return NULL;
    }
    memcpy(into, text, length);
    into[length] = '\0';
    return text[length] == ';' ? text + length + 1 : text + length;
}

const char *entry_read_command(struct entry *entry, const char *command) {
    if (strncmp(command, COMMAND_HEAD, sizeof COMMAND_HEAD - 1) != 0) {
        return "it is of another plugin, or of a newer release of this one";
    }
    const char *text = field(command + sizeof COMMAND_HEAD - 1, entry->stat, sizeof entry->stat);
    text = text == NULL ? NULL : field(text, entry->times, sizeof entry->times);
    text = text == NULL ? NULL : field(text, entry->xstat, sizeof entry->xstat);
    if (text == NULL) {
        return "a field is too long";
    }
    while (*text != '\0') {
        size_t length = strcspn(text, ";");
        if (text[0] == 'X' && length == 1) {
            entry->extents = true;
        } else if (text[0] == 'L' && entry->layout == NULL) {
            entry->layout = malloc(length + 1);
            long bytes = entry->layout == NULL ? -1 : decode(text + 1, length - 1, entry->layout);
            if (bytes < 0) {
                return "its layout cannot be read";
            }
            entry->layout_bytes = (size_t) bytes;
        } else {
            return "a field is unknown; it is of a newer release of the plugin";
        }
        text += length;
        text += *text == ';' ? 1 : 0;
    }
    return entry_parse(entry);
}
