/* Which documents and texts were removed. Their numbers are not used again before the index is
 * compacted: sorted tables may name them until then. */
#ifndef INDEX_REMOVALS_H
#define INDEX_REMOVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "index/folder.h"

/* A set of numbers: bit i % 64 of word i / 64. */
typedef struct nd_bits {
    uint64_t *words;
    size_t num_words, capacity;
    uint64_t num_set;
} nd_bits;

static inline bool nd_bits_has(const nd_bits *bits, uint32_t number)
{
    return number / 64 < bits->num_words && bits->words[number / 64] >> number % 64 & 1;
}

typedef struct nd_removals {
    nd_bits documents, texts;
} nd_removals;

/* Adds a number; twice is once. */
ND_NODISCARD nd_status nd_bits_add(nd_bits *bits, uint32_t number, const nd_allocator *allocator);

/* Opens and reads the file of that number. 0: there is none, and nothing is removed. Release, and
 * close the file, also after a failure. */
ND_NODISCARD nd_status nd_removals_read(nd_removals *removals, const nd_folder *folder,
                                        uint32_t number, nd_file *file, nd_error *error);

ND_NODISCARD nd_status nd_removals_write(const nd_removals *removals, const nd_folder *folder,
                                         uint32_t number, nd_error *error);

void nd_removals_release(nd_removals *removals, const nd_allocator *allocator);

#endif
