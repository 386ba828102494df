/* SPDX-License-Identifier: AGPL-3.0-only */

#include "streams.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_add(struct text *text, const void *bytes, size_t count) {
    if (text->count + count + 1 > text->room) {
        text->room = (text->count + count + 1) * 2;
        text->bytes = realloc(text->bytes, text->room);
    }
    if (count > 0) {
        memcpy(text->bytes + text->count, bytes, count);
    }
    text->count += count;
}

void text_frame(struct text *text, char letter, const void *payload, size_t count) {
    char header[16];
    snprintf(header, sizeof header, "%c%06zu\n", letter, count);
    text_add(text, header, 8);
    text_add(text, payload, count);
}

void text_free(struct text *text) {
    free(text->bytes);
    *text = (struct text){0};
}

uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

uint64_t below_random(uint64_t *state, uint64_t bound) {
    return bound == 0 ? 0 : (next_random(state) >> 11) % bound;
}

/* --- to make one ------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void command(struct text *stream, const char *format, ...) {
    char line[70000];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    text_frame(stream, 'C', line, (size_t) length);
}

/* Data in frames of random lengths. */
static void data(struct text *stream, uint64_t *state, uint64_t count) {
    char *bytes = malloc(count + 1);
    int zero = below_random(state, 3) == 0;
    for (uint64_t i = 0; i < count; i++) {
        bytes[i] = zero && i % 70000 < 69000 ? 0 : (char) next_random(state);
    }
    for (uint64_t done = 0; done < count;) {
        uint64_t bound = below_random(state, 2) == 0 ? 100 : 200000;
        uint64_t part = 1 + below_random(state, bound < count - done ? bound : count - done);
        text_frame(stream, 'D', bytes + done, part);
        done += part;
    }
    free(bytes);
}

static void extents(struct text *stream, uint64_t *state, uint64_t size) {
    uint64_t position = 0;
    int runs = 0;
    while (position < size) {
        uint64_t gap = below_random(state, 3) == 0 ? 0 : below_random(state, size - position + 1);
        uint64_t length = below_random(state, size - position - gap + 1);
        length = length > 100000 ? length % 100000 : length;
        if (length == 0) {
            break;
        }
        command(stream, "EXTENT:%llu %llu", (unsigned long long) (position + gap),
                (unsigned long long) length);
        data(stream, state, length);
        position += gap + length;
        runs++;
    }
    if (runs == 0) {
        command(stream, "EXTENT:%llu 0", (unsigned long long) size);
    }
}

static void blocks(struct text *stream, uint64_t *state, int large) {
    static const char *const KINDS[] = {"ACL", "XATTR", "LAYOUT", "HSM"};
    for (uint64_t left = below_random(state, 4); left > 0; left--) {
        command(stream, "%s", KINDS[below_random(state, 4)]);
        uint64_t bytes = 1 + below_random(state, 300);
        if (large && below_random(state, 8) == 0) {
            bytes = below_random(state, 2) == 0 ? 899993 + below_random(state, 4)
                                                : below_random(state, 4000000) + 1;
        }
        data(stream, state, bytes);
        text_frame(stream, 'F', NULL, 0);
    }
}

static void layout(struct text *stream, uint64_t *state) {
    if (below_random(state, 8) == 0) {
        command(stream, "LAYOUT");
        data(stream, state, 1 + below_random(state, below_random(state, 9) == 0 ? 65536 : 60));
        text_frame(stream, 'F', NULL, 0);
    }
}

struct link_name {
    char path[80];
};

static void name(char *into, size_t room, uint64_t *state, int number) {
    static const char *const TAILS[] = {"plain", " blank at its end ", "\xff\xe9", "a\nb", "\\;=", "x"};
    snprintf(into, room, "/@hpc/d %d/%s-%d%s", number / 7, TAILS[below_random(state, 6)], number,
            below_random(state, 5) == 0 ? "\n" : "");
}

static void xstat(struct text *stream, uint64_t *state, char type) {
    command(stream, "XSTAT:%c %llu 8:%llu %llu:%llu -1.500000000 1700000001.%09llu 1700000002.0 %s", type,
            (unsigned long long) next_random(state), (unsigned long long) below_random(state, 300),
            (unsigned long long) below_random(state, 500), (unsigned long long) below_random(state, 100000),
            (unsigned long long) below_random(state, 1000000000),
            below_random(state, 2) == 0 ? "-" : "1600000000.123456789");
}

