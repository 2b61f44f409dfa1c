/* Blocks of runs that were read and checked lately, as queries come back to them: lists of what
 * many texts have, and the entries of these. */
#ifndef INDEX_BLOCK_CACHE_H
#define INDEX_BLOCK_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/status.h"

/* A block has one place, by its run and number; what comes last stays. Exclusive. */
typedef struct nd_block_cache nd_block_cache;

/* Of so many bytes, which are not touched before they are needed. *out is NULL where that is less
 * than a block. */
ND_NODISCARD nd_status nd_block_cache_new(size_t num_bytes, const nd_allocator *allocator,
                                          nd_block_cache **out);

/* Copies a block of ND_RUN_BLOCK_BYTES to `page`, if it is there. */
bool nd_block_cache_get(const nd_block_cache *cache, uint32_t run, uint64_t block, void *page);
void nd_block_cache_put(nd_block_cache *cache, uint32_t run, uint64_t block, const void *page);

/* Numbers of runs mean other files from now on. */
void nd_block_cache_clear(nd_block_cache *cache);

void nd_block_cache_free(nd_block_cache *cache);

#endif
