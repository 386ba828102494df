/* SPDX-License-Identifier: AGPL-3.0-only */

/* Reads PTCOMM frames: a letter, six digits, a newline, as many bytes. Strict, by the formats of Sluice's
   streams; every complaint names the offset of the frame in all that was read. */
#ifndef SLUICE_FRAMES_H
#define SLUICE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FRAME_HEADER 8
#define FRAME_PAYLOAD_MAX 999999

/* Blocks until there are bytes: more than 0; 0 at the end; below 0 when it gave up, having said why. */
typedef ssize_t frames_source(void *from, void *into, size_t room);

struct frame {
    char letter;
    /* Of all letters but D. Valid until the next call; no NUL follows. */
    const char *payload;
    size_t length;
    uint64_t offset;
};

struct frames {
    frames_source *source;
    void *from;
    uint64_t offset; /* of the first byte not consumed */
    unsigned char *buffer;
    size_t start;
    size_t end;
    size_t left; /* payload of the current D frame, not taken yet */
    char reason[160];
};

enum frames_result {
    FRAMES_OK,
    FRAMES_END,     /* the source ended between two frames */
    FRAMES_BROKEN,  /* reason says how */
    FRAMES_GIVEN_UP /* by the source */
};

/* False: no memory. */
bool frames_open(struct frames *frames, frames_source *source, void *from);
void frames_close(struct frames *frames);

/* The next frame. What is left of a D frame must have been taken. */
enum frames_result frames_next(struct frames *frames, struct frame *frame);

/* Takes at most room bytes of the current D frame, and at least one. */
enum frames_result frames_take(struct frames *frames, void *into, size_t room, size_t *taken);

/* Drops what is left of the current D frame. */
enum frames_result frames_skip(struct frames *frames);

/* Whether bytes wait in the buffer. */
bool frames_buffered(const struct frames *frames);

#endif
