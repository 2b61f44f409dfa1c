/* All documents with tokens are sorted by one key, which holds the size of their text and a part of
 * its digest:
 *
 *   key:  | UINT32_MAX - size, 32 bits | highest 32 bits of the digest |     value: document
 *
 * Documents of one key are nearly always copies of one text; those are looked at closer. */
#include "engine/catalog.h"

#include <stdbool.h>

#include "util/prefetch.h"
#include "util/sort.h"
#include "util/threads.h"

enum { AHEAD = 8 }; /* records asked for before their turn: they lie about in memory */

typedef struct text_order {
    nd_catalog *catalog;
    const nd_allocator *allocator;
    nd_text_size size;
    uint32_t *document_of; /* by index */
    nd_key_value *items;   /* by document, then by key, and those of one key by document */
} text_order;

static uint64_t key_of(const text_order *o, const nd_text_facts *facts)
{
    const uint32_t size = o->size == ND_SIZE_TOKENS ? facts->num_tokens : facts->num_hashes;
    return (uint64_t)(UINT32_MAX - size) << 32 | facts->digest[0] >> 32;
}

/* Documents without tokens get the key of none, UINT64_MAX, and come last. */
static nd_status make_keys(void *ctx, uint32_t worker, size_t number)
{
    (void)worker;
    const text_order *const o = ctx;
    nd_text_facts room[ND_CHUNK_DOCUMENTS];
    nd_status status;
    const nd_text_facts *const facts =
        nd_collection_texts(o->catalog->collection, (uint32_t)number, room, &status);
    if (!facts)
        return status;
    const uint32_t num = o->catalog->collection->chunks.items[number]->num;
    for (uint32_t i = 0; i < num; i++) {
        const uint32_t document = o->document_of[number << ND_CHUNK_BITS | i];
        o->items[document] =
            (nd_key_value){facts[i].num_hashes > 0 ? key_of(o, &facts[i]) : UINT64_MAX, document};
    }
    return ND_OK;
}

/* One document of a run of equal keys. */
typedef struct candidate {
    nd_text_facts facts;
    uint64_t raw_digest; /* then the least of its text's documents */
    uint32_t document;
} candidate;

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_digests(const nd_text_facts *a, const nd_text_facts *b)
{
    int order = compare_u64(a->digest[0], b->digest[0]);
    if (order == 0)
        order = compare_u64(a->digest[1], b->digest[1]);
    return order != 0 ? order : compare_u64(a->num_tokens, b->num_tokens);
}

static bool are_equal_texts(const nd_text_facts *a, const nd_text_facts *b)
{
    return compare_digests(a, b) == 0 && a->check == b->check;
}

/* Brings the documents of each text together. */
static int compare_for_texts(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const candidate *const a = left, *const b = right;
    int order = compare_digests(&a->facts, &b->facts);
    if (order == 0)
        order = compare_u64(a->facts.check, b->facts.check);
    return order != 0 ? order : compare_u64(a->raw_digest, b->raw_digest);
}

/* The order of texts must not depend on their checks, which are others in each process: texts that
 * share a digest are ordered by what came. */
static int compare_for_order(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const candidate *const a = left, *const b = right;
    int order = compare_digests(&a->facts, &b->facts);
    if (order == 0)
        order = compare_u64(a->raw_digest, b->raw_digest);
    if (order == 0)
        order = compare_u64(a->facts.check, b->facts.check);
    return order != 0 ? order : compare_u64(a->document, b->document);
}

static void order_candidates(candidate *candidates, size_t num)
{
    nd_heap_sort(candidates, num, sizeof *candidates, compare_for_texts, NULL);
    for (size_t i = 1; i < num; i++)
        if (are_equal_texts(&candidates[i - 1].facts, &candidates[i].facts))
            candidates[i].raw_digest = candidates[i - 1].raw_digest;
    nd_heap_sort(candidates, num, sizeof *candidates, compare_for_order, NULL);
}

/* Whether all of a run are one text. */
static nd_status are_one_text(const text_order *o, const nd_key_value *run, size_t num,
                              bool *is_one)
{
    const nd_catalog *const c = o->catalog;
    nd_text_facts first, other;
    nd_status status =
        nd_collection_text(c->collection, nd_catalog_index(c, (uint32_t)run[0].value), &first);
    *is_one = true;
    for (size_t i = 1; i < num && status == ND_OK && *is_one; i++) {
        status =
            nd_collection_text(c->collection, nd_catalog_index(c, (uint32_t)run[i].value), &other);
        *is_one = are_equal_texts(&first, &other);
    }
    return status;
}

