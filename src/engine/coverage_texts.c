/* Texts as they are compared: in memory, or in the collection's file, from which they are read when
 * their turn comes. */
#include <string.h>

#include "engine/coverage_matcher.h"
#include "util/prefetch.h"

enum {
    PREFETCHED_BYTES = 512, /* the processor goes on by itself */
    LINE_BYTES = 64,
};

/* ---- lists of them ---- */

nd_status nd_coverage_list_texts(nd_coverage_matcher *c)
{
    const nd_catalog *const catalog = c->base.catalog;
    const nd_collection *const collection = c->base.collection;
    const size_t num = catalog->num_texts;
    nd_sampled_text *const texts = nd_alloc(c->base.allocator, num, sizeof *texts);
    c->words = nd_alloc(c->base.allocator, num, sizeof *c->words);
    if (!texts || !c->words || nd_matcher_make_sets(&c->base) != ND_OK) {
        nd_release(c->base.allocator, texts);
        return ND_ERR_NO_MEMORY;
    }
    for (size_t x = 0; x < num; x++) {
        const uint32_t index = nd_catalog_record(catalog, (uint32_t)x)->index;
        const nd_chunk *const chunk = nd_collection_chunk(collection, index);
        const size_t place = index & (ND_CHUNK_DOCUMENTS - 1);
        const nd_kept_block *const kept =
            (const nd_kept_block *)(const void *)(chunk->blocks + place * sizeof *kept);
        c->base.sets[x] = (nd_scan_set){.hashes = chunk->documents[place].hashes,
                                        .num = chunk->texts[place].num_hashes,
                                        .state = ND_SET_MADE};
        texts[x] = (nd_sampled_text){.shingles = c->base.sets[x].hashes,
                                     .num = c->base.sets[x].num,
                                     .num_samples = kept->num_samples,
                                     .sample_shift = kept->sample_shift};
        c->words[x] =
            (nd_kept_words){kept->words, nd_catalog_record(catalog, (uint32_t)x)->num_tokens};
    }
    return nd_shared_shingles_init(&c->shared, texts, num, c->base.options->num_threads,
                                   c->base.allocator);
}

/* What is said of the documents of one chunk. */
typedef struct chunk_room {
    nd_text_facts texts[ND_CHUNK_DOCUMENTS];
    nd_document_facts documents[ND_CHUNK_DOCUMENTS];
    nd_kept_block blocks[ND_CHUNK_DOCUMENTS];
} chunk_room;

/* text_of: by the index of the document that stands for a text, else ND_NO_TEXT. */
static nd_status list_chunk(nd_coverage_matcher *c, uint32_t number, const uint32_t *text_of,
                            chunk_room *room, uint64_t *num_samples)
{
    const nd_collection *const from = c->base.collection;
    nd_status status;
    const nd_text_facts *const texts = nd_collection_texts(from, number, room->texts, &status);
    const nd_document_facts *const documents =
        texts ? nd_collection_documents(from, number, room->documents, &status) : NULL;
    const nd_kept_block *const blocks =
        documents ? (const nd_kept_block *)(const void *)nd_collection_blocks(
                        from, number, (char *)room->blocks, &status)
                  : NULL;
    for (uint32_t i = 0; blocks && i < from->chunks.items[number]->num; i++) {
        const uint32_t x = text_of[number << ND_CHUNK_BITS | i];
        if (x == ND_NO_TEXT)
            continue;
        c->base.sets[x] = (nd_scan_set){
            .at = documents[i].hashes_at, .num = texts[i].num_hashes, .state = ND_SET_IN_FILE};
        c->num_words[x] = texts[i].num_tokens;
        *num_samples += blocks[i].num_samples;
    }
    return status;
}

nd_status nd_coverage_list_filed_texts(nd_coverage_matcher *c, uint64_t *num_samples)
{
    const nd_catalog *const catalog = c->base.catalog;
    const nd_allocator *const a = c->base.allocator;
    const size_t num = catalog->num_texts, num_chunks = c->base.collection->chunks.len;
    uint32_t *const text_of = nd_alloc(a, num_chunks << ND_CHUNK_BITS, sizeof *text_of);
    chunk_room *const room = nd_alloc(a, 1, sizeof *room);
    nd_status status = nd_matcher_make_sets(&c->base);
    c->num_words = nd_alloc(a, num, sizeof *c->num_words);
    if (!text_of || !room || !c->num_words)
        status = ND_ERR_NO_MEMORY;
    *num_samples = 0;
    if (status == ND_OK) {
        memset(text_of, 0xff, (num_chunks << ND_CHUNK_BITS) * sizeof *text_of); /* ND_NO_TEXT */
        for (size_t x = 0; x < num; x++)
            text_of[nd_catalog_text_index(catalog, (uint32_t)x)] = (uint32_t)x;
    }
    for (size_t number = 0; number < num_chunks && status == ND_OK; number++)
        status = list_chunk(c, (uint32_t)number, text_of, room, num_samples);
    nd_release(a, text_of);
    nd_release(a, room);
    return status;
}

/* ---- one of them ---- */

