#include "engine/catalog.h"

#include <stdbool.h>
#include <string.h>

#include "engine/id_order.h"
#include "util/radix_sort.h"
#include "util/threads.h"

/* The documents of one text, before it is ranked. Classes are numbered by their first document. */
typedef struct text_class {
    uint32_t first, num;
    uint32_t num_tokens;
} text_class;

/*   slots[digest[0] & mask ..]   high half of digest[0] << 32 | class + 1; 0 ends the search
 *   class_of[document]           NO_CLASS without tokens                                       */
typedef struct catalog_work {
    uint64_t *slots;
    size_t mask;
    uint32_t *class_of;
    text_class *classes;
    size_t num_items, num_classes;
} catalog_work;

enum {
    AHEAD = 8,             /* records asked for before their turn: they lie about in memory */
    FAR_AHEAD = 2 * AHEAD, /* what says where they are */
};
#define NO_CLASS UINT32_MAX
#define HIGH_HALF ((uint64_t)UINT32_MAX << 32)

/* A digest proposes, the hashes decide. */
static bool is_same_text(const nd_record *a, const nd_record *b)
{
    return a->digest[0] == b->digest[0] && a->digest[1] == b->digest[1] &&
           a->num_hashes == b->num_hashes &&
           memcmp(a->hashes, b->hashes, a->num_hashes * sizeof *a->hashes) == 0;
}

/* The class of document d, a new one if it is the first of its text. */
static uint32_t find_class(const nd_catalog *c, catalog_work *w, uint32_t d)
{
    const nd_record *const record = c->documents[d];
    const uint64_t tag = record->digest[0] & HIGH_HALF;
    size_t at = record->digest[0] & w->mask;
    for (; w->slots[at]; at = (at + 1) & w->mask) {
        const uint32_t class = (uint32_t)w->slots[at] - 1;
        if ((w->slots[at] & HIGH_HALF) == tag &&
            is_same_text(record, c->documents[w->classes[class].first]))
            return class;
    }
    w->slots[at] = tag | (w->num_classes + 1);
    w->classes[w->num_classes] = (text_class){.first = d, .num_tokens = record->num_tokens};
    return (uint32_t)w->num_classes++;
}

static void find_classes(const nd_catalog *c, catalog_work *w)
{
    w->num_items = w->num_classes = 0;
    for (size_t d = 0; d < c->num_documents; d++) {
        if (d + FAR_AHEAD < c->num_documents)
            __builtin_prefetch(c->documents[d + FAR_AHEAD]);
        if (d + AHEAD < c->num_documents)
            __builtin_prefetch(&w->slots[c->documents[d + AHEAD]->digest[0] & w->mask], 1);
        w->class_of[d] = NO_CLASS;
        if (c->documents[d]->num_tokens == 0)
            continue;
        w->class_of[d] = find_class(c, w, (uint32_t)d);
        w->classes[w->class_of[d]].num++;
        w->num_items++;
    }
}

/* Sorts by the smallest preference among the documents of each class. */
static nd_status sort_by_preference(const nd_catalog *c, const catalog_work *w,
                                    nd_key_value *ranked, nd_key_value *scratch,
                                    const nd_allocator *allocator)
{
    uint64_t *const smallest = nd_alloc(allocator, w->num_classes, sizeof *smallest);
    if (!smallest)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < w->num_classes; i++)
        smallest[i] = UINT64_MAX;
    for (size_t d = 0; d < c->num_documents; d++) {
        const uint32_t class = w->class_of[d];
        if (class != NO_CLASS && c->documents[d]->preference < smallest[class])
            smallest[class] = c->documents[d]->preference;
    }
    for (size_t i = 0; i < w->num_classes; i++)
        ranked[i].key = smallest[ranked[i].value];
    nd_radix_sort_pairs(ranked, scratch, w->num_classes);
    nd_release(allocator, smallest);
    return ND_OK;
}

/* Fills ranked[rank].value = class by stable sorts, least important key first. */
static nd_status rank_classes(const nd_catalog *c, const catalog_work *w, nd_key_value *ranked,
                              nd_key_value *scratch, const nd_scan_options *options,
                              const nd_allocator *allocator)
{
    /* Pairs have no representative; longest first then puts like lengths side by side, which is
     * what a capped bucket wants. */
    const bool is_pairs = options->output == ND_SCAN_PAIRS;
    const bool by_id = !is_pairs && options->representative == ND_REPRESENTATIVE_FIRST_ID;
    for (size_t i = 0; i < w->num_classes; i++)
        ranked[i] = (nd_key_value){by_id ? 0 : UINT32_MAX - w->classes[i].num_tokens, i};
    if (by_id)
        return ND_OK;
    nd_radix_sort_pairs(ranked, scratch, w->num_classes);
    if (is_pairs || options->representative != ND_REPRESENTATIVE_PREFERRED)
        return ND_OK;
    return sort_by_preference(c, w, ranked, scratch, allocator);
}

