#include "engine/ingest.h"

#include <stdbool.h>

#include "text/utf8.h"
#include "util/xxh.h"

enum {
    RECORD_CHUNK_BYTES = 1 << 21,
    /* A document this large may be the only one there is no memory for. */
    LARGE_DOCUMENT = 1 << 24,
};

nd_status nd_ingester_init(nd_ingester *ingester, const nd_scan_options *options, uint64_t seed,
                           const nd_allocator *allocator)
{
    *ingester = (nd_ingester){.allocator = allocator, .seed = seed};
    nd_arena_init(&ingester->records, allocator, RECORD_CHUNK_BYTES);
    nd_set_store_init(&ingester->sets, allocator);
    const nd_status status =
        nd_repairer_new(options->repairs, options->folds, allocator, &ingester->repairer);
    return status == ND_OK ? nd_text_new(allocator, &ingester->text) : status;
}

void nd_ingester_release(nd_ingester *ingester, const nd_allocator *allocator)
{
    nd_repairer_free(ingester->repairer);
    nd_text_free(ingester->text);
    nd_arena_release(&ingester->records);
    nd_set_store_release(&ingester->sets);
    ND_VEC_RELEASE(allocator, &ingester->hashes);
    ND_VEC_RELEASE(allocator, &ingester->scratch);
    ND_VEC_RELEASE(allocator, &ingester->added);
}

static nd_record *new_record(nd_ingester *in, const nd_document *document, nd_texts texts)
{
    const uint64_t text_len = document->text_len_bytes;
    const size_t id_end = sizeof(nd_record) + document->id_len_bytes;
    const size_t kept = texts == ND_TEXTS_KEEP ? sizeof text_len + document->text_len_bytes : 0;
    nd_record *const record = nd_arena_alloc(&in->records, id_end + kept);
    if (!record)
        return NULL;
    *record = (nd_record){.raw_digest = XXH3_64bits(document->text, document->text_len_bytes),
                          .tag = document->tag,
                          .preference = document->preference,
                          .source = document->is_lasting ? in->source : ND_NO_SOURCE,
                          .id_len_bytes = (uint32_t)document->id_len_bytes};
    if (document->id_len_bytes)
        memcpy(record + 1, document->id, document->id_len_bytes);
    if (kept) {
        char *const after_id = (char *)record + id_end;
        memcpy(after_id, &text_len, sizeof text_len);
        if (document->text_len_bytes)
            memcpy(after_id + sizeof text_len, document->text, document->text_len_bytes);
    }
    return record;
}

static void take_digests(const nd_ingester *in, nd_record *record)
{
    size_t len_bytes;
    const char *const normalised = nd_text_normalised(in->text, &len_bytes);
    const XXH128_hash_t digest = XXH3_128bits(normalised, len_bytes);
    record->digest[0] = digest.low64;
    record->digest[1] = digest.high64;
    record->check = XXH3_64bits_withSeed(normalised, len_bytes, in->seed);
}

/* Fills in what the text says: digest, hashes, and what the matcher makes of them. The hashes of a
 * lasting document are not kept, unless the matcher needs those of all. */
static nd_status read_tokens(nd_ingester *in, nd_matcher *matcher, uint32_t worker,
                             nd_record *record)
{
    const nd_shingle_spec spec = matcher->options->shingle;
    const size_t num_hashes = nd_shingle_count(in->text, spec);
    record->num_tokens = (uint32_t)nd_text_num_tokens(in->text);
    record->num_hashes = (uint32_t)num_hashes;
    if (num_hashes == 0)
        return ND_OK;
    const bool is_kept = matcher->kind->keeps_hashes || record->source == ND_NO_SOURCE;
    nd_status status = ND_OK;
    if (is_kept)
        record->hashes = nd_set_store_append(&in->sets, num_hashes);
    else {
        in->hashes.len = 0;
        status = ND_VEC_RESERVE(matcher->allocator, &in->hashes, num_hashes);
        record->hashes = in->hashes.items;
    }
    if (status != ND_OK || !record->hashes)
        return ND_ERR_NO_MEMORY;
    status = nd_shingle_hashes(in->text, spec, record->hashes);
    if (status == ND_OK)
        status = matcher->kind->read(matcher, worker, record);
    if (!is_kept)
        record->hashes = NULL;
    take_digests(in, record);
    return status;
}

static void notice(const nd_scan_options *o, nd_notice kind, const nd_document *document)
{
    if (o->notice)
        o->notice(o->notice_ctx, kind, document);
}

