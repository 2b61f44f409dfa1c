#include "engine/verifier.h"

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

/* The fewest common shingles that can reach the rule, rounded down by a margin far above the error
 * of the arithmetic: what is near the threshold is decided by nd_match_classify. */
static uint64_t fewest_common(const nd_match_rule *rule, uint64_t size_a, uint64_t size_b)
{
    const double margin = 1.0 - 1e-9;
    const double smaller = (double)(size_a < size_b ? size_a : size_b);
    double fewest = rule->jaccard / (1.0 + rule->jaccard) * (double)(size_a + size_b);
    if (rule->containment > 0 && rule->containment * smaller < fewest)
        fewest = rule->containment * smaller;
    return (uint64_t)(fewest * margin);
}

nd_status nd_scan_verify(const nd_scan *scan, nd_scan_worker *worker, uint32_t a, uint32_t b,
                         uint32_t *common)
{
    nd_record *const record_a = nd_catalog_record(&scan->catalog, a);
    nd_record *const record_b = nd_catalog_record(&scan->catalog, b);
    *common = 0;
    nd_status status = nd_record_make_set(worker, &scan->allocator, record_a);
    if (status == ND_OK)
        status = nd_record_make_set(worker, &scan->allocator, record_b);
    if (status != ND_OK)
        return status;
    worker->stats.candidates++;
    const uint64_t size_a = record_a->num_hashes, size_b = record_b->num_hashes;
    const uint64_t need = fewest_common(&scan->options.rule, size_a, size_b);
    if (need > size_a || need > size_b)
        return ND_OK;
    const uint64_t found =
        nd_similarity_compute(record_a->hashes, size_a, record_b->hashes, size_b).common;
    if (found < need)
        return ND_OK;
    const nd_similarity similarity = nd_similarity_from_counts(size_a, size_b, found);
    if (nd_match_classify(&similarity, &scan->options.rule) != ND_MATCH_NONE) {
        *common = (uint32_t)found;
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
