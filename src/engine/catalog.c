#include "engine/catalog.h"

#include <stdbool.h>

#include "engine/id_compare.h"
#include "engine/id_order.h"
#include "engine/text_classes.h"
#include "util/radix_sort.h"
#include "util/threads.h"

enum {
    AHEAD = 8,                 /* records asked for before their turn: they lie about in memory */
    FAR_AHEAD = 2 * AHEAD,     /* what says where they are */
    SLICE_DISTINCTS = 1 << 13, /* what a thread must be given at least to be worth starting */
};

/* Sorts by the smallest preference among the documents of each class. */
static nd_status sort_by_preference(const nd_catalog *c, const nd_text_classes *t,
                                    nd_key_value *ranked, nd_key_value *scratch,
                                    const nd_allocator *allocator)
{
    uint64_t *const smallest = nd_alloc(allocator, t->num_classes, sizeof *smallest);
    if (!smallest)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < t->num_classes; i++)
        smallest[i] = UINT64_MAX;
    for (size_t d = 0; d < c->num_documents; d++) {
        const uint32_t class = t->class_of[d];
        if (class != ND_NO_TEXT_CLASS && c->documents[d]->preference < smallest[class])
            smallest[class] = c->documents[d]->preference;
    }
    for (size_t i = 0; i < t->num_classes; i++)
        ranked[i].key = smallest[ranked[i].value];
    nd_radix_sort_pairs(ranked, scratch, t->num_classes);
    nd_release(allocator, smallest);
    return ND_OK;
}

/* Fills ranked[rank].value = class by stable sorts, least important key first. */
static nd_status rank_classes(const nd_catalog *c, const nd_text_classes *t, nd_key_value *ranked,
                              nd_key_value *scratch, const nd_scan_options *options,
                              const nd_allocator *allocator)
{
    /* Pairs have no representative; longest first then puts like lengths side by side, which is
     * what a capped bucket wants. */
    const bool is_pairs = options->output == ND_SCAN_PAIRS;
    const bool by_id = !is_pairs && options->representative == ND_REPRESENTATIVE_FIRST_ID;
    for (size_t i = 0; i < t->num_classes; i++)
        ranked[i] = (nd_key_value){by_id ? 0 : UINT32_MAX - t->classes[i].num_tokens, i};
    if (by_id)
        return ND_OK;
    nd_radix_sort_pairs(ranked, scratch, t->num_classes);
    if (is_pairs || options->representative != ND_REPRESENTATIVE_PREFERRED)
        return ND_OK;
    return sort_by_preference(c, t, ranked, scratch, allocator);
}

/* Of the class whose turn comes AHEAD from now, and the document of the one before it. */
static void prefetch_class(const nd_catalog *c, const nd_text_classes *t,
                           const nd_key_value *ranked, size_t rank)
{
    if (rank + FAR_AHEAD < t->num_classes)
        __builtin_prefetch(&t->classes[ranked[rank + FAR_AHEAD].value], 1);
    if (rank + AHEAD < t->num_classes)
        __builtin_prefetch(&c->documents[t->classes[ranked[rank + AHEAD].value].first]);
}

/* Leaves classes[].first where the class's copies end. */
static void number_distincts(nd_catalog *c, nd_text_classes *t, const nd_key_value *ranked)
{
    uint32_t at = 0;
    for (size_t rank = 0; rank < t->num_classes; rank++) {
        prefetch_class(c, t, ranked, rank);
        nd_text_class *const class = &t->classes[ranked[rank].value];
        c->records[rank] = c->documents[class->first];
        c->copies_start[rank] = class->first = at;
        at += class->num;
    }
    c->copies_start[t->num_classes] = at;
    c->num_distinct = t->num_classes;
    for (size_t d = 0; d < c->num_documents; d++)
        if (t->class_of[d] != ND_NO_TEXT_CLASS)
            c->copies[t->classes[t->class_of[d]].first++] = (uint32_t)d;
}

typedef struct key_gathering {
    nd_catalog *catalog;
    uint32_t bands, num_slices;
} key_gathering;

