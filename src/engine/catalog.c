/* Documents are sorted by id, those whose id is taken get a name of their own, and then equal texts
 * are found (text_classes.h) and numbered by size. Everything after works on these numbers, so that
 * no result can depend on threads or on the order of the input. */
#include "engine/catalog.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/id_order.h"
#include "engine/text_classes.h"
#include "util/heap_sort.h"
#include "util/radix_sort.h"
#include "util/threads.h"

enum {
    AHEAD = 8,             /* records asked for before their turn: they lie about in memory */
    FAR_AHEAD = 2 * AHEAD, /* what says where they are */
    SLICE_TEXTS = 1 << 13, /* what a thread must be given at least to be worth starting */
    NAMES_CHUNK = 1 << 16,
    SUFFIX_BYTES = 24, /* '#' and a number of 64 bits */
};

static bool has_same_id(const nd_catalog *c, size_t d)
{
    return nd_compare_ids(c->documents[d - 1], c->documents[d]) == 0;
}

/* Whether the id is one of the documents' ids, which are still in order. */
static bool is_id(const nd_catalog *c, const nd_record *name)
{
    size_t low = 0, high = c->num_documents;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = nd_compare_ids(c->documents[middle], name);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* A copy of the record, with room for a longer id. */
static nd_record *copy_record(nd_catalog *c, const nd_record *record, nd_texts texts)
{
    uint64_t text_len = 0;
    const char *const text = texts == ND_TEXTS_KEEP ? nd_record_text(record, &text_len) : NULL;
    const size_t size = sizeof *record + record->id_len_bytes + SUFFIX_BYTES +
                        (text ? sizeof text_len + text_len : 0);
    nd_record *const copy = nd_arena_alloc(&c->names, size);
    if (!copy)
        return NULL;
    *copy = *record;
    memcpy(copy + 1, record + 1, record->id_len_bytes);
    return copy;
}

/* Sets the id to ID#number, and puts the text behind it. */
static void set_suffix(nd_record *copy, const nd_record *record, uint64_t number, nd_texts texts)
{
    char *const after_id = (char *)(copy + 1) + record->id_len_bytes;
    char suffix[SUFFIX_BYTES];
    const int len = snprintf(suffix, sizeof suffix, "#%llu", (unsigned long long)number);
    memcpy(after_id, suffix, (size_t)len);
    copy->id_len_bytes = record->id_len_bytes + (uint32_t)len;
    if (texts != ND_TEXTS_KEEP)
        return;
    uint64_t text_len;
    const char *const text = nd_record_text(record, &text_len);
    memcpy(after_id + len, &text_len, sizeof text_len);
    if (text_len)
        memcpy(after_id + len + sizeof text_len, text, text_len);
}

/* A name for a document whose id documents[first] keeps; `number` goes on from call to call. */
static nd_status rename_document(nd_catalog *c, size_t d, size_t first, uint64_t *number,
                                 nd_record **renamed, nd_texts texts)
{
    const nd_record *const record = c->documents[d];
    if (record->id_len_bytes > UINT32_MAX - SUFFIX_BYTES)
        return ND_ERR_LIMIT;
    nd_record *const copy = copy_record(c, record, texts);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    do
        set_suffix(copy, record, (*number)++, texts);
    while (is_id(c, copy));
    renamed[c->num_renamed] = copy;
    c->renamed[c->num_renamed++] = (nd_renamed){c->documents[first], copy};
    return ND_OK;
}

/* Names for all but the first document of each id; those that keep theirs move to the front. */
static nd_status rename_all(nd_catalog *c, nd_record **renamed, nd_texts texts)
{
    nd_status status = ND_OK;
    uint64_t number = 2;
    for (size_t d = 1, first = 0; d < c->num_documents && status == ND_OK; d++) {
        if (has_same_id(c, d)) {
            status = rename_document(c, d, first, &number, renamed, texts);
            continue;
        }
        first = d;
        number = 2;
    }
    size_t kept = 0, taken = 0;
    for (size_t d = 0; d < c->num_documents && status == ND_OK; d++) {
        /* A document is renamed where the kept one before it has its id. */
        if (kept > 0 && nd_compare_ids(c->documents[kept - 1], c->documents[d]) == 0)
            taken++;
        else
            c->documents[kept++] = c->documents[d];
    }
    for (size_t i = 0; i < taken; i++)
        c->documents[kept + i] = renamed[i];
    return status;
}

static int compare_renamed(const void *a, const void *b)
{
    return nd_compare_ids(((const nd_renamed *)a)->record, ((const nd_renamed *)b)->record);
}

static nd_status name_documents(nd_catalog *c, const nd_catalog_request *request,
                                const nd_allocator *allocator)
{
    size_t num = 0;
    for (size_t d = 1; d < c->num_documents; d++)
        num += has_same_id(c, d);
    if (num == 0)
        return ND_OK;
    nd_record **const renamed = nd_alloc(allocator, num, sizeof(nd_record *));
    c->renamed = nd_alloc(allocator, num, sizeof *c->renamed);
    nd_status status = renamed && c->renamed ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = rename_all(c, renamed, request->texts);
    nd_release(allocator, renamed);
    if (status != ND_OK)
        return status;
    qsort(c->renamed, c->num_renamed, sizeof *c->renamed, compare_renamed);
    return nd_sort_by_id(c->documents, c->num_documents, request->num_threads, allocator);
}

typedef struct class_order {
    const nd_catalog *catalog;
    const nd_text_classes *classes;
} class_order;

static uint32_t size_of(const nd_record *record, nd_text_size size)
{
    return size == ND_SIZE_TOKENS ? record->num_tokens : record->num_hashes;
}

/* Digests decide between texts of one size; should even these be equal, the texts as they came. */
static int compare_digests(void *ctx, const void *left, const void *right)
{
    const class_order *const o = ctx;
    const nd_key_value *const i = left, *const j = right;
    const nd_record *const a = o->catalog->documents[o->classes->classes[i->value].first];
    const nd_record *const b = o->catalog->documents[o->classes->classes[j->value].first];
    for (int half = 0; half < 2; half++)
        if (a->digest[half] != b->digest[half])
            return a->digest[half] < b->digest[half] ? -1 : 1;
    return (a->raw_digest > b->raw_digest) - (a->raw_digest < b->raw_digest);
}

/* Those whose keys are equal: few, as keys hold half of a digest's first half. */
static void order_equal_keys(const nd_catalog *c, const nd_text_classes *t, nd_key_value *ranked)
{
    class_order order = {c, t};
    for (size_t first = 0, end; first < t->num_classes; first = end) {
        for (end = first + 1; end < t->num_classes && ranked[end].key == ranked[first].key;)
            end++;
        if (end - first > 1)
            nd_heap_sort(ranked + first, end - first, sizeof *ranked, compare_digests, &order);
    }
}

/* Fills ranked[text].value = class.
 *
 *   key:  | UINT32_MAX - size, 32 bits | highest 32 bits of the digest |        */
static void rank_classes(const nd_catalog *c, const nd_text_classes *t, nd_text_size size,
                         nd_key_value *ranked, nd_key_value *scratch)
{
    for (size_t i = 0; i < t->num_classes; i++) {
        if (i + AHEAD < t->num_classes)
            __builtin_prefetch(c->documents[t->classes[i + AHEAD].first]);
        const nd_record *const record = c->documents[t->classes[i].first];
        ranked[i] = (nd_key_value){
            (uint64_t)(UINT32_MAX - size_of(record, size)) << 32 | record->digest[0] >> 32, i};
    }
    nd_radix_sort_pairs(ranked, scratch, t->num_classes);
    order_equal_keys(c, t, ranked);
}

/* Prefetches the class whose turn comes FAR_AHEAD from now, and the document of the one that comes
 * AHEAD. */
static void prefetch_class(const nd_catalog *c, const nd_text_classes *t,
                           const nd_key_value *ranked, size_t rank)
{
    if (rank + FAR_AHEAD < t->num_classes)
        __builtin_prefetch(&t->classes[ranked[rank + FAR_AHEAD].value], 1);
    if (rank + AHEAD < t->num_classes)
        __builtin_prefetch(&c->documents[t->classes[ranked[rank + AHEAD].value].first]);
}

/* Numbers the texts; class_of becomes text_of, and classes[].first where the class's copies end. */
static void number_texts(nd_catalog *c, nd_text_classes *t, nd_key_value *ranked)
{
    uint32_t at = 0;
    for (size_t rank = 0; rank < t->num_classes; rank++) {
        prefetch_class(c, t, ranked, rank);
        nd_text_class *const class = &t->classes[ranked[rank].value];
        c->texts[rank] = c->documents[class->first];
        c->copies_start[rank] = class->first = at;
        class->number = (uint32_t)rank;
        at += class->num;
    }
    c->copies_start[t->num_classes] = at;
    c->num_texts = t->num_classes;
    for (size_t d = 0; d < c->num_documents; d++) {
        if (t->class_of[d] == ND_NO_TEXT)
            continue;
        nd_text_class *const class = &t->classes[t->class_of[d]];
        c->copies[class->first++] = (uint32_t)d;
        t->class_of[d] = class->number;
    }
    c->text_of = t->class_of;
    t->class_of = NULL;
}

static nd_status rank_and_number(nd_catalog *c, nd_text_classes *t, nd_text_size size,
                                 const nd_allocator *allocator)
{
    nd_key_value *const ranked = nd_alloc(allocator, t->num_classes, sizeof *ranked);
    nd_key_value *const scratch = nd_alloc(allocator, t->num_classes, sizeof *scratch);
    nd_status status = ranked && scratch ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        rank_classes(c, t, size, ranked, scratch);
    nd_release(allocator, scratch);
    c->texts = nd_alloc(allocator, t->num_classes, sizeof *c->texts);
    c->copies_start = nd_alloc(allocator, t->num_classes + 1, sizeof *c->copies_start);
    c->copies = nd_alloc(allocator, t->num_items, sizeof *c->copies);
    if (!c->texts || !c->copies_start || !c->copies)
        status = ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        number_texts(c, t, ranked);
    nd_release(allocator, ranked);
    return status;
}

nd_status nd_catalog_init(nd_catalog *catalog, nd_record **documents, size_t num,
                          const nd_catalog_request *request, const nd_allocator *allocator)
{
    *catalog = (nd_catalog){.documents = documents, .num_documents = num};
    nd_arena_init(&catalog->names, allocator, NAMES_CHUNK);
    nd_text_classes texts = {0};
    nd_status status = num >= UINT32_MAX ? ND_ERR_LIMIT : ND_OK;
    if (status == ND_OK)
        status = nd_sort_by_id(documents, num, request->num_threads, allocator);
    if (status == ND_OK)
        status = name_documents(catalog, request, allocator);
    if (status == ND_OK)
        status = nd_text_classes_init(&texts, documents, num, request->num_threads, allocator);
    if (status == ND_OK)
        status = rank_and_number(catalog, &texts, request->size, allocator);
    nd_text_classes_release(&texts, allocator);
    if (status != ND_OK)
        nd_catalog_release(catalog, allocator);
    return status;
}

typedef struct key_gathering {
    const nd_catalog *catalog;
    uint32_t *keys;
    uint32_t bands, num_slices;
} key_gathering;

/* A worker's slice of the texts: from their records to the bands. */
static nd_status gather_band_keys(void *ctx, uint32_t worker)
{
    const key_gathering *const g = ctx;
    nd_record *const *const texts = g->catalog->texts;
    const size_t num = g->catalog->num_texts;
    const size_t end = nd_slice_start(num, g->num_slices, worker + 1);
    for (size_t x = nd_slice_start(num, g->num_slices, worker); x < end; x++) {
        if (x + FAR_AHEAD < end)
            __builtin_prefetch(&texts[x + FAR_AHEAD]->band_keys);
        if (x + AHEAD < end) {
            __builtin_prefetch(texts[x + AHEAD]->band_keys);
            __builtin_prefetch(texts[x + AHEAD]->band_keys + g->bands - 1);
        }
        for (uint32_t j = 0; j < g->bands; j++)
            g->keys[j * num + x] = texts[x]->band_keys[j];
    }
    return ND_OK;
}

uint32_t *nd_catalog_band_keys(const nd_catalog *catalog, uint32_t num_bands, uint32_t num_threads,
                               const nd_allocator *allocator)
{
    const uint32_t num_slices = nd_threads_worth(catalog->num_texts, SLICE_TEXTS, num_threads);
    key_gathering g = {.catalog = catalog,
                       .keys = nd_alloc(allocator, catalog->num_texts, num_bands * sizeof *g.keys),
                       .bands = num_bands,
                       .num_slices = num_slices};
    if (!g.keys || nd_threads_run(allocator, num_slices, gather_band_keys, &g) != ND_OK) {
        nd_release(allocator, g.keys);
        return NULL;
    }
    return g.keys;
}

void nd_catalog_release(nd_catalog *catalog, const nd_allocator *allocator)
{
    nd_release(allocator, catalog->documents);
    nd_release(allocator, catalog->texts);
    nd_release(allocator, catalog->text_of);
    nd_release(allocator, catalog->copies_start);
    nd_release(allocator, catalog->copies);
    nd_release(allocator, catalog->renamed);
    nd_arena_release(&catalog->names);
    *catalog = (nd_catalog){0};
}
