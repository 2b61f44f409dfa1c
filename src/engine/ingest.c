#include "engine/ingest.h"

#include <string.h>

#include "lsh/band_keys.h"
#include "neardup/sketch.h"
#include "util/xxh.h"

enum { RECORD_CHUNK_BYTES = 1 << 21 };

nd_status nd_scan_worker_init(nd_scan_worker *worker, const nd_scan_options *options,
                              const nd_plan *plan, const nd_allocator *allocator)
{
    *worker = (nd_scan_worker){0};
    nd_arena_init(&worker->records, allocator, RECORD_CHUNK_BYTES);
    nd_set_store_init(&worker->sets, allocator);
    nd_coverage_finder_init(&worker->coverage, options->shingle);
    worker->slots = nd_alloc(allocator, plan->slots, sizeof *worker->slots);
    worker->keys = nd_alloc(allocator, plan->bands, sizeof *worker->keys);
    if (!worker->slots || !worker->keys)
        return ND_ERR_NO_MEMORY;
    const nd_status status = nd_repairer_new(options->repairs, allocator, &worker->repairer);
    return status == ND_OK ? nd_text_new(allocator, &worker->text) : status;
}

void nd_scan_worker_release(nd_scan_worker *worker, const nd_allocator *allocator)
{
    nd_repairer_free(worker->repairer);
    nd_text_free(worker->text);
    nd_release(allocator, worker->slots);
    nd_release(allocator, worker->keys);
    nd_arena_release(&worker->records);
    nd_set_store_release(&worker->sets);
    ND_VEC_RELEASE(allocator, &worker->added);
    nd_release(allocator, worker->set_scratch);
    nd_position_index_release(&worker->positions, allocator);
    nd_candidate_finder_release(&worker->candidates, allocator);
    ND_VEC_RELEASE(allocator, &worker->pairs);
    nd_coverage_finder_release(&worker->coverage, allocator);
    ND_VEC_RELEASE(allocator, &worker->edges);
    ND_VEC_RELEASE(allocator, &worker->covered);
}

static nd_record *new_record(const nd_scan *scan, nd_scan_worker *worker,
                             const nd_document *document)
{
    const uint32_t bands = scan->plan.bands;
    const uint64_t text_len = document->text_len_bytes;
    const size_t id_end = sizeof(nd_record) + bands * sizeof(uint32_t) + document->id_len_bytes;
    const bool keeps_text = scan->options.texts == ND_TEXTS_KEEP;
    nd_record *const record = nd_arena_alloc(
        &worker->records, id_end + (keeps_text ? sizeof text_len + document->text_len_bytes : 0));
    if (!record)
        return NULL;
    *record = (nd_record){.preference = document->preference,
                          .id_len_bytes = (uint32_t)document->id_len_bytes};
    if (document->id_len_bytes)
        memcpy(record->band_keys + bands, document->id, document->id_len_bytes);
    if (keeps_text) {
        char *const after_id = (char *)record + id_end;
        memcpy(after_id, &text_len, sizeof text_len);
        if (document->text_len_bytes)
            memcpy(after_id + sizeof text_len, document->text, document->text_len_bytes);
    }
    return record;
}

static nd_status add_band_keys(const nd_scan *scan, nd_scan_worker *worker, nd_record *record)
{
    const nd_status status =
        nd_sketch_compute(record->hashes, record->num_hashes, scan->plan.slots, worker->slots);
    if (status != ND_OK)
        return status;
    nd_band_keys(worker->slots, scan->plan.bands, scan->plan.rows, worker->keys);
    for (uint32_t j = 0; j < scan->plan.bands; j++)
        record->band_keys[j] = nd_band_key_short(worker->keys[j]);
    return ND_OK;
}

/* For coverage: the set, but in text order. */
static nd_status drop_repeats(const nd_scan *scan, nd_scan_worker *worker, nd_record *record)
{
    size_t num_distinct;
    const nd_status status = nd_position_index_distinct(
        &worker->positions, &scan->allocator, record->hashes, record->num_hashes, &num_distinct);
    if (status != ND_OK)
        return status;
    record->num_hashes = (uint32_t)num_distinct;
    record->is_set = 1;
    const nd_sampled_text sampled = nd_sampled_text_of(record->hashes, record->num_hashes);
    record->num_samples = sampled.num_samples;
    record->sample_shift = sampled.sample_shift;
    worker->stats.shingles += num_distinct;
    return ND_OK;
}

/* Fills in what the text says: digest, hashes, band keys. */
static nd_status sketch_record(const nd_scan *scan, nd_scan_worker *worker, nd_record *record)
{
    const size_t num_hashes = nd_shingle_count(worker->text, scan->options.shingle);
    record->num_tokens = (uint32_t)nd_text_num_tokens(worker->text);
    record->num_hashes = (uint32_t)num_hashes;
    if (num_hashes == 0)
        return ND_OK;
    record->hashes = nd_set_store_append(&worker->sets, num_hashes);
    if (!record->hashes)
        return ND_ERR_NO_MEMORY;
    nd_status status = nd_shingle_hashes(worker->text, scan->options.shingle, record->hashes);
    if (status == ND_OK)
        status = nd_scan_asks_coverage(scan) ? drop_repeats(scan, worker, record)
                                             : add_band_keys(scan, worker, record);
    if (status != ND_OK)
        return status;
    size_t len_bytes;
    const char *const normalised = nd_text_normalised(worker->text, &len_bytes);
    const XXH128_hash_t digest = XXH3_128bits(normalised, len_bytes);
    record->digest[0] = digest.low64;
    record->digest[1] = digest.high64;
    return ND_OK;
}

static nd_status read_text(nd_scan_worker *worker, const nd_document *document)
{
    const char *text;
    size_t len_bytes;
    const nd_status status = nd_repairer_apply(worker->repairer, document->text,
                                               document->text_len_bytes, &text, &len_bytes);
    return status == ND_OK ? nd_text_set(worker->text, text, len_bytes, ND_TEXT_NO_OFFSETS)
                           : status;
}

static void count_document(nd_scan_worker *worker, const nd_document *document)
{
    nd_scan_stats *const stats = &worker->stats;
    const nd_text *const text = worker->text;
    const size_t num_repairs = nd_repairer_count(worker->repairer);
    stats->repairs += num_repairs;
    stats->repaired_documents += num_repairs > 0;
    const uint64_t invalid_bytes = nd_text_num_invalid_bytes(text);
    stats->documents++;
    stats->text_bytes += document->text_len_bytes;
    stats->tokens += nd_text_num_tokens(text);
    stats->documents_no_tokens += nd_text_num_tokens(text) == 0;
    stats->documents_invalid_utf8 += invalid_bytes > 0;
    stats->invalid_bytes += invalid_bytes;
}

nd_status nd_scan_worker_add(nd_scan *scan, nd_scan_worker *worker, const nd_document *document)
{
    if (document->id_len_bytes > UINT32_MAX)
        return ND_ERR_LIMIT;
    nd_status status = read_text(worker, document);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&scan->allocator, &worker->added, 1);
    if (status != ND_OK)
        return status;
    nd_record *const record = new_record(scan, worker, document);
    if (!record)
        return ND_ERR_NO_MEMORY;
    status = sketch_record(scan, worker, record);
    if (status != ND_OK)
        return status;
    worker->added.items[worker->added.len++] = record;
    count_document(worker, document);
    return ND_OK;
}
