#include "index/prepare.h"

#include <string.h>

#include "index/sampling.h"
#include "lsh/buckets.h"
#include "neardup/sketch.h"
#include "util/xxh.h"

void nd_prepared_list_clear(nd_prepared_list *list)
{
    list->items.len = list->keys.len = list->stored.len = list->sets.len = list->words.len =
        list->strings.len = 0;
}

void nd_prepared_list_release(nd_prepared_list *list, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &list->items);
    ND_VEC_RELEASE(allocator, &list->keys);
    ND_VEC_RELEASE(allocator, &list->stored);
    ND_VEC_RELEASE(allocator, &list->sets);
    ND_VEC_RELEASE(allocator, &list->words);
    ND_VEC_RELEASE(allocator, &list->strings);
}

nd_index_document nd_prepared_document(const nd_prepared_list *list, const nd_prepared *item)
{
    nd_index_document document = item->document;
    const char *const strings = list->strings.items ? list->strings.items : "";
    document.id = strings + item->strings_at;
    document.source = document.id + document.id_len_bytes;
    return document;
}

static void release_preparer(nd_preparer *p, const nd_allocator *allocator)
{
    nd_repairer_free(p->repairer);
    nd_text_free(p->text);
    nd_text_packer_release(&p->packer, allocator);
    ND_VEC_RELEASE(allocator, &p->hashes);
    ND_VEC_RELEASE(allocator, &p->scratch);
    nd_release(allocator, p->slots);
    nd_release(allocator, p->keys);
    nd_release(allocator, p->record.words);
}

static nd_status init_preparer(nd_preparer *p, const nd_index *index)
{
    const nd_spec *const spec = &index->manifest.spec;
    const nd_allocator *const a = &index->allocator;
    *p = (nd_preparer){.index = index};
    nd_status status = nd_repairer_new(spec->repairs, spec->folds, a, &p->repairer);
    if (status == ND_OK)
        status = nd_text_new(a, &p->text);
    p->slots = nd_alloc(a, spec->slots, sizeof *p->slots);
    p->keys = nd_alloc(a, spec->bands, sizeof *p->keys);
    return status == ND_OK && (!p->slots || !p->keys) ? ND_ERR_NO_MEMORY : status;
}

nd_status nd_preparers_make(nd_index *index, uint32_t num_threads)
{
    if (index->num_preparers >= num_threads)
        return ND_OK;
    nd_preparers_free(index);
    index->preparers = nd_alloc_zeroed(&index->allocator, num_threads, sizeof *index->preparers);
    if (!index->preparers)
        return ND_ERR_NO_MEMORY;
    nd_status status = ND_OK;
    while (status == ND_OK && index->num_preparers < num_threads)
        status = init_preparer(&index->preparers[index->num_preparers++], index);
    if (status != ND_OK)
        nd_preparers_free(index);
    return status;
}

void nd_preparers_free(nd_index *index)
{
    for (uint32_t i = 0; i < index->num_preparers; i++)
        release_preparer(&index->preparers[i], &index->allocator);
    nd_release(&index->allocator, index->preparers);
    index->preparers = NULL;
    index->num_preparers = 0;
}

static nd_status read_text(nd_preparer *p, const nd_index_document *document)
{
    const char *repaired;
    size_t len_bytes;
    const nd_status status = nd_repairer_apply(p->repairer, document->text ? document->text : "",
                                               document->text_len_bytes, &repaired, &len_bytes);
    return status == ND_OK ? nd_text_set(p->text, repaired, len_bytes, ND_TEXT_NO_OFFSETS) : status;
}

