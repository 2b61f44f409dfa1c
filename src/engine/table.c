#include "neardup/table.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "lsh/buckets.h"
#include "neardup/sketch.h"
#include "neardup/verify.h"
#include "util/alloc.h"
#include "util/sort.h"
#include "util/u64_map.h"

/* End of the list of free places. */
#define NO_PLACE UINT32_MAX

/* A place for a document: taken, or on the list of free ones. */
typedef struct place {
    uint64_t key;
    uint64_t *set;
    size_t size;
    uint32_t next_free;
} place;

struct nd_table {
    nd_allocator allocator;
    nd_plan plan;
    nd_match_rule rule;
    nd_bucket_table *buckets;
    nd_u64_map by_key; /* key -> place */
    ND_VEC(place) places;
    uint32_t first_free;
    _Atomic uint64_t *capped_queries; /* apart, for queries hold a const table */
};

static bool is_plan(const nd_plan *plan)
{
    if (plan->slots < ND_SKETCH_MIN_SLOTS || plan->slots > ND_SKETCH_MAX_SLOTS)
        return false;
    return plan->bands >= 1 && plan->rows >= 1 && plan->rows <= plan->slots / plan->bands;
}

static bool is_rule(const nd_match_rule *rule)
{
    return rule->jaccard > 0 && rule->jaccard <= 1 && rule->containment >= 0 &&
           rule->containment <= 1;
}

/* Whether the plan is made for what the rule asks for, or for less: one for a jaccard of 0.8 finds
 * few of the texts that another contains. */
static bool reaches(const nd_plan *plan, const nd_match_rule *rule)
{
    return plan->threshold <= rule->jaccard &&
           (rule->containment <= 0 || plan->threshold <= ND_CONTAINMENT_JACCARD);
}

nd_status nd_table_new(const nd_plan *plan, const nd_match_rule *rule,
                       const nd_allocator *allocator, nd_table **out)
{
    *out = NULL;
    if (!is_plan(plan) || !is_rule(rule) || !reaches(plan, rule))
        return ND_ERR_INVALID_ARGUMENT;
    const nd_allocator own = nd_allocator_or_default(allocator);
    nd_table *const table = nd_alloc_zeroed(&own, 1, sizeof *table);
    if (!table)
        return ND_ERR_NO_MEMORY;
    table->allocator = own;
    table->plan = *plan;
    table->rule = *rule;
    table->first_free = NO_PLACE;
    nd_u64_map_init(&table->by_key, &own);
    table->capped_queries = nd_alloc(&own, 1, sizeof *table->capped_queries);
    if (!table->capped_queries ||
        nd_bucket_table_new(plan->bands, &own, &table->buckets) != ND_OK) {
        nd_table_free(table);
        return ND_ERR_NO_MEMORY;
    }
    atomic_init(table->capped_queries, 0);
    *out = table;
    return ND_OK;
}

/* keys has room for plan.bands. */
static void make_keys(const nd_table *table, const uint64_t *set, size_t size, uint64_t *keys)
{
    uint64_t slots[ND_SKETCH_MAX_SLOTS];
    const nd_status status = nd_sketch_compute(set, size, table->plan.slots, slots);
    assert(status == ND_OK);
    (void)status;
    nd_band_keys(slots, table->plan.bands, table->plan.rows, keys);
}

/* Makes a free place, and room in the map; the table holds what it held. */
static nd_status reserve_place(nd_table *table)
{
    const nd_status status = nd_u64_map_reserve(&table->by_key, 1);
    if (status != ND_OK || table->first_free != NO_PLACE)
        return status;
    if (table->places.len == NO_PLACE)
        return ND_ERR_LIMIT;
    const nd_status grown = ND_VEC_RESERVE(&table->allocator, &table->places, 1);
    if (grown != ND_OK)
        return grown;
    table->first_free = (uint32_t)table->places.len;
    table->places.items[table->places.len++] = (place){.next_free = NO_PLACE};
    return ND_OK;
}

nd_status nd_table_insert(nd_table *table, uint64_t key, const uint64_t *set, size_t size)
{
    if (nd_u64_map_find(&table->by_key, key))
        return ND_ERR_EXISTS;
    nd_status status = reserve_place(table);
    if (status != ND_OK)
        return status;
    const uint32_t document = table->first_free;
    place *const at = &table->places.items[document];
    uint64_t *const copy = nd_alloc(&table->allocator, size, sizeof *copy);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    if (size > 0) {
        memcpy(copy, set, size * sizeof *copy);
        uint64_t keys[ND_SKETCH_MAX_SLOTS];
        make_keys(table, set, size, keys);
        status = nd_bucket_table_insert(table->buckets, keys, document);
    }
    if (status != ND_OK) {
        nd_release(&table->allocator, copy);
        return status;
    }
    table->first_free = at->next_free;
    *at = (place){.key = key, .set = copy, .size = size, .next_free = NO_PLACE};
    nd_u64_map_set(&table->by_key, key, document);
    return ND_OK;
}

nd_status nd_table_remove(nd_table *table, uint64_t key)
{
    const uint64_t *const found = nd_u64_map_find(&table->by_key, key);
    if (!found)
        return ND_ERR_NOT_FOUND;
    const uint32_t document = (uint32_t)*found;
    place *const at = &table->places.items[document];
    if (at->size > 0) {
        uint64_t keys[ND_SKETCH_MAX_SLOTS];
        make_keys(table, at->set, at->size, keys);
        nd_bucket_table_remove(table->buckets, keys, document);
    }
    nd_release(&table->allocator, at->set);
    *at = (place){.next_free = table->first_free};
    table->first_free = document;
    nd_u64_map_remove(&table->by_key, key);
    return ND_OK;
}

