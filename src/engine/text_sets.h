/* The shingle sets of a scan's texts. */
#ifndef ENGINE_TEXT_SETS_H
#define ENGINE_TEXT_SETS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/collection.h"
#include "util/alloc.h"
#include "util/u64_map.h"

typedef enum nd_set_state {
    ND_SET_UNKNOWN = 0,   /* nobody asked for it: no hashes */
    ND_SET_IN_TEXT_ORDER, /* repeats included: most texts are never compared, and sorting would cost
                             more than sketching */
    ND_SET_BEING_SORTED,
    ND_SET_MADE,    /* by nd_shingle_set; with coverage in text order, without repeats */
    ND_SET_IN_FILE, /* made, and kept in the collection's file */
} nd_set_state;

typedef struct nd_scan_set {
    union {
        uint64_t *hashes;
        uint64_t at; /* with ND_SET_IN_FILE: where they are in it */
    };
    uint32_t num; /* of the set, once it is made */
    _Atomic uint32_t state;
} nd_scan_set;

/* What one thread makes sets with. */
typedef struct nd_set_maker {
    uint64_t *scratch;
    size_t capacity;
    uint64_t *read; /* what comes from the file */
    size_t read_capacity;
    uint64_t num_shingles; /* of the sets it made */
} nd_set_maker;

/* Makes a set of hashes in text order, once: several threads may ask for it at the same time, and
 * wait for the one that makes it. */
ND_NODISCARD nd_status nd_scan_set_make(nd_set_maker *maker, nd_scan_set *set,
                                        const nd_allocator *allocator);

void nd_set_maker_release(nd_set_maker *maker, const nd_allocator *allocator);

/* Sets in the collection's file, as one thread needs them: those it read last are kept, in two
 * halves. Where the one at work is full, the other is emptied and takes its place:
 *
 *   halves[0]:  | set | set | set |      |      at work
 *   halves[1]:  | set | set | set | set |       full; what is asked for again moves over
 *
 * So a set that was asked for holds until the next but one is. Exclusive. */
typedef struct nd_set_cache {
    const nd_collection *collection;
    size_t room; /* hashes in a half, or as many as one large set has */
    struct nd_cached_sets {
        uint64_t *hashes;
        size_t num, capacity;
        nd_u64_map places; /* text -> its place among the hashes */
    } halves[2];
    uint32_t at_work;
} nd_set_cache;

/* Empty; `room_bytes` is for both halves. */
void nd_set_cache_init(nd_set_cache *cache, const nd_collection *collection, size_t room_bytes);

/* The hashes of a text's set, which is in the file; they hold until the next but one call. */
ND_NODISCARD nd_status nd_set_cache_get(nd_set_cache *cache, uint32_t text, const nd_scan_set *set,
                                        const uint64_t **hashes);

void nd_set_cache_release(nd_set_cache *cache);

/* Puts a made set, `num` hashes, into the file: *set tells where. */
ND_NODISCARD nd_status nd_scan_set_put(nd_collection *collection, const uint64_t *hashes,
                                       size_t num, nd_scan_set *set);

/* Makes a set of num hashes in text order that stand at `at` in the collection's file, and puts it
 * there too. */
ND_NODISCARD nd_status nd_scan_set_make_in_file(nd_set_maker *maker, nd_collection *collection,
                                                uint64_t at, size_t num, nd_scan_set *set);

/* Where hashes live: whole huge pages, few enough that the last chunk of a worker is a small share
 * of the whole. */
enum { ND_HASHES_CHUNK_BYTES = 4 << 20 };

/* Room for num hashes, which never moves; NULL when out of memory. */
uint64_t *nd_hashes_append(nd_arena *arena, size_t num);

/* Of the num hashes that were appended last, keeps the first `kept`. */
void nd_hashes_trim(nd_arena *arena, uint64_t *hashes, size_t num, size_t kept);

#endif