/* Hashes and set of the text that was read; the set's size goes into the item. */
static nd_status make_set(nd_preparer *p, nd_prepared *item)
{
    const nd_allocator *const a = &p->index->allocator;
    const nd_shingle_spec shingle = p->index->manifest.spec.shingle;
    const size_t num = nd_shingle_count(p->text, shingle);
    p->hashes.len = p->scratch.len = 0;
    nd_status status = ND_VEC_RESERVE(a, &p->hashes, num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(a, &p->scratch, num);
    if (status == ND_OK)
        status = nd_shingle_hashes(p->text, shingle, p->hashes.items);
    if (status == ND_OK)
        item->num_shingles = (uint32_t)nd_shingle_set(p->hashes.items, num, p->scratch.items);
    return status;
}

static nd_status make_keys(nd_preparer *p, nd_prepared *item, nd_prepared_list *list)
{
    const nd_spec *const spec = &p->index->manifest.spec;
    nd_status status = ND_VEC_RESERVE(&p->index->allocator, &list->keys, spec->bands);
    if (status == ND_OK)
        status = nd_sketch_compute(p->hashes.items, item->num_shingles, spec->slots, p->slots);
    if (status != ND_OK)
        return status;
    nd_band_keys(p->slots, spec->bands, spec->rows, p->keys);
    item->keys_at = list->keys.len;
    for (uint32_t band = 0; band < spec->bands; band++)
        list->keys.items[list->keys.len++] = nd_band_key_short(p->keys[band]);
    return ND_OK;
}

/* The picks, in place of band keys. */
static nd_status keep_picks(const nd_preparer *p, nd_prepared *item, nd_prepared_list *list)
{
    uint32_t num_samples = 0;
    const nd_status status = ND_VEC_RESERVE(&p->index->allocator, &list->keys, ND_PICKS_WORDS);
    if (status != ND_OK)
        return status;
    (void)nd_sampling_of(p->hashes.items, item->num_shingles, &num_samples);
    nd_picks_pack(p->hashes.items, num_samples, list->keys.items + list->keys.len);
    item->keys_at = list->keys.len;
    list->keys.len += ND_PICKS_WORDS;
    return ND_OK;
}

static nd_status keep_set(nd_preparer *p, nd_prepared *item, nd_prepared_list *list)
{
    const size_t num = item->num_shingles;
    const nd_status status = ND_VEC_RESERVE(&p->index->allocator, &list->sets, num);
    if (status != ND_OK)
        return status;
    item->set_at = list->sets.len;
    memcpy(list->sets.items + list->sets.len, p->hashes.items, num * sizeof *list->sets.items);
    list->sets.len += num;
    return ND_OK;
}

static nd_status keep_words(nd_preparer *p, nd_prepared *item, nd_prepared_list *list)
{
    const size_t num = nd_text_num_tokens(p->text);
    const nd_status status = ND_VEC_RESERVE(&p->index->allocator, &list->words, num);
    if (status != ND_OK)
        return status;
    item->words_at = list->words.len;
    nd_word_codes(p->text, list->words.items + list->words.len);
    list->words.len += num;
    return ND_OK;
}

static nd_status keep_stored(nd_preparer *p, nd_prepared *item, nd_prepared_list *list)
{
    const nd_allocator *const a = &p->index->allocator;
    size_t len, stored_bytes = 0;
    const char *const normalised = nd_text_normalised(p->text, &len), *stored = NULL;
    nd_status status = nd_text_packer_pack(&p->packer, a, normalised, len, &stored, &stored_bytes);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(a, &list->stored, stored_bytes);
    if (status != ND_OK)
        return status;
    item->stored_at = list->stored.len;
    item->stored_bytes = (uint32_t)stored_bytes;
    memcpy(list->stored.items + list->stored.len, stored, stored_bytes);
    list->stored.len += stored_bytes;
    return ND_OK;
}

/* Everything about a text with words. */
static nd_status read_words(nd_preparer *p, unsigned wanted, nd_prepared *item,
                            nd_prepared_list *list, nd_error *error)
{
    size_t len;
    const char *const normalised = nd_text_normalised(p->text, &len);
    const XXH128_hash_t digest = XXH3_128bits(normalised, len);
    item->normalised_bytes = (uint32_t)len;
    item->digest[0] = digest.low64;
    item->digest[1] = digest.high64;
    const bool has_bands = nd_index_has_bands(p->index);
    nd_status status = make_set(p, item);
    if (status == ND_OK)
        status = has_bands ? make_keys(p, item, list) : keep_picks(p, item, list);
    if (status == ND_OK && (wanted & ND_PREPARE_SET || !has_bands))
        status = keep_set(p, item, list);
    if (status == ND_OK && wanted & ND_PREPARE_SET && p->index->manifest.score > 0)
        status = keep_words(p, item, list);
    if (status == ND_OK && wanted & ND_PREPARE_LOOKED_UP)
        status = nd_index_find_digest_in_runs(p->index, item->digest, &item->known_text, error);
    if (status == ND_OK && wanted & ND_PREPARE_STORED && item->known_text == ND_NO_NUMBER)
        status = keep_stored(p, item, list);
    return status;
}

static nd_status keep_strings(const nd_preparer *p, nd_prepared *item, nd_prepared_list *list)
{
    const nd_index_document *const d = &item->document;
    const nd_status status =
        ND_VEC_RESERVE(&p->index->allocator, &list->strings, d->id_len_bytes + d->source_len_bytes);
    if (status != ND_OK)
        return status;
    item->strings_at = list->strings.len;
    if (d->id_len_bytes > 0)
        memcpy(list->strings.items + list->strings.len, d->id, d->id_len_bytes);
    list->strings.len += d->id_len_bytes;
    if (d->source_len_bytes > 0)
        memcpy(list->strings.items + list->strings.len, d->source, d->source_len_bytes);
    list->strings.len += d->source_len_bytes;
    return ND_OK;
}

nd_status nd_prepare(nd_preparer *preparer, const nd_index_document *document, unsigned wanted,
                     nd_prepared_list *list, nd_error *error)
{
    nd_prepared item = {
        .document = *document, .known_document = ND_NO_NUMBER, .known_text = ND_NO_NUMBER};
    const nd_bytes_view id = {document->id, document->id_len_bytes};
    nd_status status = ND_VEC_RESERVE(&preparer->index->allocator, &list->items, 1);
    if (status == ND_OK)
        status = keep_strings(preparer, &item, list);
    if (status == ND_OK)
        status = read_text(preparer, document);
    item.is_over_limit = status == ND_ERR_LIMIT || id.len_bytes > ND_INDEX_MAX_ID_BYTES ||
                         document->source_len_bytes > ND_INDEX_MAX_SOURCE_BYTES;
    if (status == ND_OK && !item.is_over_limit) {
        item.num_tokens = (uint32_t)nd_text_num_tokens(preparer->text);
        if (item.num_tokens > 0)
            status = read_words(preparer, wanted, &item, list, error);
        if (status == ND_OK && wanted & ND_PREPARE_LOOKED_UP)
            status = nd_index_find_id_in_runs(preparer->index, id, &preparer->record,
                                              &item.known_document, error);
    }
    if (status != ND_OK && !item.is_over_limit)
        return status;
    list->items.items[list->items.len++] = item;
    return ND_OK;
}
