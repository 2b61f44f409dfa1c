/* Where shingle hashes live. This is the seam for a memory cap: a store that writes full chunks to
 * a temporary file would go behind the same three functions. */
#ifndef ENGINE_SET_STORE_H
#define ENGINE_SET_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

/* Exclusive to one worker while it adds; the hashes are then shared. */
typedef struct nd_set_store {
    nd_arena arena;
} nd_set_store;

void nd_set_store_init(nd_set_store *store, const nd_allocator *allocator);

/* Room for num hashes, which never moves; NULL when out of memory. */
uint64_t *nd_set_store_append(nd_set_store *store, size_t num);

void nd_set_store_release(nd_set_store *store);

#endif
