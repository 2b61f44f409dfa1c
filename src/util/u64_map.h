/* A hash table from 64-bit keys to 64-bit values. */
#ifndef UTIL_U64_MAP_H
#define UTIL_U64_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "util/alloc.h"

/* Open addressing with linear probing, at most three quarters full:
 *
 *   entries:  | key value | key value | free | key value | ...     a power of two of them
 *
 * A key stands at its home or after it, with no free entry between. Removal moves later entries
 * back into the gap (Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm R)
 * instead of leaving a mark, so a map that entries come to and go from never gets slower. */
typedef struct nd_u64_map_entry {
    uint64_t key;
    uint64_t value; /* ND_U64_MAP_NONE: free */
} nd_u64_map_entry;

typedef struct nd_u64_map {
    nd_allocator allocator;
    nd_u64_map_entry *entries;
    size_t capacity;
    size_t num;
} nd_u64_map;

/* Not a value one can store. */
#define ND_U64_MAP_NONE UINT64_MAX

/* Empty, without memory of its own. */
void nd_u64_map_init(nd_u64_map *map, const nd_allocator *allocator);

/* Makes room for `more` further keys; nothing changes on failure. */
ND_NODISCARD nd_status nd_u64_map_reserve(nd_u64_map *map, size_t more);

/* The value of a key, NULL where it has none. It may be changed until the map is. */
uint64_t *nd_u64_map_find(const nd_u64_map *map, uint64_t key);

/* Sets a key, new or not; for a new one there must be room (nd_u64_map_reserve). */
void nd_u64_map_set(nd_u64_map *map, uint64_t key, uint64_t value);

/* Takes a key out; one that is not there changes nothing. */
void nd_u64_map_remove(nd_u64_map *map, uint64_t key);

/* Takes all keys out; the map keeps its memory. */
void nd_u64_map_clear(nd_u64_map *map);

void nd_u64_map_release(nd_u64_map *map);

#endif
