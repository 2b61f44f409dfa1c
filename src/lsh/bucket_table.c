/* Each band has a map from its keys to buckets. A bucket is a list through its members, linked both
 * ways, so that a document leaves a bucket of any size in one step; a bucket without members is
 * taken off the map.
 *
 *   bucket (a map's value):  | size, 32 bits | first document, 32 bits |
 *
 *   links:  document 0: | band 0: next, previous | band 1: next, previous | ...
 *           document 1: | band 0: next, previous | ...
 */
#include "lsh/buckets.h"

#include <assert.h>
#include <stddef.h>

#include "util/u64_map.h"
#include "util/xxh.h"

/* Beyond either end of a bucket. */
#define NOBODY UINT32_MAX

typedef struct link {
    uint32_t next;
    uint32_t previous;
} link;

struct nd_bucket_table {
    nd_allocator allocator;
    uint32_t bands;
    nd_u64_map *buckets; /* one for each band */
    link *links;
    size_t links_capacity;
};

static uint64_t make_bucket(uint32_t first, uint32_t size)
{
    return (uint64_t)size << 32 | first;
}

static uint32_t bucket_first(uint64_t bucket)
{
    return (uint32_t)bucket;
}

static uint32_t bucket_size(uint64_t bucket)
{
    return (uint32_t)(bucket >> 32);
}

static link *link_of(const nd_bucket_table *table, uint32_t document, uint32_t band)
{
    return &table->links[(size_t)document * table->bands + band];
}

nd_status nd_bucket_table_new(uint32_t bands, const nd_allocator *allocator, nd_bucket_table **out)
{
    *out = NULL;
    const nd_allocator own = nd_allocator_or_default(allocator);
    nd_bucket_table *const table = nd_alloc_zeroed(&own, 1, sizeof *table);
    if (!table)
        return ND_ERR_NO_MEMORY;
    table->allocator = own;
    table->buckets = nd_alloc(&own, bands, sizeof *table->buckets);
    if (!table->buckets) {
        nd_release(&own, table);
        return ND_ERR_NO_MEMORY;
    }
    table->bands = bands;
    for (uint32_t band = 0; band < bands; band++)
        nd_u64_map_init(&table->buckets[band], &own);
    *out = table;
    return ND_OK;
}

static nd_status reserve(nd_bucket_table *table, uint32_t document)
{
    size_t num_links;
    if (document == NOBODY)
        return ND_ERR_LIMIT;
    if (!nd_size_mul((size_t)document + 1, table->bands, &num_links))
        return ND_ERR_NO_MEMORY;
    nd_status status = nd_reserve(&table->allocator, (void **)&table->links, &table->links_capacity,
                                  num_links, sizeof *table->links);
    for (uint32_t band = 0; status == ND_OK && band < table->bands; band++)
        status = nd_u64_map_reserve(&table->buckets[band], 1);
    return status;
}

nd_status nd_bucket_table_insert(nd_bucket_table *table, const uint64_t *keys, uint32_t document)
{
    const nd_status status = reserve(table, document);
    if (status != ND_OK)
        return status;
    for (uint32_t band = 0; band < table->bands; band++) {
        uint64_t *const bucket = nd_u64_map_find(&table->buckets[band], keys[band]);
        const uint32_t first = bucket ? bucket_first(*bucket) : NOBODY;
        *link_of(table, document, band) = (link){.next = first, .previous = NOBODY};
        if (bucket) {
            link_of(table, first, band)->previous = document;
            *bucket = make_bucket(document, bucket_size(*bucket) + 1);
        } else
            nd_u64_map_set(&table->buckets[band], keys[band], make_bucket(document, 1));
    }
    return ND_OK;
}

static void remove_from_bucket(nd_bucket_table *table, uint32_t band, uint64_t key,
                               uint32_t document)
{
    uint64_t *const bucket = nd_u64_map_find(&table->buckets[band], key);
    assert(bucket);
    const link gone = *link_of(table, document, band);
    if (gone.next != NOBODY)
        link_of(table, gone.next, band)->previous = gone.previous;
    if (gone.previous != NOBODY)
        link_of(table, gone.previous, band)->next = gone.next;
    const uint32_t first = gone.previous == NOBODY ? gone.next : bucket_first(*bucket);
    if (first == NOBODY)
        nd_u64_map_remove(&table->buckets[band], key);
    else
        *bucket = make_bucket(first, bucket_size(*bucket) - 1);
}

void nd_bucket_table_remove(nd_bucket_table *table, const uint64_t *keys, uint32_t document)
{
    for (uint32_t band = 0; band < table->bands; band++)
        remove_from_bucket(table, band, keys[band], document);
}

nd_status nd_bucket_table_members(const nd_bucket_table *table, uint32_t band, uint64_t key,
                                  uint32_t cap, nd_documents *documents, uint32_t *size)
{
    const uint64_t *const bucket = nd_u64_map_find(&table->buckets[band], key);
    *size = bucket ? bucket_size(*bucket) : 0;
    const uint32_t num = *size < cap ? *size : cap;
    const nd_status status = ND_VEC_RESERVE(&table->allocator, documents, num);
    if (status != ND_OK || num == 0)
        return status;
    uint32_t document = bucket_first(*bucket);
    for (uint32_t i = 0; i < num; i++) {
        documents->items[documents->len++] = document;
        document = link_of(table, document, band)->next;
    }
    return ND_OK;
}

nd_status nd_bucket_table_candidates(const nd_bucket_table *table, const uint64_t *keys,
                                     uint32_t cap, nd_documents *documents, uint32_t *num_capped)
{
    *num_capped = 0;
    for (uint32_t band = 0; band < table->bands; band++) {
        uint32_t size;
        const nd_status status =
            nd_bucket_table_members(table, band, keys[band], cap, documents, &size);
        if (status != ND_OK)
            return status;
        *num_capped += size > cap;
    }
    return ND_OK;
}

void nd_bucket_table_free(nd_bucket_table *table)
{
    if (!table)
        return;
    for (uint32_t band = 0; band < table->bands; band++)
        nd_u64_map_release(&table->buckets[band]);
    nd_release(&table->allocator, table->buckets);
    nd_release(&table->allocator, table->links);
    nd_release(&table->allocator, table);
}

/* --- band keys --- */

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#    error "band keys are hashes of little-endian slots"
#endif

void nd_band_keys(const uint64_t *slots, uint32_t bands, uint32_t rows, uint64_t *keys)
{
    const size_t len_bytes = rows * sizeof *slots;
    for (uint32_t j = 0; j < bands; j++)
        keys[j] = XXH3_64bits_withSeed(slots + (size_t)j * rows, len_bytes, j);
}
