/* Where each seed (a short shingle) of a text stood before. */
#ifndef PASSAGES_SEED_INDEX_H
#define PASSAGES_SEED_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "neardup/text.h"
#include "util/alloc.h"

#define ND_SEED_NONE UINT32_MAX

enum { ND_SEED_BLOCK = 256 };

/* A seed, by its first token, and an earlier one of the same tokens. */
typedef struct nd_seed_link {
    uint32_t position, previous;
} nd_seed_link;

/* Per seed position:
 *
 *   class_of:  position of the first seed of the same tokens (itself, if it is the first), so two
 *              positions hold the same seed iff their classes are equal
 *   previous:  the latest earlier one; written only where class_of[i] != i
 *   occurrences: how many positions indexed have this class, at most 255; written only where
 *              class_of[i] == i
 *
 * Hash table with linear probing, at most half full, by the low bits of the hash; a slot is 64
 * bits:
 *
 *   | hash | epoch + position |      below `epoch`: left by an earlier text, empty
 *
 * So nothing is cleared between texts until the epochs run out of 32 bits. */
typedef struct nd_seed_index {
    nd_allocator allocator;
    const nd_text *text;
    uint32_t width;     /* tokens of a seed */
    uint32_t num_seeds; /* positions */
    uint32_t *class_of;
    uint32_t *previous;
    uint8_t *occurrences;
    size_t class_capacity, previous_capacity, occurrences_capacity;
    uint64_t *slots;
    size_t slot_capacity;
    uint32_t mask;        /* slots in use for this text - 1 */
    uint32_t epoch;       /* at least 1 */
    uint32_t num_classes; /* slots taken */
    bool all_have_class;  /* no position so far is ND_SEED_NONE */
} nd_seed_index;

void nd_seed_index_init(nd_seed_index *index, const nd_allocator *allocator);

/* Begins a text, which must stay as it is; no position is indexed yet. The text has less than
 * 2^31 tokens; one with fewer than `width` has no seed. */
ND_NODISCARD nd_status nd_seed_index_begin(nd_seed_index *index, const nd_text *text,
                                           uint32_t width);

/* Indexes positions [from, to), at most ND_SEED_BLOCK, and writes to `links` each one that stood
 * before, with its latest earlier position. `from` is where the last call ended. */
ND_NODISCARD nd_status nd_seed_index_add(nd_seed_index *index, uint32_t from, uint32_t to,
                                         nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links);

/* Looks positions [from, to), at most ND_SEED_BLOCK, up without adding them: links to the first
 * indexed position, so that text which goes round runs along from its beginning. The class of one
 * that is not found is ND_SEED_NONE. */
void nd_seed_index_match(nd_seed_index *index, uint32_t from, uint32_t to,
                         nd_seed_link links[ND_SEED_BLOCK], uint32_t *num_links);

/* Gives positions [from, to) no class: they equal none. */
void nd_seed_index_skip(nd_seed_index *index, uint32_t from, uint32_t to);

void nd_seed_index_release(nd_seed_index *index);

#endif
