/* Which keys a table may have: a Bloom filter whose bits for a key lie in one word, so that asking
 * it costs one miss of the cache (Putze, Sanders and Singler, Cache-, hash- and space-efficient
 * Bloom filters, 2007). At 8 bits a key it says yes to 3 % of the keys that are not there. */
#ifndef INDEX_KEY_FILTER_H
#define INDEX_KEY_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "util/xxh.h"

typedef struct nd_key_filter {
    const uint64_t *words;
    uint64_t num_words; /* at most UINT32_MAX */
} nd_key_filter;

static inline uint64_t nd_key_filter_words(uint64_t num_keys)
{
    return num_keys / 8 + 1;
}

/* The bits of a key; *at is the word that they lie in. */
static inline uint64_t nd_key_filter_bits(uint64_t key, uint64_t num_words, uint64_t *at)
{
    const uint64_t hash = XXH3_64bits(&key, sizeof key);
    *at = (hash >> 32) * num_words >> 32;
    return UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63) |
           UINT64_C(1) << (hash >> 12 & 63) | UINT64_C(1) << (hash >> 18 & 63);
}

static inline void nd_key_filter_add(uint64_t *words, uint64_t num_words, uint64_t key)
{
    uint64_t at;
    const uint64_t bits = nd_key_filter_bits(key, num_words, &at);
    words[at] |= bits;
}

/* False: the key was not added. */
static inline bool nd_key_filter_may_have(nd_key_filter filter, uint64_t key)
{
    uint64_t at;
    const uint64_t bits = nd_key_filter_bits(key, filter.num_words, &at);
    return (filter.words[at] & bits) == bits;
}

#endif