/* A worker's slice of the distincts: from their records to the bands. */
static nd_status gather_band_keys(void *ctx, uint32_t worker)
{
    const key_gathering *const g = ctx;
    nd_catalog *const c = g->catalog;
    const size_t num = c->num_distinct;
    const size_t end = nd_slice_start(num, g->num_slices, worker + 1);
    for (size_t x = nd_slice_start(num, g->num_slices, worker); x < end; x++) {
        if (x + AHEAD < end) {
            __builtin_prefetch(c->records[x + AHEAD]->band_keys);
            __builtin_prefetch((const char *)c->records[x + AHEAD]->band_keys + 64);
        }
        const uint32_t *const keys = c->records[x]->band_keys;
        for (uint32_t j = 0; j < g->bands; j++)
            c->band_keys[j * num + x] = keys[j];
    }
    return ND_OK;
}

static nd_status rank_and_number(nd_catalog *c, nd_text_classes *t, const nd_scan_options *options,
                                 uint32_t bands, const nd_allocator *allocator)
{
    nd_key_value *const ranked = nd_alloc(allocator, t->num_classes, sizeof *ranked);
    nd_key_value *const scratch = nd_alloc(allocator, t->num_classes, sizeof *scratch);
    nd_status status = ranked && scratch ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = rank_classes(c, t, ranked, scratch, options, allocator);
    nd_release(allocator, scratch);
    c->records = nd_alloc(allocator, t->num_classes, sizeof *c->records);
    c->band_keys = nd_alloc(allocator, t->num_classes, bands * sizeof *c->band_keys);
    c->copies_start = nd_alloc(allocator, t->num_classes + 1, sizeof *c->copies_start);
    c->copies = nd_alloc(allocator, t->num_items, sizeof *c->copies);
    if (!c->records || !c->band_keys || !c->copies_start || !c->copies)
        status = ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        number_distincts(c, t, ranked);
        const uint32_t num_slices =
            nd_threads_worth(c->num_distinct, SLICE_DISTINCTS, options->num_threads);
        key_gathering gathering = {c, bands, num_slices};
        status = nd_threads_run(allocator, num_slices, gather_band_keys, &gathering);
    }
    nd_release(allocator, ranked);
    return status;
}

nd_status nd_catalog_init(nd_catalog *catalog, nd_record **documents, size_t num,
                          const nd_scan_options *options, uint32_t bands,
                          const nd_allocator *allocator)
{
    *catalog = (nd_catalog){.documents = documents, .num_documents = num};
    nd_text_classes texts = {0};
    nd_status status = num > UINT32_MAX ? ND_ERR_LIMIT : ND_OK;
    if (status == ND_OK)
        status = nd_sort_by_id(documents, num, bands, options->num_threads, allocator);
    if (status == ND_OK)
        status = nd_text_classes_init(&texts, documents, num, options->num_threads, allocator);
    if (status == ND_OK)
        status = rank_and_number(catalog, &texts, options, bands, allocator);
    nd_text_classes_release(&texts, allocator);
    if (status != ND_OK)
        nd_catalog_release(catalog, allocator);
    return status;
}

uint32_t nd_catalog_best_copy(const nd_catalog *catalog, nd_representative policy,
                              uint32_t distinct)
{
    uint32_t best = catalog->copies[catalog->copies_start[distinct]];
    if (policy != ND_REPRESENTATIVE_PREFERRED)
        return best;
    for (uint32_t i = catalog->copies_start[distinct]; i < catalog->copies_start[distinct + 1]; i++)
        if (catalog->documents[catalog->copies[i]]->preference <
            catalog->documents[best]->preference)
            best = catalog->copies[i];
    return best;
}

uint64_t nd_catalog_num_duplicate_ids(const nd_catalog *catalog, uint32_t bands)
{
    uint64_t num = 0;
    for (size_t d = 1; d < catalog->num_documents; d++)
        num += nd_compare_ids(catalog->documents[d - 1], catalog->documents[d], bands) == 0;
    return num;
}

void nd_catalog_release(nd_catalog *catalog, const nd_allocator *allocator)
{
    nd_release(allocator, catalog->documents);
    nd_release(allocator, catalog->records);
    nd_release(allocator, catalog->band_keys);
    nd_release(allocator, catalog->copies_start);
    nd_release(allocator, catalog->copies);
    *catalog = (nd_catalog){0};
}
