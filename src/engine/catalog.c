#include "engine/catalog.h"

#include <stdbool.h>
#include <string.h>

#include "engine/id_order.h"
#include "util/radix_sort.h"

/* A distinct before it is ranked: items[first .. first + num) are its documents. */
typedef struct text_class {
    uint32_t first, num;
} text_class;

typedef struct catalog_work {
    nd_key_value *items, *scratch;
    text_class *classes;
    size_t num_items, num_classes;
} catalog_work;

static const nd_record *item_record(const nd_catalog *c, const nd_key_value *item)
{
    return c->documents[item->value];
}

/* Documents with tokens, sorted by digest; stable, so ascending where digests are equal. */
static void sort_by_digest(const nd_catalog *c, catalog_work *w)
{
    w->num_items = 0;
    for (size_t d = 0; d < c->num_documents; d++)
        if (c->documents[d]->num_tokens > 0)
            w->items[w->num_items++] = (nd_key_value){c->documents[d]->digest[1], d};
    nd_radix_sort_pairs(w->items, w->scratch, w->num_items);
    for (size_t i = 0; i < w->num_items; i++)
        w->items[i].key = item_record(c, &w->items[i])->digest[0];
    nd_radix_sort_pairs(w->items, w->scratch, w->num_items);
}

/* A digest proposes, the hashes decide. */
static bool is_same_text(const nd_record *a, const nd_record *b)
{
    return a->digest[0] == b->digest[0] && a->digest[1] == b->digest[1] &&
           a->num_hashes == b->num_hashes &&
           memcmp(a->hashes, b->hashes, a->num_hashes * sizeof *a->hashes) == 0;
}

static void find_classes(const nd_catalog *c, catalog_work *w)
{
    w->num_classes = 0;
    for (size_t first = 0, end; first < w->num_items; first = end) {
        const nd_record *const record = item_record(c, &w->items[first]);
        for (end = first + 1; end < w->num_items; end++)
            if (!is_same_text(record, item_record(c, &w->items[end])))
                break;
        w->classes[w->num_classes++] = (text_class){(uint32_t)first, (uint32_t)(end - first)};
    }
}

static uint64_t smallest_preference(const nd_catalog *c, const catalog_work *w, text_class class)
{
    uint64_t smallest = UINT64_MAX;
    for (uint32_t i = class.first; i < class.first + class.num; i++) {
        const uint64_t preference = item_record(c, &w->items[i])->preference;
        smallest = preference < smallest ? preference : smallest;
    }
    return smallest;
}

/* Fills ranked[rank].value = class by stable sorts, least important key first. */
static void rank_classes(const nd_catalog *c, catalog_work *w, nd_key_value *ranked,
                         const nd_scan_options *options)
{
    for (size_t i = 0; i < w->num_classes; i++)
        ranked[i] = (nd_key_value){w->items[w->classes[i].first].value, i};
    nd_radix_sort_pairs(ranked, w->scratch, w->num_classes);
    /* Pairs have no representative; longest first then puts like lengths side by side, which is
     * what a capped bucket wants. */
    const bool is_pairs = options->output == ND_SCAN_PAIRS;
    if (!is_pairs && options->representative == ND_REPRESENTATIVE_FIRST_ID)
        return;
    for (size_t i = 0; i < w->num_classes; i++) {
        const text_class class = w->classes[ranked[i].value];
        ranked[i].key = UINT32_MAX - item_record(c, &w->items[class.first])->num_tokens;
    }
    nd_radix_sort_pairs(ranked, w->scratch, w->num_classes);
    if (is_pairs || options->representative != ND_REPRESENTATIVE_PREFERRED)
        return;
    for (size_t i = 0; i < w->num_classes; i++)
        ranked[i].key = smallest_preference(c, w, w->classes[ranked[i].value]);
    nd_radix_sort_pairs(ranked, w->scratch, w->num_classes);
}

static void number_distincts(nd_catalog *c, const catalog_work *w, const nd_key_value *ranked,
                             uint32_t bands)
{
    uint32_t at = 0;
    for (size_t rank = 0; rank < w->num_classes; rank++) {
        const text_class class = w->classes[ranked[rank].value];
        nd_record *const record = c->documents[w->items[class.first].value];
        c->records[rank] = record;
        for (uint32_t j = 0; j < bands; j++)
            c->band_keys[j * w->num_classes + rank] = record->band_keys[j];
        c->copies_start[rank] = at;
        for (uint32_t i = class.first; i < class.first + class.num; i++)
            c->copies[at++] = (uint32_t)w->items[i].value;
    }
    c->copies_start[w->num_classes] = at;
    c->num_distinct = w->num_classes;
}

static nd_status build(nd_catalog *c, catalog_work *w, const nd_scan_options *options,
                       uint32_t bands, const nd_allocator *allocator)
{
    const size_t num = c->num_documents;
    w->items = nd_alloc(allocator, num, sizeof *w->items);
    w->scratch = nd_alloc(allocator, num, sizeof *w->scratch);
    w->classes = nd_alloc(allocator, num, sizeof *w->classes);
    if (!w->items || !w->scratch || !w->classes)
        return ND_ERR_NO_MEMORY;
    sort_by_digest(c, w);
    find_classes(c, w);
    nd_key_value *const ranked = nd_alloc(allocator, w->num_classes, sizeof *ranked);
    c->records = nd_alloc(allocator, w->num_classes, sizeof *c->records);
    c->band_keys = nd_alloc(allocator, w->num_classes, bands * sizeof *c->band_keys);
    c->copies_start = nd_alloc(allocator, w->num_classes + 1, sizeof *c->copies_start);
    c->copies = nd_alloc(allocator, w->num_items, sizeof *c->copies);
    nd_status status = ND_ERR_NO_MEMORY;
    if (ranked && c->records && c->band_keys && c->copies_start && c->copies) {
        rank_classes(c, w, ranked, options);
        number_distincts(c, w, ranked, bands);
        status = ND_OK;
    }
    nd_release(allocator, ranked);
    return status;
}

nd_status nd_catalog_init(nd_catalog *catalog, nd_record **documents, size_t num,
                          const nd_scan_options *options, uint32_t bands,
                          const nd_allocator *allocator)
{
    *catalog = (nd_catalog){.documents = documents, .num_documents = num};
    nd_status status =
        num > UINT32_MAX ? ND_ERR_LIMIT : nd_sort_by_id(documents, num, bands, allocator);
    catalog_work work = {0};
    if (status == ND_OK)
        status = build(catalog, &work, options, bands, allocator);
    nd_release(allocator, work.items);
    nd_release(allocator, work.scratch);
    nd_release(allocator, work.classes);
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