/* What a query works with; released by release_query. */
typedef struct query {
    const uint64_t *set;
    size_t size;
    nd_documents documents;        /* candidates, as often as they share a band */
    nd_key_value *items, *scratch; /* (key, place) of candidates, then (rank, match) */
    size_t num_candidates;
    ND_VEC(nd_table_match) matches;
} query;

static void release_query(const nd_table *table, query *q)
{
    ND_VEC_RELEASE(&table->allocator, &q->documents);
    ND_VEC_RELEASE(&table->allocator, &q->matches);
    nd_release(&table->allocator, q->items);
    nd_release(&table->allocator, q->scratch);
}

static nd_status collect_documents(const nd_table *table, query *q)
{
    uint64_t keys[ND_SKETCH_MAX_SLOTS];
    uint32_t num_capped;
    make_keys(table, q->set, q->size, keys);
    const nd_status status = nd_bucket_table_candidates(table->buckets, keys, ND_TABLE_BUCKET_CAP,
                                                        &q->documents, &num_capped);
    if (status == ND_OK && num_capped > 0)
        atomic_fetch_add_explicit(table->capped_queries, 1, memory_order_relaxed);
    return status;
}

/* Candidates in the order of their keys, each once. */
static nd_status find_candidates(const nd_table *table, query *q)
{
    const nd_status status = collect_documents(table, q);
    if (status != ND_OK)
        return status;
    const size_t num = q->documents.len;
    q->items = nd_alloc(&table->allocator, num, sizeof *q->items);
    q->scratch = nd_alloc(&table->allocator, num, sizeof *q->scratch);
    if (!q->items || !q->scratch)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num; i++) {
        const uint32_t document = q->documents.items[i];
        q->items[i] = (nd_key_value){table->places.items[document].key, document};
    }
    nd_radix_sort_pairs(q->items, q->scratch, num);
    size_t kept = 0;
    for (size_t i = 0; i < num; i++)
        if (kept == 0 || q->items[i].key != q->items[kept - 1].key)
            q->items[kept++] = q->items[i];
    q->num_candidates = kept;
    return ND_OK;
}

static nd_status verify_candidates(const nd_table *table, query *q)
{
    for (size_t i = 0; i < q->num_candidates; i++) {
        const place *const at = &table->places.items[q->items[i].value];
        nd_table_match match = {.key = at->key};
        match.kind =
            nd_verify_sets(q->set, q->size, at->set, at->size, &table->rule, &match.similarity);
        if (match.kind == ND_MATCH_NONE)
            continue;
        const nd_status status = ND_VEC_RESERVE(&table->allocator, &q->matches, 1);
        if (status != ND_OK)
            return status;
        q->matches.items[q->matches.len++] = match;
    }
    return ND_OK;
}

/* Larger for smaller similarities: positive doubles are ordered as their bits are. */
static uint64_t rank_of(const nd_table_match *match)
{
    uint64_t bits;
    memcpy(&bits, &match->similarity.jaccard, sizeof bits);
    return ~bits;
}

/* The best `num` matches, in a block of the caller's. Matches stand in the order of their keys, and
 * the sort keeps it among equals. */
static nd_table_match *best_matches(const nd_table *table, query *q, size_t num)
{
    nd_table_match *const best = nd_alloc(&table->allocator, num, sizeof *best);
    if (!best)
        return NULL;
    for (size_t i = 0; i < q->matches.len; i++)
        q->items[i] = (nd_key_value){rank_of(&q->matches.items[i]), i};
    nd_radix_sort_pairs(q->items, q->scratch, q->matches.len);
    for (size_t i = 0; i < num; i++)
        best[i] = q->matches.items[q->items[i].value];
    return best;
}

nd_status nd_table_query(const nd_table *table, const uint64_t *set, size_t size,
                         size_t max_matches, nd_table_match **matches, size_t *num_matches)
{
    *matches = NULL;
    *num_matches = 0;
    if (size == 0)
        return ND_OK;
    query q = {.set = set, .size = size};
    nd_status status = find_candidates(table, &q);
    if (status == ND_OK)
        status = verify_candidates(table, &q);
    if (status == ND_OK && q.matches.len > 0) {
        size_t num = q.matches.len;
        if (max_matches > 0 && num > max_matches)
            num = max_matches;
        *matches = best_matches(table, &q, num);
        *num_matches = *matches ? num : 0;
        status = *matches ? ND_OK : ND_ERR_NO_MEMORY;
    }
    release_query(table, &q);
    return status;
}

void nd_table_matches_free(const nd_table *table, nd_table_match *matches)
{
    nd_release(&table->allocator, matches);
}

size_t nd_table_num_documents(const nd_table *table)
{
    return table->by_key.num;
}

uint64_t nd_table_num_capped_queries(const nd_table *table)
{
    return atomic_load_explicit(table->capped_queries, memory_order_relaxed);
}

void nd_table_free(nd_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->places.len; i++)
        nd_release(&table->allocator, table->places.items[i].set);
    const nd_allocator allocator = table->allocator;
    ND_VEC_RELEASE(&allocator, &table->places);
    nd_u64_map_release(&table->by_key);
    nd_bucket_table_free(table->buckets);
    nd_release(&allocator, table->capped_queries);
    nd_release(&allocator, table);
}
