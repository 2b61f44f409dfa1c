#include "engine/ingest.h"

#include <string.h>

#include "lsh/band_keys.h"
#include "neardup/sketch.h"
#include "util/xxh.h"

enum { RECORD_CHUNK_BYTES = 1 << 18 };

nd_status nd_scan_worker_init(nd_scan_worker *worker, const nd_plan *plan,
                              const nd_allocator *allocator)
{
    *worker = (nd_scan_worker){0};
    nd_arena_init(&worker->records, allocator, RECORD_CHUNK_BYTES);
    nd_set_store_init(&worker->sets, allocator);
    worker->slots = nd_alloc(allocator, plan->slots, sizeof *worker->slots);
    worker->keys = nd_alloc(allocator, plan->bands, sizeof *worker->keys);
    if (!worker->slots || !worker->keys)
        return ND_ERR_NO_MEMORY;
    return nd_text_new(allocator, &worker->text);
}

void nd_scan_worker_release(nd_scan_worker *worker, const nd_allocator *allocator)
{
    nd_text_free(worker->text);
    nd_release(allocator, worker->slots);
    nd_release(allocator, worker->keys);
    nd_arena_release(&worker->records);
    nd_set_store_release(&worker->sets);
    ND_VEC_RELEASE(allocator, &worker->added);
    nd_release(allocator, worker->set_scratch);
    ND_VEC_RELEASE(allocator, &worker->edges);
}

static nd_record *new_record(nd_scan_worker *worker, const nd_document *document, uint32_t bands)
{
    const size_t size = sizeof(nd_record) + bands * sizeof(uint32_t) + document->id_len_bytes;
    nd_record *const record = nd_arena_alloc(&worker->records, size);
    if (!record)
        return NULL;
    *record = (nd_record){.preference = document->preference,
                          .id_len_bytes = (uint32_t)document->id_len_bytes};
    if (document->id_len_bytes)
        memcpy(record->band_keys + bands, document->id, document->id_len_bytes);
    return record;
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
        status = nd_sketch_compute(record->hashes, num_hashes, scan->plan.slots, worker->slots);
    if (status != ND_OK)
        return status;
    nd_band_keys(worker->slots, scan->plan.bands, scan->plan.rows, worker->keys);
    for (uint32_t j = 0; j < scan->plan.bands; j++)
        record->band_keys[j] = nd_band_key_short(worker->keys[j]);
    size_t len_bytes;
    const char *const normalised = nd_text_normalised(worker->text, &len_bytes);
    const XXH128_hash_t digest = XXH3_128bits(normalised, len_bytes);
    record->digest[0] = digest.low64;
    record->digest[1] = digest.high64;
    return ND_OK;
}

static void count_document(nd_scan_stats *stats, const nd_text *text, const nd_document *document)
{
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
    nd_status status =
        nd_text_set(worker->text, document->text, document->text_len_bytes, ND_TEXT_NO_OFFSETS);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&scan->allocator, &worker->added, 1);
    if (status != ND_OK)
        return status;
    nd_record *const record = new_record(worker, document, scan->plan.bands);
    if (!record)
        return ND_ERR_NO_MEMORY;
    status = sketch_record(scan, worker, record);
    if (status != ND_OK)
        return status;
    worker->added.items[worker->added.len++] = record;
    count_document(&worker->stats, worker->text, document);
    return ND_OK;
}