static nd_text_view view_in_memory(const nd_coverage_matcher *c, uint32_t text)
{
    const nd_sampled_text *const t = &c->shared.texts[text];
    return (nd_text_view){
        .weighted = {.shingles = t->shingles,
                     .num = t->num,
                     .num_samples = t->num_samples,
                     .weights = c->shared.weights ? c->shared.weights + t->first_sample : NULL,
                     .weight_sum = t->weight_sum,
                     .sampled_up_to = nd_sampled_up_to(t)},
        .words = c->words[text],
    };
}

/* Codes that are read, and with trigrams for shingles which of them repeat. */
static size_t num_read_words(const nd_coverage_matcher *c, uint32_t text)
{
    const size_t num = c->num_words[text], num_distinct = c->base.sets[text].num;
    const size_t width = c->base.options->shingle.width;
    const size_t num_shingles = num < width ? 1 : num - width + 1;
    return c->least_score == 0 ? 0
           : c->has_trigrams   ? nd_num_kept_words(num, num_shingles, num_distinct)
                               : num;
}

/* The weights stand behind the rest. */
static nd_status read_weights(const nd_coverage_matcher *c, uint32_t text, char *bytes,
                              nd_weighted_text *weighted)
{
    const uint32_t first = c->filed.first_sample[text];
    uint16_t *const weights = (uint16_t *)(void *)bytes;
    weighted->num_samples = c->filed.first_sample[text + 1] - first;
    weighted->weights = weights;
    const nd_status status =
        nd_temp_file_read(c->filed.weights, (uint64_t)first * sizeof *weights, weights,
                          weighted->num_samples * sizeof *weights, NULL);
    for (uint32_t i = 0; i < weighted->num_samples && status == ND_OK; i++)
        weighted->weight_sum += weights[i];
    return status;
}

static nd_status read_filed(const nd_coverage_matcher *c, nd_filed_text *filed, uint32_t text)
{
    const nd_scan_set *const set = &c->base.sets[text];
    const size_t shingle_bytes = set->num * sizeof(uint64_t);
    const size_t len = shingle_bytes + num_read_words(c, text) * sizeof(nd_word_code);
    const size_t weight_bytes =
        nd_coverage_is_measured(c)
            ? (c->filed.first_sample[text + 1] - c->filed.first_sample[text]) * sizeof(uint16_t)
            : 0;
    filed->bytes.len = filed->text = 0;
    nd_status status = ND_VEC_RESERVE(c->base.allocator, &filed->bytes, len + weight_bytes);
    if (status == ND_OK)
        status = nd_collection_read(c->base.collection, set->at, filed->bytes.items, len);
    if (status != ND_OK)
        return status;
    const uint64_t *const shingles = (const uint64_t *)(const void *)filed->bytes.items;
    const nd_sampled_text sampled = nd_sampled_text_of(shingles, set->num);
    filed->view = (nd_text_view){
        .weighted = {.shingles = shingles,
                     .num = set->num,
                     .num_samples = sampled.num_samples,
                     .sampled_up_to = nd_sampled_up_to(&sampled)},
        .words = {(const nd_word_code *)(const void *)(filed->bytes.items + shingle_bytes),
                  c->num_words[text]},
    };
    if (weight_bytes > 0)
        status = read_weights(c, text, filed->bytes.items + len, &filed->view.weighted);
    filed->text = status == ND_OK ? text + 1 : 0;
    return status;
}

nd_status nd_coverage_view(const nd_coverage_matcher *c, nd_filed_text *filed, uint32_t text,
                           nd_text_view *view)
{
    if (!c->is_limited) {
        *view = view_in_memory(c, text);
        return ND_OK;
    }
    const nd_status status = filed->text == text + 1 ? ND_OK : read_filed(c, filed, text);
    *view = status == ND_OK ? filed->view : (nd_text_view){0};
    return status;
}

void nd_filed_text_release(nd_filed_text *filed, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &filed->bytes);
    filed->text = 0;
}

/* ---- asked for ahead ---- */

static void prefetch_bytes(const void *bytes, size_t len_bytes)
{
    for (size_t at = 0; at < PREFETCHED_BYTES && at < len_bytes; at += LINE_BYTES)
        nd_prefetch((const char *)bytes + at);
}

void nd_coverage_prefetch(const nd_coverage_matcher *c, uint32_t text, nd_asked_part part)
{
    if (c->is_limited)
        return;
    const nd_sampled_text *const t = &c->shared.texts[text];
    const nd_kept_words *const words = &c->words[text];
    if (part == ND_ASK_PLACE) {
        nd_prefetch(t);
        nd_prefetch(words);
        nd_prefetch(&c->base.sets[text]);
        return;
    }
    prefetch_bytes(t->shingles, t->num * sizeof *t->shingles);
    if (c->least_score > 0)
        prefetch_bytes(words->codes, words->num * sizeof *words->codes);
    if (nd_coverage_is_measured(c))
        prefetch_bytes(c->shared.weights + t->first_sample,
                       t->num_samples * sizeof *c->shared.weights);
}
