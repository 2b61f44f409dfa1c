/* The distinct shingles of a text in text order, and where each stands. */
#ifndef SKETCH_DISTINCT_H
#define SKETCH_DISTINCT_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"
#include "util/alloc.h"

#define ND_NO_POSITION UINT32_MAX

/* Finds the position of a shingle in one sequence at a time; exclusive. Open addressing, at most
 * half full:
 *
 *   slots[hash & mask]:  | upper half of the hash, 32 bits | position + 1, 32 |
 *
 * or 0 where nothing stands; a clash goes to the next slot. Most of what is not there is told by
 * the slot alone. */
typedef struct nd_position_index {
    const uint64_t *shingles; /* borrowed */
    uint64_t *slots;
    size_t capacity; /* allocated slots */
    size_t mask;     /* slots in use - 1 */
} nd_position_index;

/* Drops every repeat of hashes[0..num) but the first, keeps the order, and indexes what remains.
 * *num_distinct is their number. O(num). ND_ERR_LIMIT: num over 2^31. */
ND_NODISCARD nd_status nd_position_index_distinct(nd_position_index *index,
                                                  const nd_allocator *allocator, uint64_t *hashes,
                                                  size_t num, size_t *num_distinct);

/* Indexes a sequence that repeats nothing. O(num). ND_ERR_LIMIT: num over 2^31. */
ND_NODISCARD nd_status nd_position_index_set(nd_position_index *index,
                                             const nd_allocator *allocator,
                                             const uint64_t *shingles, size_t num);

/* Position of `hash`, or ND_NO_POSITION. O(1) expected. */
static inline uint32_t nd_position_index_find(const nd_position_index *index, uint64_t hash)
{
    for (size_t at = hash & index->mask;; at = (at + 1) & index->mask) {
        const uint64_t slot = index->slots[at];
        if (slot == 0)
            return ND_NO_POSITION;
        const uint32_t position = (uint32_t)slot - 1;
        if (slot >> 32 == hash >> 32 && index->shingles[position] == hash)
            return position;
    }
}

void nd_position_index_release(nd_position_index *index, const nd_allocator *allocator);

#endif
