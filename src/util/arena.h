/* Memory given back all at once; blocks never move. */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include <stddef.h>

#include "util/alloc.h"

/* Chunks linked newest first, the first ones small, then chunk_bytes with all they hold, or as much
 * as a larger block needs:
 *
 *   chunk: | next | used | size | bytes ... |
 */
typedef struct nd_arena {
    nd_allocator allocator;
    struct nd_arena_chunk *chunks;
    size_t chunk_bytes;
    size_t total_bytes; /* asked from the allocator */
} nd_arena;

void nd_arena_init(nd_arena *arena, const nd_allocator *allocator, size_t chunk_bytes);

/* size_bytes bytes aligned to 8; NULL when out of memory. Lives until nd_arena_release. */
void *nd_arena_alloc(nd_arena *arena, size_t size_bytes);

void nd_arena_release(nd_arena *arena);

#endif