/* Of the class whose turn comes AHEAD from now, and the document of the one before it. */
static void prefetch_class(const nd_catalog *c, const catalog_work *w, const nd_key_value *ranked,
                           size_t rank)
{
    if (rank + FAR_AHEAD < w->num_classes)
        __builtin_prefetch(&w->classes[ranked[rank + FAR_AHEAD].value], 1);
    if (rank + AHEAD < w->num_classes)
        __builtin_prefetch(&c->documents[w->classes[ranked[rank + AHEAD].value].first]);
}

/* Leaves classes[].first where the class's copies end. */
static void number_distincts(nd_catalog *c, catalog_work *w, const nd_key_value *ranked)
{
    uint32_t at = 0;
    for (size_t rank = 0; rank < w->num_classes; rank++) {
        prefetch_class(c, w, ranked, rank);
        text_class *const class = &w->classes[ranked[rank].value];
        c->records[rank] = c->documents[class->first];
        c->copies_start[rank] = class->first = at;
        at += class->num;
    }
    c->copies_start[w->num_classes] = at;
    c->num_distinct = w->num_classes;
    for (size_t d = 0; d < c->num_documents; d++)
        if (w->class_of[d] != NO_CLASS)
            c->copies[w->classes[w->class_of[d]].first++] = (uint32_t)d;
}

typedef struct key_gathering {
    nd_catalog *catalog;
    uint32_t bands, num_threads;
} key_gathering;

/* A worker's slice of the distincts: from their records to the bands. */
static nd_status gather_band_keys(void *ctx, uint32_t worker)
{
    const key_gathering *const g = ctx;
    nd_catalog *const c = g->catalog;
    const size_t num = c->num_distinct;
    const size_t first = num / g->num_threads * worker;
    const size_t end = worker + 1 == g->num_threads ? num : first + num / g->num_threads;
    for (size_t x = first; x < end; x++) {
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

static nd_status rank_and_number(nd_catalog *c, catalog_work *w, const nd_scan_options *options,
                                 uint32_t bands, const nd_allocator *allocator)
{
    nd_key_value *const ranked = nd_alloc(allocator, w->num_classes, sizeof *ranked);
    nd_key_value *const scratch = nd_alloc(allocator, w->num_classes, sizeof *scratch);
    nd_status status = ranked && scratch ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = rank_classes(c, w, ranked, scratch, options, allocator);
    nd_release(allocator, scratch);
    c->records = nd_alloc(allocator, w->num_classes, sizeof *c->records);
    c->band_keys = nd_alloc(allocator, w->num_classes, bands * sizeof *c->band_keys);
    c->copies_start = nd_alloc(allocator, w->num_classes + 1, sizeof *c->copies_start);
    c->copies = nd_alloc(allocator, w->num_items, sizeof *c->copies);
    if (!c->records || !c->band_keys || !c->copies_start || !c->copies)
        status = ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        number_distincts(c, w, ranked);
        key_gathering gathering = {c, bands, options->num_threads};
        status = nd_threads_run(allocator, options->num_threads, gather_band_keys, &gathering);
    }
    nd_release(allocator, ranked);
    return status;
}

static nd_status build(nd_catalog *c, catalog_work *w, const nd_scan_options *options,
                       uint32_t bands, const nd_allocator *allocator)
{
    const size_t num = c->num_documents;
    size_t num_slots = 16;
    while (num_slots < num + num / 4)
        num_slots *= 2;
    w->mask = num_slots - 1;
    w->slots = nd_alloc_zeroed(allocator, num_slots, sizeof *w->slots);
    w->class_of = nd_alloc(allocator, num, sizeof *w->class_of);
    w->classes = nd_alloc(allocator, num, sizeof *w->classes);
    if (!w->slots || !w->class_of || !w->classes)
        return ND_ERR_NO_MEMORY;
    find_classes(c, w);
    nd_release(allocator, w->slots);
    w->slots = NULL;
    return rank_and_number(c, w, options, bands, allocator);
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
    nd_release(allocator, work.slots);
    nd_release(allocator, work.class_of);
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
