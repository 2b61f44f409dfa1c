/* What both matchers need: edges as they are seen, and gathered from the threads. */
#include "engine/matcher.h"

#include "coverage/coverage.h"
#include "util/radix_sort.h"

void nd_matcher_free(nd_matcher *matcher)
{
    if (matcher)
        matcher->kind->release(matcher);
}

nd_seen_match nd_matcher_see(const nd_matcher *m, const nd_edge *edge)
{
    const nd_scan_options *const o = m->options;
    nd_seen_match seen = {.similarity = nd_similarity_from_counts(
                              m->sets[edge->from].num, m->sets[edge->to].num, edge->common)};
    if (!m->kind->has_coverage) {
        seen.kind = nd_match_classify(&seen.similarity, &o->rule);
        return seen;
    }
    seen.coverage = (nd_coverage){(double)edge->from_covered / ND_COVERED_ALL,
                                  (double)edge->to_covered / ND_COVERED_ALL};
    seen.kind = nd_match_classify_covered(&seen.similarity, &o->rule, &seen.coverage, o->coverage);
    return seen;
}

nd_seen_match nd_matcher_see_reversed(const nd_matcher *m, const nd_edge *edge)
{
    const nd_edge reversed = {edge->to, edge->from, edge->common, edge->to_covered,
                              edge->from_covered};
    return nd_matcher_see(m, &reversed);
}

nd_edge nd_matcher_self_edge(const nd_matcher *m, uint32_t text)
{
    const uint16_t covered = m->kind->has_coverage ? ND_COVERED_ALL : 0;
    return (nd_edge){text, text, m->sets[text].num, covered, covered};
}

/*  key:    | from, 32 bits | to, 32 |
 *  value:  | covered of from, 16 | of to, 16 | common, 32 |
 */
static nd_key_value pack(const nd_edge *edge)
{
    return (nd_key_value){(uint64_t)edge->from << 32 | edge->to,
                          (uint64_t)edge->from_covered << 48 | (uint64_t)edge->to_covered << 32 |
                              edge->common};
}

static nd_edge unpack(const nd_key_value *item)
{
    return (nd_edge){(uint32_t)(item->key >> 32), (uint32_t)item->key, (uint32_t)item->value,
                     (uint16_t)(item->value >> 48), (uint16_t)(item->value >> 32)};
}

static nd_edge_vec *edges_of(nd_edge_vec *first, size_t stride, uint32_t worker)
{
    return (nd_edge_vec *)((char *)first + stride * worker);
}

nd_status nd_edge_list_gather(nd_edge_list *list, nd_edge_vec *first, size_t stride,
                              uint32_t num_workers, const nd_allocator *allocator)
{
    size_t num = 0, at = 0;
    for (uint32_t w = 0; w < num_workers; w++)
        num += edges_of(first, stride, w)->len;
    nd_key_value *const items = nd_alloc(allocator, num, sizeof *items);
    nd_key_value *const scratch = nd_alloc(allocator, num, sizeof *scratch);
    *list = (nd_edge_list){.items = nd_alloc(allocator, num, sizeof *list->items)};
    const bool has_room = items && scratch && list->items;
    if (has_room) {
        for (uint32_t w = 0; w < num_workers; w++) {
            nd_edge_vec *const edges = edges_of(first, stride, w);
            for (size_t i = 0; i < edges->len; i++)
                items[at++] = pack(&edges->items[i]);
            ND_VEC_RELEASE(allocator, edges);
        }
        nd_radix_sort_pairs(items, scratch, num);
        for (size_t i = 0; i < num; i++)
            if (i == 0 || items[i].key != items[i - 1].key)
                list->items[list->num++] = unpack(&items[i]);
    }
    nd_release(allocator, items);
    nd_release(allocator, scratch);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}
