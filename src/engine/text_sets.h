/* The shingle sets of a scan's texts. */
#ifndef ENGINE_TEXT_SETS_H
#define ENGINE_TEXT_SETS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"
#include "util/arena.h"

typedef enum nd_set_state {
    ND_SET_UNKNOWN = 0,   /* nobody asked for it: no hashes */
    ND_SET_IN_TEXT_ORDER, /* repeats included: most texts are never compared, and sorting would cost
                             more than sketching */
    ND_SET_BEING_SORTED,
    ND_SET_MADE, /* by nd_shingle_set; with coverage in text order, without repeats */
} nd_set_state;

typedef struct nd_scan_set {
    uint64_t *hashes;
    uint32_t num; /* of the set, once it is made */
    _Atomic uint32_t state;
} nd_scan_set;

/* What one thread makes sets with. */
typedef struct nd_set_maker {
    uint64_t *scratch;
    size_t capacity;
    uint64_t num_shingles; /* of the sets it made */
} nd_set_maker;

/* Makes a set of hashes in text order, once: several threads may ask for it at the same time, and
 * wait for the one that makes it. */
ND_NODISCARD nd_status nd_scan_set_make(nd_set_maker *maker, nd_scan_set *set,
                                        const nd_allocator *allocator);

/* Where hashes live: whole huge pages, few enough that the last chunk of a worker is a small share
 * of the whole. */
enum { ND_HASHES_CHUNK_BYTES = 4 << 20 };

/* Room for num hashes, which never moves; NULL when out of memory. */
uint64_t *nd_hashes_append(nd_arena *arena, size_t num);

#endif
