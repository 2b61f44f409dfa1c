#include "engine/verifier.h"

#include "engine/coverage_matching.h"
#include "similarity/verification.h"
#include "util/threads.h"

nd_status nd_record_make_set(nd_scan_worker *worker, const nd_allocator *allocator,
                             nd_record *record)
{
    if (record->is_set)
        return ND_OK;
    const nd_status status =
        nd_reserve(allocator, (void **)&worker->set_scratch, &worker->set_scratch_capacity,
                   record->num_hashes, sizeof *worker->set_scratch);
    if (status != ND_OK)
        return status;
    record->num_hashes =
        (uint32_t)nd_shingle_set(record->hashes, record->num_hashes, worker->set_scratch);
    record->is_set = 1;
    worker->stats.shingles += record->num_hashes;
    return ND_OK;
}

static nd_status make_sets_of_copies(void *ctx, uint32_t worker)
{
    nd_scan *const scan = ctx;
    const nd_catalog *const c = &scan->catalog;
    const uint32_t stride = scan->options.num_threads;
    for (size_t x = worker; x < c->num_distinct; x += stride) {
        if (nd_catalog_num_copies(c, (uint32_t)x) < 2)
            continue;
        const nd_status status = nd_record_make_set(&scan->workers[worker], &scan->allocator,
                                                    nd_catalog_record(c, (uint32_t)x));
        if (status != ND_OK)
            return status;
    }
    return ND_OK;
}

nd_status nd_scan_make_sets_of_copies(nd_scan *scan)
{
    return nd_threads_run(&scan->allocator, scan->options.num_threads, make_sets_of_copies, scan);
}

nd_status nd_scan_verify(const nd_scan *scan, nd_scan_worker *worker, uint32_t a, uint32_t b,
                         uint32_t *common)
{
    if (nd_scan_asks_coverage(scan))
        return nd_scan_verify_coverage(scan, worker, a, b, common);
    nd_record *const record_a = nd_catalog_record(&scan->catalog, a);
    nd_record *const record_b = nd_catalog_record(&scan->catalog, b);
    *common = 0;
    nd_status status = nd_record_make_set(worker, &scan->allocator, record_a);
    if (status == ND_OK)
        status = nd_record_make_set(worker, &scan->allocator, record_b);
    if (status != ND_OK)
        return status;
    worker->stats.candidates++;
    const nd_hash_set set_a = {record_a->hashes, record_a->num_hashes};
    const nd_hash_set set_b = {record_b->hashes, record_b->num_hashes};
    nd_similarity similarity;
    if (nd_match_verify(set_a, set_b, &scan->options.rule, &similarity) != ND_MATCH_NONE) {
        *common = (uint32_t)similarity.common;
        worker->stats.matches++;
    }
    return ND_OK;
}

nd_similarity nd_scan_similarity(const nd_scan *scan, uint32_t a, uint32_t b)
{
    const nd_record *const record_a = nd_catalog_record(&scan->catalog, a);
    const nd_record *const record_b = nd_catalog_record(&scan->catalog, b);
    return nd_similarity_compute(record_a->hashes, record_a->num_hashes, record_b->hashes,
                                 record_b->num_hashes);
}
