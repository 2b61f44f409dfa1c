#include "engine/set_fetch.h"

#include <stdatomic.h>

#include "neardup/document_map.h"
#include "util/error.h"
#include "util/sort.h"

/* The texts that are wanted of one source, by tag. */
typedef struct fetching {
    const nd_set_fetcher *fetcher;
    nd_scan_set *sets;
    uint64_t *tags;  /* ascending */
    uint32_t *texts; /* of the same */
    size_t num;
    _Atomic size_t num_made;
} fetching;

/* An nd_document_map_fn. */
static nd_status make_set(void *ctx, uint32_t worker, const nd_document *document)
{
    fetching *const f = ctx;
    const size_t at = nd_first_u64(f->tags, f->num, document->tag);
    if (at == f->num || f->tags[at] != document->tag)
        return ND_OK;
    const nd_set_fetcher *const fetcher = f->fetcher;
    const uint32_t x = f->texts[at];
    nd_text_facts facts;
    nd_status status = nd_collection_text(fetcher->catalog->collection,
                                          nd_catalog_text_index(fetcher->catalog, x), &facts);
    /* Those of copies are told of even if they are never compared. */
    const nd_set_state state =
        nd_catalog_num_copies(fetcher->catalog, x) > 1 ? ND_SET_MADE : ND_SET_IN_TEXT_ORDER;
    if (status == ND_OK)
        status = nd_ingester_make_set(&fetcher->ingesters[worker], fetcher->options->shingle,
                                      &facts, document, state, &f->sets[x]);
    if (status == ND_OK)
        atomic_fetch_add(&f->num_made, 1);
    return status;
}

/* An nd_progress_fn: reading again is a phase of its own. */
static nd_status report(void *ctx, nd_phase phase, uint64_t done, uint64_t total)
{
    (void)phase;
    (void)total;
    const fetching *const f = ctx;
    const nd_scan_options *const o = f->fetcher->options;
    return o->progress(o->progress_ctx, ND_PHASE_READ_AGAIN, done, f->num);
}

static nd_status read_source_again(fetching *f, const nd_source *source)
{
    const nd_set_fetcher *const fetcher = f->fetcher;
    nd_status status = source->again(source->ctx, f->tags, f->num, fetcher->error);
    if (status != ND_OK)
        return status;
    nd_document_map_options options;
    nd_document_map_options_init(&options);
    options.num_threads = fetcher->options->num_threads;
    options.progress = fetcher->options->progress ? report : NULL;
    options.progress_ctx = f;
    options.allocator = fetcher->allocator;
    status = nd_document_map(source, &options, make_set, f, fetcher->error);
    if (status == ND_OK && atomic_load(&f->num_made) < f->num)
        status = nd_error_set(fetcher->error, ND_ERR_IO,
                              "documents changed, or went, while they were read");
    return status;
}

/* Sorts items, which are (tag, text), and reads their source again. */
static nd_status fetch_from(const nd_set_fetcher *fetcher, uint32_t source, nd_key_value *items,
                            nd_key_value *scratch, size_t num, nd_scan_set *sets)
{
    const nd_allocator *const a = fetcher->allocator;
    fetching f = {.fetcher = fetcher,
                  .sets = sets,
                  .num = num,
                  .tags = nd_alloc(a, num, sizeof *f.tags),
                  .texts = nd_alloc(a, num, sizeof *f.texts)};
    atomic_init(&f.num_made, 0);
    nd_status status = f.tags && f.texts ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        nd_radix_sort_pairs(items, scratch, num);
        for (size_t i = 0; i < num; i++) {
            f.tags[i] = items[i].key;
            f.texts[i] = (uint32_t)items[i].value;
        }
        status = read_source_again(&f, &fetcher->sources->items[source]);
    }
    nd_release(a, f.tags);
    nd_release(a, f.texts);
    return status;
}

/* The texts that are wanted and not known, by the documents that stand for them: these are read in
 * their order. */
typedef struct wanted_texts {
    nd_key_value *items; /* (tag, text) of one source, and as many for scratch */
    size_t num;
    size_t *num_of; /* [source] how many there are */
} wanted_texts;

/* Counts the wanted of each source (where source is ND_NO_SOURCE), or lists those of one. */
static nd_status list_wanted(const nd_set_fetcher *f, const uint8_t *wanted,
                             const nd_scan_set *sets, uint32_t source, wanted_texts *list)
{
    const nd_catalog *const c = f->catalog;
    nd_record_reader reader = {0};
    nd_status status = ND_OK;
    /* In memory text by text; in a file by name, as they stand there. */
    const size_t num = c->documents ? c->num_texts : c->num_documents;
    for (size_t i = 0; i < num && status == ND_OK; i++) {
        const uint32_t x = c->documents ? (uint32_t)i : c->text_of[i];
        if (x == ND_NO_TEXT || !wanted[x] || sets[x].state != ND_SET_UNKNOWN)
            continue;
        const uint32_t d = c->copies[c->copies_start[x]];
        if (!c->documents && d != i)
            continue;
        const nd_record *record;
        status = nd_catalog_read(c, &reader, d, &record);
        if (status != ND_OK || record->source == ND_NO_SOURCE)
            continue;
        if (source == ND_NO_SOURCE)
            list->num_of[record->source]++;
        else if (record->source == source)
            list->items[list->num++] = (nd_key_value){record->tag, x};
    }
    nd_record_reader_release(&reader, f->allocator);
    return status;
}

nd_status nd_fetch_sets(const nd_set_fetcher *fetcher, const uint8_t *wanted, nd_scan_set *sets)
{
    const nd_allocator *const a = fetcher->allocator;
    wanted_texts list = {.num_of = nd_alloc_zeroed(a, fetcher->sources->len, sizeof *list.num_of)};
    nd_status status = list.num_of ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK && fetcher->sources->len > 0)
        status = list_wanted(fetcher, wanted, sets, ND_NO_SOURCE, &list);
    for (uint32_t source = 0; source < fetcher->sources->len && status == ND_OK; source++) {
        if (list.num_of[source] == 0)
            continue;
        list.num = 0;
        list.items = nd_alloc(a, list.num_of[source] * 2, sizeof *list.items);
        if (!list.items)
            status = ND_ERR_NO_MEMORY;
        if (status == ND_OK)
            status = list_wanted(fetcher, wanted, sets, source, &list);
        if (status == ND_OK)
            status = fetch_from(fetcher, source, list.items, list.items + list.num, list.num, sets);
        nd_release(a, list.items);
    }
    nd_release(a, list.num_of);
    return status;
}
