/* From the band keys of documents to the index of buckets, and from the index to the sets of the
 * texts that share a bucket with others. */
#include <string.h>

#include "engine/band_matcher.h"
#include "engine/matcher.h"
#include "engine/set_fetch.h"
#include "lsh/buckets.h"
#include "util/prefetch.h"
#include "util/threads.h"

enum {
    TEXTS_A_TASK = 256,
    RECORDS_AHEAD = 8,
    KEYS_SHARE = 4, /* of what is left of the budget: for band keys */
};

/* Band keys on their way from the documents to some of the bands. */
typedef struct key_gathering {
    const nd_band_matcher *matcher;
    uint32_t first_band, num_bands;
    uint32_t *keys; /* [band - first_band][place], in the order of the documents */
} key_gathering;

/* The places of a chunk's documents that stand for texts begin where those of the chunk before
 * end. So keys are written one after the other; by text they would go all over memory. */
static nd_status gather_keys(void *ctx, uint32_t worker, size_t chunk)
{
    (void)worker;
    const key_gathering *const g = ctx;
    const nd_band_matcher *const b = g->matcher;
    const size_t num_texts = b->base.catalog->num_texts;
    const uint32_t num = b->base.collection->chunks.items[chunk]->num;
    char *const room = nd_alloc(b->base.allocator, num, b->base.kind_block_bytes);
    if (!room)
        return ND_ERR_NO_MEMORY;
    nd_status status;
    const char *const blocks =
        nd_collection_blocks(b->base.collection, (uint32_t)chunk, room, &status);
    size_t place = b->first_place[chunk];
    for (uint32_t i = 0; i < num && status == ND_OK; i++) {
        if (b->text_of[chunk << ND_CHUNK_BITS | i] == ND_NO_TEXT)
            continue;
        const uint32_t *const own =
            (const uint32_t *)(const void *)(blocks + i * b->base.kind_block_bytes);
        for (uint32_t j = 0; j < g->num_bands; j++)
            g->keys[j * num_texts + place] = own[g->first_band + j];
        place++;
    }
    nd_release(b->base.allocator, room);
    return status;
}

/* How many bands' keys are in memory at once: those of all, but where memory is short as many as
 * take a quarter of what is left. Each time the keys of all are read. */
static uint32_t bands_at_once(const nd_band_matcher *b)
{
    const uint64_t band_bytes = (b->base.catalog->num_texts + 1) * sizeof(uint32_t);
    const uint64_t num = nd_budget_room(b->base.options->budget) / KEYS_SHARE / band_bytes;
    return num == 0 ? 1 : num < b->plan.bands ? (uint32_t)num : b->plan.bands;
}

void nd_band_matcher_forget_indices(nd_band_matcher *b)
{
    nd_release(b->base.allocator, b->text_of);
    nd_release(b->base.allocator, b->first_place);
    b->text_of = NULL;
    b->first_place = NULL;
}

/* Adds bands from g->first_band on to the index. */
static nd_status add_bands(nd_band_matcher *b, key_gathering *g)
{
    const nd_allocator *const a = b->base.allocator;
    const uint32_t most = bands_at_once(b), left = b->plan.bands - g->first_band;
    g->num_bands = most < left ? most : left;
    g->keys = nd_alloc(a, b->base.catalog->num_texts, g->num_bands * sizeof *g->keys);
    if (!g->keys)
        return ND_ERR_NO_MEMORY;
    const nd_status status = nd_threads_for(a, b->base.options->num_threads,
                                            b->base.collection->chunks.len, gather_keys, g);
    if (status != ND_OK) {
        nd_release(a, g->keys);
        return status;
    }
    g->first_band += g->num_bands;
    if (g->first_band == b->plan.bands) {
        nd_collection_forget_blocks(b->base.collection);
        if (nd_collection_is_limited(b->base.collection))
            nd_band_matcher_forget_indices(b);
    }
    return nd_bucket_index_add(&b->buckets, g->keys, g->num_bands, b->base.options->num_threads, a);
}

/* The documents are gone through by name, which is roughly how they came, so that their records are
 * met in their order in memory. */