void stream_random(struct text *stream, uint64_t *state, int entries, int large) {
    struct link_name links[64];
    int known = 0;
    for (int i = 0; i < entries; i++) {
        char path[80];
        name(path, sizeof path, state, i);
        uint64_t kind = below_random(state, 12);
        if (kind == 0) {
            command(stream, "DELETED:%s%s", path, below_random(state, 2) == 0 ? "/" : "");
            continue;
        }
        if (kind == 1 && known == 0) {
            kind = 2;
        }
        command(stream, "FNAME:%s%s", path, kind == 3 ? "/" : "");
        uint64_t links_number = 1 + below_random(state, 3);
        uint64_t size = 1 + below_random(state, below_random(state, 3) == 0 ? 300000 : 3000);
        if (large && below_random(state, 10) == 0) {
            size = 1 + below_random(state, 3000000);
        }
        static const char SPECIAL[] = "pscb";
        static const unsigned MODES[] = {0010644, 0140755, 0020666, 0060600};
        unsigned special = (unsigned) below_random(state, 4);
        char letter = kind == 1 ? 'L' : kind == 2 ? 'S' : kind == 3 ? 'D' : kind < 6 ? 'E' : 'F';
        char type = kind == 1 ? 'f' : kind == 2 ? 'l' : kind == 3 ? 'd' : kind == 4 ? SPECIAL[special] : 'f';
        unsigned mode = kind == 2 ? 0120777 : kind == 3 ? 0041755 : kind == 4 ? MODES[special] : 0100640;
        command(stream, "STAT:%c %llu %llu 4294967294 %06o %llu", letter,
                (unsigned long long) (letter == 'E' ? 0 : size), (unsigned long long) below_random(state, 70000),
                mode, (unsigned long long) links_number);
        command(stream, "TSTAMP:-2 1700000001 1700000002");
        if (kind == 2) {
            command(stream, "LSTAT:../target %d ", i);
        }
        xstat(stream, state, type);
        if (kind == 1) {
            command(stream, "LINK:%s", links[below_random(state, (uint64_t) known)].path);
        }
        text_frame(stream, 'F', NULL, 0);
        layout(stream, state);
        int has_data = letter == 'F' && below_random(state, 10) != 0;
        if (!has_data) {
            text_frame(stream, 'F', NULL, 0);
        } else {
            command(stream, "DATA");
            if (below_random(state, 3) == 0) {
                extents(stream, state, size);
            } else {
                data(stream, state, size);
            }
            text_frame(stream, 'F', NULL, 0);
            if (below_random(state, 9) == 0) {
                command(stream, "TORN:5 Input/output error");
            }
            for (uint64_t left = below_random(state, 3); left > 0; left--) {
                command(stream, "CHUNKS:0123456789abcdef fedcba9876543210");
            }
            command(stream, "SUM:%llu 0123456789abcdef", (unsigned long long) size);
        }
        blocks(stream, state, large);
        if (links_number > 1 && kind != 1 && kind != 3 && known < 64) {
            memcpy(links[known++].path, path, sizeof path);
        }
    }
}

/* --- to spell it ------------------------------------------------------------------------------- */

struct speller {
    struct text *into;
    const char *where;
    int in_data;
    int dropped;                  /* within a DELETED, which is not restored */
    unsigned long long size;      /* by the entry's STAT */
    unsigned long long end;       /* of what the data had so far */
    int extents;
    int joined;                   /* bytes of the D frames that are being joined lie in data */
    struct text data;
};

static void flush_data(struct speller *speller) {
    if (speller->joined) {
        text_frame(speller->into, 'D', NULL, 0);
        text_add(speller->into, speller->data.bytes, speller->data.count);
        speller->data.count = 0;
        speller->joined = 0;
    }
}

static void spell_path(struct speller *speller, const char *head, const char *payload, size_t count) {
    struct text path = {0};
    text_add(&path, head, strlen(head));
    text_add(&path, speller->where, strlen(speller->where));
    text_add(&path, payload + strlen(head), count - strlen(head));
    text_frame(speller->into, 'C', path.bytes, path.count);
    text_free(&path);
}

static int starts(const char *payload, size_t count, const char *head) {
    return count >= strlen(head) && memcmp(payload, head, strlen(head)) == 0;
}

static void spell_extent(struct speller *speller, const char *payload) {
    unsigned long long offset = 0;
    unsigned long long length = 0;
    sscanf(payload, "EXTENT:%llu %llu", &offset, &length);
    speller->extents = 1;
    if (length > 0 && (offset != speller->end || !speller->joined)) {
        char line[80];
        flush_data(speller);
        snprintf(line, sizeof line, "EXTENT:%llu", offset);
        text_frame(speller->into, 'C', line, strlen(line));
    }
    if (length > 0) {
        speller->end = offset + length;
    }
}

/* The byte that stands for a hole at the end. */
static void spell_padding(struct speller *speller) {
    if (speller->in_data && speller->extents && speller->where[0] != '\0' && speller->end < speller->size) {
        char line[80];
        snprintf(line, sizeof line, "EXTENT:%llu 1", speller->size - 1);
        spell_extent(speller, line);
        text_add(&speller->data, "", 1);
        speller->joined = 1;
    }
}

static void spell_command(struct speller *speller, const char *payload, size_t count) {
    if (starts(payload, count, "EXTENT:")) {
        spell_extent(speller, payload);
        return;
    }
    flush_data(speller);
    if (starts(payload, count, "FNAME:")) {
        spell_path(speller, "FNAME:", payload, count);
        speller->end = 0;
        speller->extents = 0;
    } else if (starts(payload, count, "LINK:")) {
        spell_path(speller, "LINK:", payload, count);
    } else {
        if (starts(payload, count, "STAT:")) {
            sscanf(payload, "STAT:%*c %llu", &speller->size);
        }
        speller->in_data = starts(payload, count, "DATA");
        text_frame(speller->into, 'C', payload, count);
    }
}

int stream_spell(struct text *spelled, const char *bytes, size_t count, const char *where) {
    struct speller speller = {.into = spelled, .where = where == NULL ? "" : where};
    size_t at = 0;
    while (at + 8 <= count) {
        size_t length = strtoul(bytes + at + 1, NULL, 10);
        char letter = bytes[at];
        const char *payload = bytes + at + 8;
        if (length > count - at - 8) {
            break;
        }
        if (letter == 'D') {
            text_add(&speller.data, payload, length);
            speller.joined = 1;
        } else if (letter == 'C' && where != NULL && starts(payload, length, "DELETED:")) {
            flush_data(&speller);
        } else if (letter == 'C') {
            /* Numbers in it end with it. */
            char *copy = malloc(length + 1);
            memcpy(copy, payload, length);
            copy[length] = '\0';
            spell_command(&speller, copy, length);
            free(copy);
        } else {
            spell_padding(&speller);
            flush_data(&speller);
            speller.in_data = 0;
            text_frame(spelled, letter, payload, length);
        }
        at += 8 + length;
    }
    flush_data(&speller);
    text_free(&speller.data);
    return at == count;
}
