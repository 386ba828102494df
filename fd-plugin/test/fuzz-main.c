/* SPDX-License-Identifier: AGPL-3.0-only */

/* Random streams with random damage, for so many seconds: fuzz SECONDS [SEED]. Prints its seed; that of a
   failure is enough to see it again. */

#include "streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static const char *const PIECES[] = {"F000000\n", "D000000\n", "C000004\nDATA", "C000003\nACL",
    "C000006\nEXTENT", "C000011\nEXTENT:0 10", "C000008\nFNAME:/a", "A000003\nend", "I000001\nx", "D999999\n",
    "C000010\nDELETED:/a", "C000005\nSUM:0", "T000000\n", "C000006\nLAYOUT", "C000003\nHSM"};

static void damage(struct text *stream, uint64_t *state) {
    if (stream->count < 2) {
        return;
    }
    size_t at = below_random(state, stream->count);
    size_t length = below_random(state, 40) + 1;
    length = length > stream->count - at ? stream->count - at : length;
    switch (below_random(state, 5)) {
        case 0:
            stream->bytes[at] = (char) next_random(state);
            break;
        case 1: /* a part is lost */
            memmove(stream->bytes + at, stream->bytes + at + length, stream->count - at - length);
            stream->count -= length;
            break;
        case 2: { /* a part comes twice */
            struct text tail = {0};
            text_add(&tail, stream->bytes + at, stream->count - at);
            stream->count = at + length;
            text_add(stream, tail.bytes, tail.count);
            text_free(&tail);
            break;
        }
        case 3: { /* a frame that is none of its own */
            struct text tail = {0};
            text_add(&tail, stream->bytes + at, stream->count - at);
            stream->count = at;
            const char *piece = PIECES[below_random(state, sizeof PIECES / sizeof *PIECES)];
            text_add(stream, piece, strlen(piece));
            text_add(stream, tail.bytes, tail.count);
            text_free(&tail);
            break;
        }
        default:
            stream->bytes[at] = (char) ('0' + below_random(state, 10));
    }
}

/* At a frame's border: damage between frames gets past the first header. */
static void damage_frames(struct text *stream, uint64_t *state) {
    struct text result = {0};
    for (size_t at = 0; at + 8 <= stream->count;) {
        size_t length = 8 + strtoul(stream->bytes + at + 1, NULL, 10);
        length = length > stream->count - at ? stream->count - at : length;
        if (below_random(state, 60) != 0) {
            text_add(&result, stream->bytes + at, length);
        }
        if (below_random(state, 60) == 0) {
            const char *piece = PIECES[below_random(state, sizeof PIECES / sizeof *PIECES)];
            text_add(&result, piece, strlen(piece));
        }
        at += length;
    }
    text_free(stream);
    *stream = result;
}

int main(int count, char **words) {
    long seconds = count > 1 ? strtol(words[1], NULL, 10) : 10;
    uint64_t seed = count > 2 ? strtoull(words[2], NULL, 10) : (uint64_t) time(NULL) << 20;
    time_t end = time(NULL) + seconds;
    unsigned long runs = 0;
    printf("fuzz: from seed %llu\n", (unsigned long long) seed);
    do {
        uint64_t state = ++seed;
        struct text stream = {0};
        char first = (char) next_random(&state);
        text_add(&stream, &first, 1);
        struct text entries = {0};
        stream_random(&entries, &state, (int) below_random(&state, 6), 0);
        if (below_random(&state, 2) == 0) {
            damage_frames(&entries, &state);
        } else {
            for (uint64_t left = below_random(&state, 4); left > 0; left--) {
                damage(&entries, &state);
            }
        }
        text_add(&stream, entries.bytes, entries.count);
        FILE *last = fopen("target/fuzz-seed", "w");
        if (last != NULL) {
            fprintf(last, "%llu\n", (unsigned long long) seed);
            fclose(last);
        }
        LLVMFuzzerTestOneInput((const uint8_t *) stream.bytes, stream.count);
        text_free(&stream);
        text_free(&entries);
        runs++;
    } while (time(NULL) < end);
    printf("fuzz: %lu streams\n", runs);
    return 0;
}