static nd_status map_indices(nd_band_matcher *b)
{
    const nd_catalog *const c = b->base.catalog;
    const size_t num_indices = b->base.collection->chunks.len << ND_CHUNK_BITS;
    b->text_of = nd_alloc(b->base.allocator, num_indices, sizeof *b->text_of);
    if (!b->text_of)
        return ND_ERR_NO_MEMORY;
    memset(b->text_of, 0xff, num_indices * sizeof *b->text_of); /* ND_NO_TEXT */
    for (size_t d = 0; d < c->num_documents; d++) {
        if (d + RECORDS_AHEAD < c->num_documents && c->documents)
            nd_prefetch(c->documents[d + RECORDS_AHEAD]);
        const uint32_t x = c->text_of[d];
        if (x != ND_NO_TEXT && c->copies[c->copies_start[x]] == d)
            b->text_of[nd_catalog_index(c, (uint32_t)d)] = x;
    }
    return ND_OK;
}

/* Lists the texts in the order of the documents that stand for them. */
static nd_status list_in_order(nd_band_matcher *b, uint32_t **order)
{
    const size_t num_chunks = b->base.collection->chunks.len;
    *order = nd_alloc(b->base.allocator, b->base.catalog->num_texts, sizeof **order);
    b->first_place = nd_alloc(b->base.allocator, num_chunks, sizeof *b->first_place);
    if (!*order || !b->first_place)
        return ND_ERR_NO_MEMORY;
    size_t num = 0;
    for (size_t i = 0; i < num_chunks << ND_CHUNK_BITS; i++) {
        if (i % ND_CHUNK_DOCUMENTS == 0)
            b->first_place[i >> ND_CHUNK_BITS] = num;
        if (b->text_of[i] != ND_NO_TEXT)
            (*order)[num++] = b->text_of[i];
    }
    return ND_OK;
}

static nd_status add_all_bands(nd_band_matcher *b)
{
    key_gathering g = {.matcher = b};
    uint32_t *order = NULL;
    nd_status status = list_in_order(b, &order);
    b->buckets.order = order;
    while (g.first_band < b->plan.bands && status == ND_OK)
        status = add_bands(b, &g);
    b->buckets.order = NULL;
    nd_release(b->base.allocator, order);
    return status;
}

static nd_status index_buckets(nd_band_matcher *b)
{
    nd_status status =
        nd_bucket_index_begin(&b->buckets, b->base.catalog->num_texts, b->base.allocator);
    if (status == ND_OK)
        status = add_all_bands(b);
    if (status == ND_OK)
        status = nd_bucket_index_end(&b->buckets, b->base.allocator);
    for (size_t i = 0; status == ND_OK && i < b->buckets.num_buckets; i++) {
        const size_t begin = b->buckets.starts[i];
        if (b->buckets.starts[i + 1] - begin <= ND_BUCKET_WHOLE)
            continue;
        b->capped_buckets++;
        if (b->buckets.members[begin] < b->base.capped_text)
            b->base.capped_text = b->buckets.members[begin];
    }
    return status;
}

/* Marks the texts that will be compared, or have copies: these are reported with their sizes even
 * if they are not. */
static nd_status mark_wanted(const nd_band_matcher *b, uint8_t **wanted)
{
    const nd_catalog *const c = b->base.catalog;
    *wanted = nd_alloc(b->base.allocator, c->num_texts, sizeof **wanted);
    if (!*wanted)
        return ND_ERR_NO_MEMORY;
    for (size_t x = 0; x < c->num_texts; x++)
        (*wanted)[x] = nd_catalog_num_copies(c, (uint32_t)x) > 1 ||
                       nd_bucket_index_has_mates(&b->buckets, (uint32_t)x);
    return ND_OK;
}

/* The sets of wanted texts on their way. */
typedef struct set_finding {
    nd_band_matcher *matcher;
    const uint8_t *wanted; /* by text */
} set_finding;

/* The hashes of a text that are in memory: those of any of its documents. NULL: none are. */
static uint64_t *hashes_of_copies(const nd_band_matcher *b, uint32_t x)
{
    const nd_catalog *const c = b->base.catalog;
    uint64_t *hashes = NULL;
    for (uint32_t i = c->copies_start[x]; i < c->copies_start[x + 1] && !hashes; i++) {
        const uint32_t index = nd_catalog_index(c, c->copies[i]);
        hashes = nd_collection_chunk(b->base.collection, index)
                     ->documents[index & (ND_CHUNK_DOCUMENTS - 1)]
                     .hashes;
    }
    return hashes;
}

/* Finds the hashes of a chunk's documents that are in memory; others are read again. They become
 * sets when they are compared; those of copies here, since they are told of even if they never
 * are. */