/* Orders a run of several texts. */
static nd_status divide_run(const text_order *o, nd_key_value *run, size_t num)
{
    const nd_catalog *const c = o->catalog;
    candidate *const candidates = nd_alloc(o->allocator, num, sizeof *candidates);
    nd_status status = candidates ? ND_OK : ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num && status == ND_OK; i++) {
        const uint32_t index = nd_catalog_index(c, (uint32_t)run[i].value);
        nd_document_facts facts = {0};
        status = nd_collection_text(c->collection, index, &candidates[i].facts);
        if (status == ND_OK)
            status = nd_collection_document(c->collection, index, &facts);
        candidates[i].document = (uint32_t)run[i].value;
        candidates[i].raw_digest = facts.raw_digest;
    }
    if (status == ND_OK) {
        order_candidates(candidates, num);
        /* The key has done its work: now it numbers the texts of the run. */
        uint64_t number = 0;
        for (size_t i = 0; i < num; i++) {
            number += i > 0 && !are_equal_texts(&candidates[i - 1].facts, &candidates[i].facts);
            run[i] = (nd_key_value){number, candidates[i].document};
        }
    }
    nd_release(o->allocator, candidates);
    return status;
}

/* Appends the documents of one key to the texts. */
static nd_status add_run(text_order *o, nd_key_value *run, size_t num)
{
    nd_catalog *const c = o->catalog;
    bool is_one = true;
    nd_status status = num > 1 ? are_one_text(o, run, num, &is_one) : ND_OK;
    if (status == ND_OK && !is_one)
        status = divide_run(o, run, num);
    for (size_t i = 0; i < num && status == ND_OK; i++) {
        const bool begins = i == 0 || (!is_one && run[i].key != run[i - 1].key);
        const uint32_t at = c->copies_start[c->num_texts];
        if (begins)
            c->copies_start[++c->num_texts] = at;
        c->copies[at] = (uint32_t)run[i].value;
        c->text_of[run[i].value] = (uint32_t)c->num_texts - 1;
        c->copies_start[c->num_texts] = at + 1;
    }
    return status;
}

static nd_status add_runs(text_order *o)
{
    nd_status status = ND_OK;
    const size_t num = o->catalog->num_documents;
    for (size_t first = 0, end; first < num && status == ND_OK; first = end) {
        const uint64_t key = o->items[first].key;
        if (key == UINT64_MAX)
            break;
        for (end = first + 1; end < num && o->items[end].key == key;)
            end++;
        status = add_run(o, o->items + first, end - first);
    }
    return status;
}

static nd_status sort_items(text_order *o, uint32_t num_threads)
{
    const size_t num = o->catalog->num_documents;
    for (size_t d = 0; d < num; d++) {
        if (d + AHEAD < num && o->catalog->documents)
            nd_prefetch(o->catalog->documents[d + AHEAD]);
        o->document_of[nd_catalog_index(o->catalog, (uint32_t)d)] = (uint32_t)d;
    }
    nd_status status =
        nd_threads_for(o->allocator, num_threads, o->catalog->collection->chunks.len, make_keys, o);
    nd_release(o->allocator, o->document_of);
    o->document_of = NULL;
    nd_key_value *const scratch = nd_alloc(o->allocator, num, sizeof *scratch);
    if (status == ND_OK && !scratch)
        status = ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        nd_radix_sort_pairs(o->items, scratch, num);
    nd_release(o->allocator, scratch);
    return status;
}

nd_status nd_order_texts(nd_catalog *catalog, nd_text_size size, uint32_t num_threads,
                         const nd_allocator *allocator)
{
    const size_t num = catalog->num_documents, num_chunks = catalog->collection->chunks.len;
    text_order o = {
        .catalog = catalog,
        .allocator = allocator,
        .size = size,
        .document_of = nd_alloc(allocator, num_chunks << ND_CHUNK_BITS, sizeof *o.document_of),
        .items = nd_alloc(allocator, num, sizeof *o.items),
    };
    nd_status status = o.document_of && o.items ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = sort_items(&o, num_threads);
    catalog->text_of = nd_alloc(allocator, num, sizeof *catalog->text_of);
    catalog->copies_start = nd_alloc_zeroed(allocator, num + 1, sizeof *catalog->copies_start);
    catalog->copies = nd_alloc(allocator, num, sizeof *catalog->copies);
    if (!catalog->text_of || !catalog->copies_start || !catalog->copies)
        status = ND_ERR_NO_MEMORY;
    for (size_t d = 0; d < num && status == ND_OK; d++)
        catalog->text_of[d] = ND_NO_TEXT;
    if (status == ND_OK)
        status = add_runs(&o);
    nd_release(allocator, o.document_of);
    nd_release(allocator, o.items);
    return status;
}
