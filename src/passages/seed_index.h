/* Where each seed (a few tokens in a row) of a text stands. */
#ifndef PASSAGES_SEED_INDEX_H
#define PASSAGES_SEED_INDEX_H

#include <stdint.h>

#include "passages/vocabulary.h"
#include "util/alloc.h"

#define ND_SEED_NONE UINT32_MAX

enum { ND_SEED_BLOCK = 256 };

/* A seed, by its first token, and an earlier one of the same tokens. */
typedef struct nd_seed_link {
    uint32_t position, previous;
} nd_seed_link;

/* Equal seeds are a class, called by the position where it stands first. Per position i:
 *
 *   class_of[i]   the class, so two positions hold the same seed iff their classes are equal
 *   previous[i]   the latest earlier position of the class; where i is the first one, the last one
 *   count[i]      where i is the first one: how many positions the class has
 *
 *                 i        0   1   2   3   4   5   6        0, 4 and 6 hold one seed
 *                 class_of 0   .   .   .   0   .   0
 *                 previous 6   .   .   .   0   .   4
 *                 count    3   .   .   .   -   .   -
 *
 * Hash table with linear probing, at most half full, by the low bits of the hash; a slot is the
 * position where the seed stood last + 1, or 0. A seed that holds a word which stands once in the
 * text is in no slot: nothing equals it. The hash is keyed by the text, as the vocabulary's is, and
 * a budget linear in the text bounds the probing: see num_lost. */
typedef struct nd_seed_index {
    nd_allocator allocator;
    const nd_vocabulary *words;
    uint32_t width;     /* tokens of a seed */
    uint32_t num_seeds; /* positions */
    uint32_t *class_of, *previous, *count;
    size_t class_capacity, previous_capacity, count_capacity;
    uint32_t *slots;
    size_t slot_capacity;
    uint32_t mask;        /* slots in use for this text - 1 */
    uint32_t num_classes; /* slots taken */
    uint64_t probes_left;
    uint64_t num_lost; /* positions taken for seeds of their own when the budget was spent */
} nd_seed_index;

void nd_seed_index_init(nd_seed_index *index, const nd_allocator *allocator);

/* Begins a text, by its words, which must stay as they are; no position is indexed yet. One with
 * fewer than `width` tokens has no seed; `width` is at most 8. */
ND_NODISCARD nd_status nd_seed_index_begin(nd_seed_index *index, const nd_vocabulary *words,
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
