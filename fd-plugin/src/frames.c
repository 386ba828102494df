/* SPDX-License-Identifier: AGPL-3.0-only */

#include "frames.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole command frame, and room to read ahead of it. */
#define BUFFER_BYTES (FRAME_HEADER + FRAME_PAYLOAD_MAX + 262144)

/* From here on data goes straight to where it is wanted. */
#define DIRECT_BYTES 16384

bool frames_open(struct frames *frames, frames_source *source, void *from) {
    *frames = (struct frames){.source = source, .from = from, .buffer = malloc(BUFFER_BYTES)};
    return frames->buffer != NULL;
}

void frames_close(struct frames *frames) {
    free(frames->buffer);
    frames->buffer = NULL;
    frames->start = frames->end = frames->left = 0;
}

bool frames_buffered(const struct frames *frames) {
    return frames->end > frames->start;
}

static enum frames_result broken(struct frames *frames, uint64_t offset, const char *what) {
    snprintf(frames->reason, sizeof frames->reason, "%s at byte %" PRIu64, what, offset);
    return FRAMES_BROKEN;
}

/* Has this many bytes in the buffer. */
static enum frames_result fill(struct frames *frames, size_t wanted) {
    if (frames->start == frames->end) {
        frames->start = frames->end = 0;
    }
    if (frames->start + wanted > BUFFER_BYTES) {
        memmove(frames->buffer, frames->buffer + frames->start, frames->end - frames->start);
        frames->end -= frames->start;
        frames->start = 0;
    }
    while (frames->end - frames->start < wanted) {
        ssize_t got = frames->source(
                frames->from, frames->buffer + frames->end, BUFFER_BYTES - frames->end);
        if (got < 0) {
            return FRAMES_GIVEN_UP;
        }
        if (got == 0) {
            if (frames->start == frames->end) {
                return FRAMES_END;
            }
            return broken(frames, frames->offset, "the stream ends within the frame");
        }
        frames->end += (size_t) got;
    }
    return FRAMES_OK;
}

static void consume(struct frames *frames, size_t bytes) {
    frames->start += bytes;
    frames->offset += bytes;
}

enum frames_result frames_next(struct frames *frames, struct frame *frame) {
    uint64_t offset = frames->offset;
    enum frames_result result = fill(frames, FRAME_HEADER);
    if (result != FRAMES_OK) {
        return result;
    }
    const unsigned char *header = frames->buffer + frames->start;
    size_t length = 0;
    for (int i = 1; i < FRAME_HEADER - 1; i++) {
        if (header[i] < '0' || header[i] > '9') {
            return broken(frames, offset, "a frame's length is not six digits");
        }
        length = length * 10 + (size_t) (header[i] - '0');
    }
    if (header[FRAME_HEADER - 1] != '\n') {
        return broken(frames, offset, "a frame's header does not end with a newline");
    }
    char letter = (char) header[0];
    if (memchr("CDFTINWQSRPA", letter, 12) == NULL) {
        return broken(frames, offset, "a frame of unknown kind");
    }
    if ((letter == 'F' || letter == 'T') && length != 0) {
        return broken(frames, offset, "an end of a part with a payload");
    }
    *frame = (struct frame){.letter = letter, .payload = "", .length = length, .offset = offset};
    if (letter == 'D') {
        consume(frames, FRAME_HEADER);
        frames->left = length;
        return FRAMES_OK;
    }
    result = fill(frames, FRAME_HEADER + length);
    if (result != FRAMES_OK) {
        return result;
    }
    frame->payload = (const char *) frames->buffer + frames->start + FRAME_HEADER;
    consume(frames, FRAME_HEADER + length);
    return FRAMES_OK;
}

enum frames_result frames_take(struct frames *frames, void *into, size_t room, size_t *taken) {
    size_t wanted = frames->left < room ? frames->left : room;
    if (!frames_buffered(frames) && wanted >= DIRECT_BYTES) {
        ssize_t got = frames->source(frames->from, into, wanted);
        if (got < 0) {
            return FRAMES_GIVEN_UP;
        }
        if (got == 0) {
            return broken(frames, frames->offset, "the stream ends within data");
        }
        frames->offset += (uint64_t) got;
        *taken = (size_t) got;
    } else {
        enum frames_result result = fill(frames, 1);
        if (result == FRAMES_END) {
            return broken(frames, frames->offset, "the stream ends within data");
        }
        if (result != FRAMES_OK) {
            return result;
        }
        size_t there = frames->end - frames->start;
        *taken = there < wanted ? there : wanted;
        memcpy(into, frames->buffer + frames->start, *taken);
        consume(frames, *taken);
    }
    frames->left -= *taken;
    return FRAMES_OK;
}

enum frames_result frames_skip(struct frames *frames) {
    unsigned char dropped[DIRECT_BYTES];
    size_t taken;
    while (frames->left > 0) {
        enum frames_result result = frames_take(frames, dropped, sizeof dropped, &taken);
        if (result != FRAMES_OK) {
            return result;
        }
    }
    return FRAMES_OK;
}