static nd_status find_hashes(void *ctx, uint32_t worker, size_t number)
{
    const set_finding *const f = ctx;
    nd_band_matcher *const b = f->matcher;
    const nd_chunk *const chunk = b->base.collection->chunks.items[number];
    const uint32_t *const text_of = b->text_of + (number << ND_CHUNK_BITS);
    nd_status status = ND_OK;
    for (uint32_t i = 0; i < chunk->num && status == ND_OK; i++) {
        const uint32_t x = text_of[i];
        if (i + RECORDS_AHEAD < chunk->num && text_of[i + RECORDS_AHEAD] != ND_NO_TEXT)
            nd_prefetch_to_write(&b->base.sets[text_of[i + RECORDS_AHEAD]]);
        if (x == ND_NO_TEXT || !f->wanted[x])
            continue;
        const bool has_copies = nd_catalog_num_copies(b->base.catalog, x) > 1;
        uint64_t *hashes = chunk->documents[i].hashes;
        if (!hashes && has_copies)
            hashes = hashes_of_copies(b, x);
        if (!hashes)
            continue;
        nd_scan_set *const set = &b->base.sets[x];
        *set = (nd_scan_set){
            .hashes = hashes, .num = chunk->texts[i].num_hashes, .state = ND_SET_IN_TEXT_ORDER};
        if (has_copies)
            status = nd_scan_set_make(&b->workers[worker].sets, set, b->base.allocator);
    }
    return status;
}

/* Makes the sets of some texts, whose hashes are in the file, there. */
static nd_status make_sets_in_file(void *ctx, uint32_t worker, size_t task)
{
    const set_finding *const f = ctx;
    nd_band_matcher *const b = f->matcher;
    const nd_catalog *const c = b->base.catalog;
    const size_t end = (task + 1) * TEXTS_A_TASK;
    nd_status status = ND_OK;
    for (size_t x = task * TEXTS_A_TASK; x < end && x < c->num_texts && status == ND_OK; x++) {
        nd_scan_set *const set = &b->base.sets[x];
        if (!f->wanted[x] || set->state != ND_SET_UNKNOWN) /* made from the text read again */
            continue;
        const uint32_t index = nd_catalog_text_index(c, (uint32_t)x);
        nd_document_facts document = {0};
        nd_text_facts text = {0};
        status = nd_collection_text(b->base.collection, index, &text);
        if (status == ND_OK)
            status = nd_collection_document(b->base.collection, index, &document);
        if (status == ND_OK)
            status = nd_scan_set_make_in_file(&b->workers[worker].sets, b->base.collection,
                                              document.hashes_at, text.num_hashes, set);
    }
    return status;
}

/* Sees to the sets of all wanted texts. Those whose hashes are nowhere are made from the texts of
 * lasting documents, which are read again: within a budget first, where what is in the file, and
 * what was never kept, looks the same. */
static nd_status find_sets(const set_finding *f)
{
    nd_band_matcher *const b = f->matcher;
    const bool reads_again = b->base.fetcher->sources->len > 0;
    set_finding finding = *f;
    if (!nd_collection_is_limited(b->base.collection)) {
        const nd_status status =
            nd_threads_for(b->base.allocator, b->base.options->num_threads,
                           b->base.collection->chunks.len, find_hashes, &finding);
        return status == ND_OK && reads_again
                   ? nd_fetch_sets(b->base.fetcher, f->wanted, b->base.sets)
                   : status;
    }
    const nd_status status =
        reads_again ? nd_fetch_sets(b->base.fetcher, f->wanted, b->base.sets) : ND_OK;
    const size_t num_tasks = (b->base.catalog->num_texts + TEXTS_A_TASK - 1) / TEXTS_A_TASK;
    return status == ND_OK ? nd_threads_for(b->base.allocator, b->base.options->num_threads,
                                            num_tasks, make_sets_in_file, &finding)
                           : status;
}

nd_status nd_band_matcher_prepare(nd_band_matcher *b)
{
    uint8_t *wanted = NULL;
    nd_status status = map_indices(b);
    if (status == ND_OK)
        status = index_buckets(b);
    if (status == ND_OK)
        status = nd_matcher_make_sets(&b->base);
    if (status == ND_OK)
        status = mark_wanted(b, &wanted);
    if (status == ND_OK)
        status = find_sets(&(set_finding){b, wanted});
    nd_release(b->base.allocator, wanted);
    nd_band_matcher_forget_indices(b);
    return status;
}