static bool is_utf8(const char *p, size_t len_bytes)
{
    for (size_t at = 0; at < len_bytes;) {
        const nd_utf8_char c = nd_utf8_decode(p + at, len_bytes - at);
        if (c.invalid)
            return false;
        at += c.len_bytes;
    }
    return true;
}

static void count_document(nd_ingester *in, const nd_scan_options *o, const nd_document *document)
{
    nd_scan_stats *const stats = &in->stats;
    const uint64_t num_repairs = nd_repairer_count(in->repairer);
    const uint64_t num_tokens = nd_text_num_tokens(in->text);
    const uint64_t invalid_bytes = nd_text_num_invalid_bytes(in->text);
    stats->documents++;
    stats->text_bytes += document->text_len_bytes;
    stats->tokens += num_tokens;
    stats->repairs += num_repairs;
    stats->repaired_documents += num_repairs > 0;
    stats->documents_no_tokens += num_tokens == 0;
    stats->documents_invalid_utf8 += invalid_bytes > 0;
    stats->invalid_bytes += invalid_bytes;
    if (!is_utf8(document->id, document->id_len_bytes)) {
        stats->documents_invalid_id++;
        notice(o, ND_NOTICE_INVALID_ID, document);
    }
    if (num_repairs > 0)
        notice(o, ND_NOTICE_REPAIRED, document);
    if (num_tokens == 0)
        notice(o, ND_NOTICE_NO_TOKENS, document);
    if (invalid_bytes > 0)
        notice(o, ND_NOTICE_INVALID_UTF8, document);
}

static nd_status read_text(nd_ingester *in, const nd_document *document)
{
    const char *text;
    size_t len_bytes;
    const nd_status status = nd_repairer_apply(in->repairer, document->text,
                                               document->text_len_bytes, &text, &len_bytes);
    return status == ND_OK ? nd_text_set(in->text, text, len_bytes, ND_TEXT_NO_OFFSETS) : status;
}

nd_status nd_ingester_make_set(nd_ingester *ingester, const nd_scan_options *options,
                               nd_record *record, const nd_document *document)
{
    nd_ingester *const in = ingester;
    nd_record again;
    nd_status status = read_text(in, document);
    if (status != ND_OK)
        return status;
    const size_t num = nd_shingle_count(in->text, options->shingle);
    take_digests(in, &again);
    if (num != record->num_hashes || again.check != record->check ||
        again.digest[0] != record->digest[0] || again.digest[1] != record->digest[1])
        return ND_ERR_IO;
    in->hashes.len = in->scratch.len = 0;
    status = ND_VEC_RESERVE(in->allocator, &in->hashes, num);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(in->allocator, &in->scratch, num);
    if (status == ND_OK)
        status = nd_shingle_hashes(in->text, options->shingle, in->hashes.items);
    if (status != ND_OK)
        return status;
    const size_t size = nd_shingle_set(in->hashes.items, num, in->scratch.items);
    record->hashes = nd_set_store_append(&in->sets, size);
    if (!record->hashes)
        return ND_ERR_NO_MEMORY;
    memcpy(record->hashes, in->hashes.items, size * sizeof *record->hashes);
    record->num_hashes = (uint32_t)size;
    record->hashes_state = ND_HASHES_ARE_SET;
    in->stats.shingles += size;
    return ND_OK;
}

nd_status nd_ingester_add(nd_ingester *ingester, nd_matcher *matcher, uint32_t worker,
                          const nd_document *document)
{
    const nd_scan_options *const o = matcher->options;
    if (document->id_len_bytes >= UINT32_MAX)
        return ND_ERR_LIMIT;
    nd_status status = read_text(ingester, document);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(matcher->allocator, &ingester->added, 1);
    if (status != ND_OK)
        return status;
    nd_record *const record = new_record(ingester, document, o->texts);
    if (!record)
        return ND_ERR_NO_MEMORY;
    status = read_tokens(ingester, matcher, worker, record);
    if (status != ND_OK)
        return status;
    ingester->added.items[ingester->added.len++] = record;
    count_document(ingester, o, document);
    return ND_OK;
}

nd_status nd_ingester_leave_out(nd_ingester *ingester, const nd_scan_options *options,
                                const nd_document *document, nd_status status)
{
    if (status == ND_ERR_LIMIT) {
        ingester->stats.documents_over_limit++;
        notice(options, ND_NOTICE_OVER_LIMIT, document);
        return ND_OK;
    }
    if (status == ND_ERR_NO_MEMORY && document->text_len_bytes >= LARGE_DOCUMENT) {
        ingester->stats.documents_no_memory++;
        notice(options, ND_NOTICE_NO_MEMORY, document);
        return ND_OK;
    }
    return status;
}
