/* A table of buckets. A bucket is a word of four cells, the last key first; a new one pushes out
 * the oldest:
 *
 *   cell:  | came again, 1 bit | tag, 15 bits |     0: free
 *
 * Words are read and written without a lock: where two threads change one at the same time, the
 * change of one is lost, and with it a key. */
#include "lsh/seen_keys.h"

#include <pthread.h>
#include <stdatomic.h>

#include "util/alloc.h"
#include "util/prefetch.h"

enum {
    CELL_BITS = 16,
    TAG_BITS = CELL_BITS - 1,
    TABLE_BITS = 18, /* 2^18 buckets */
    TAG_SHIFT = 24,  /* of a mixed key: below the bits that choose a bucket */
};

#define EACH_CELL UINT64_C(0x0001000100010001)
#define AGAIN_BITS (EACH_CELL << TAG_BITS)
#define MULTIPLIER                                                                                 \
    UINT64_C(0x9E3779B97F4A7C15) /* 2^64 by the golden ratio (Knuth, section 6.4)                  \
                                  */

struct nd_seen_keys {
    nd_allocator allocator;
    pthread_mutex_t lock;              /* while the table is made */
    _Atomic(_Atomic uint64_t *) table; /* NULL: no key came yet */
};

static _Atomic uint64_t *table_of(const nd_seen_keys *seen)
{
    return atomic_load_explicit(&seen->table, memory_order_acquire);
}

static uint64_t mix(uint32_t band, uint32_t key)
{
    return ((uint64_t)band << 32 | key) * MULTIPLIER;
}

static uint64_t tag_of(uint64_t mixed)
{
    const uint64_t tag = mixed >> TAG_SHIFT & (((uint64_t)1 << TAG_BITS) - 1);
    return tag ? tag : 1;
}

/* The top bit of the first cell with the tag, whether it came again or not; 0: there is none. (Of
 * the cells that are zero this tells the lowest rightly: Mycroft 1987.) */
static uint64_t find_cell(uint64_t word, uint64_t tag)
{
    const uint64_t others = (word & ~AGAIN_BITS) ^ EACH_CELL * tag;
    const uint64_t zeros = (others - EACH_CELL) & ~others & AGAIN_BITS;
    return zeros & (~zeros + 1);
}

nd_status nd_seen_keys_new(const nd_allocator *allocator, nd_seen_keys **out)
{
    *out = NULL;
    nd_seen_keys *const seen = nd_alloc_zeroed(allocator, 1, sizeof *seen);
    if (!seen)
        return ND_ERR_NO_MEMORY;
    if (pthread_mutex_init(&seen->lock, NULL) != 0) {
        nd_release(allocator, seen);
        return ND_ERR_NO_MEMORY;
    }
    seen->allocator = *allocator;
    atomic_init(&seen->table, NULL);
    *out = seen;
    return ND_OK;
}

nd_status nd_seen_keys_begin(nd_seen_keys *seen)
{
    if (table_of(seen))
        return ND_OK;
    pthread_mutex_lock(&seen->lock);
    _Atomic uint64_t *table = table_of(seen);
    if (!table) {
        table = nd_alloc_zeroed(&seen->allocator, (size_t)1 << TABLE_BITS, sizeof *table);
        atomic_store_explicit(&seen->table, table, memory_order_release);
    }
    pthread_mutex_unlock(&seen->lock);
    return table ? ND_OK : ND_ERR_NO_MEMORY;
}

void nd_seen_keys_fetch(const nd_seen_keys *seen, const uint32_t *keys, uint32_t num_bands)
{
    const _Atomic uint64_t *const table = table_of(seen);
    for (uint32_t band = 0; band < num_bands; band++)
        nd_prefetch((const void *)&table[mix(band, keys[band]) >> (64 - TABLE_BITS)]);
}

bool nd_seen_keys_add(nd_seen_keys *seen, const uint32_t *keys, uint32_t num_bands)
{
    _Atomic uint64_t *const table = table_of(seen);
    uint64_t found = 0;
    for (uint32_t band = 0; band < num_bands; band++) {
        const uint64_t mixed = mix(band, keys[band]), tag = tag_of(mixed);
        _Atomic uint64_t *const bucket = &table[mixed >> (64 - TABLE_BITS)];
        const uint64_t word = atomic_load_explicit(bucket, memory_order_relaxed);
        const uint64_t cell = find_cell(word, tag);
        const uint64_t changed = cell ? word | cell : word << CELL_BITS | tag;
        atomic_store_explicit(bucket, changed, memory_order_relaxed);
        found |= cell;
    }
    return found != 0;
}

bool nd_seen_keys_come_again(const nd_seen_keys *seen, const uint32_t *keys, uint32_t num_bands)
{
    const _Atomic uint64_t *const table = table_of(seen);
    for (uint32_t band = 0; band < num_bands; band++) {
        const uint64_t mixed = mix(band, keys[band]);
        const uint64_t word =
            atomic_load_explicit(&table[mixed >> (64 - TABLE_BITS)], memory_order_relaxed);
        if (find_cell(word, tag_of(mixed)) & word)
            return true;
    }
    return false;
}

void nd_seen_keys_free(nd_seen_keys *seen)
{
    if (!seen)
        return;
    nd_release(&seen->allocator, (void *)table_of(seen));
    pthread_mutex_destroy(&seen->lock);
    nd_release(&seen->allocator, seen);
}
