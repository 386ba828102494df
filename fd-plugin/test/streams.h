/* SPDX-License-Identifier: AGPL-3.0-only */

/* Random streams by the formats, and the one spelling of what a stream says. */
#ifndef SLUICE_STREAMS_H
#define SLUICE_STREAMS_H

#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes;
    size_t count;
    size_t room;
};

void text_add(struct text *text, const void *bytes, size_t count);
void text_frame(struct text *text, char letter, const void *payload, size_t count);
void text_free(struct text *text);

/* xorshift; the state is the seed, and not 0. */
uint64_t next_random(uint64_t *state);
uint64_t below_random(uint64_t *state, uint64_t bound);

/* Appends entries without the final F. large: some entries have much data and large blocks. */
void stream_random(struct text *stream, uint64_t *state, int entries, int large);

/* Spells a stream so that two which say the same are equal: data and runs that go on are joined, and so
   are a block's frames. With where, as a restore of that stream to there has it. False: it is none. */
int stream_spell(struct text *spelled, const char *bytes, size_t count, const char *where);

#endif
