/* SPDX-License-Identifier: AGPL-3.0-only */

#include "links.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define FIRST_CAPACITY 256

/* SipHash-2-4 with 128 bits (Aumasson, Bernstein): by a key that nobody knows, names cannot be chosen
   to meet in one slot, nor to be taken for each other. */

static uint64_t rotate(uint64_t word, unsigned bits) {
    return word << bits | word >> (64 - bits);
}

static void rounds(uint64_t v[4], int count) {
    for (int i = 0; i < count; i++) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

static void hash_path(const struct links *links, const char *path, uint64_t hash[2]) {
    size_t length = strlen(path);
    uint64_t v[4] = {
        links->key[0] ^ UINT64_C(0x736f6d6570736575),
        links->key[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
        links->key[0] ^ UINT64_C(0x6c7967656e657261),
        links->key[1] ^ UINT64_C(0x7465646279746573),
    };
    for (size_t i = 0; i <= length / 8; i++) {
        uint64_t word = 0;
        size_t there = length - i * 8 < 8 ? length - i * 8 : 8;
        memcpy(&word, path + i * 8, there);
        word |= there < 8 ? (uint64_t) length << 56 : 0;
        v[3] ^= word;
        rounds(v, 2);
        v[0] ^= word;
    }
    v[2] ^= 0xee;
    rounds(v, 4);
    hash[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
    v[1] ^= 0xdd;
    rounds(v, 4);
    hash[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
    hash[1] |= hash[0] == 0;
}

static bool is_free(const struct link *slot) {
    return slot->hash[0] == 0 && slot->hash[1] == 0;
}

static size_t find(const struct links *links, const uint64_t hash[2]) {
    size_t slot = hash[0] & (links->capacity - 1);
    while (!is_free(&links->slots[slot])
            && (links->slots[slot].hash[0] != hash[0] || links->slots[slot].hash[1] != hash[1])) {
        slot = (slot + 1) & (links->capacity - 1);
    }
    return slot;
}

static bool grow(struct links *links) {
    struct links larger = *links;
    larger.capacity = links->capacity == 0 ? FIRST_CAPACITY : links->capacity * 2;
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (larger.slots == NULL) {
        return false;
    }
    if (links->capacity == 0 && getrandom(larger.key, sizeof larger.key, GRND_NONBLOCK) < 0) {
        larger.key[0] = (uint64_t) (uintptr_t) larger.slots;
        larger.key[1] = (uint64_t) time(NULL);
    }
    for (size_t i = 0; i < links->capacity; i++) {
        if (!is_free(&links->slots[i])) {
            larger.slots[find(&larger, links->slots[i].hash)] = links->slots[i];
        }
    }
    free(links->slots);
    *links = larger;
    return true;
}

void links_close(struct links *links) {
    free(links->slots);
    *links = (struct links){0};
}

bool links_put(struct links *links, const char *path, int32_t file_index) {
    if ((links->used + 1) * 4 > links->capacity * 3 && !grow(links)) {
        return false;
    }
    struct link link = {.file_index = file_index};
    hash_path(links, path, link.hash);
    struct link *slot = &links->slots[find(links, link.hash)];
    links->used += is_free(slot) ? 1 : 0;
    *slot = link;
    return true;
}

int32_t links_get(const struct links *links, const char *path) {
    if (links->used == 0) {
        return 0;
    }
    uint64_t hash[2];
    hash_path(links, path, hash);
    return links->slots[find(links, hash)].file_index;
}
