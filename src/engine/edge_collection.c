#include "engine/edge_collection.h"

#include "util/radix_sort.h"

/*  key:   | from, 32 bits | to, 32 |      value:   | from_covered, 16 | to_covered, 16 | common, 32
 * |
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

nd_status nd_scan_collect_edges(nd_scan *scan)
{
    const nd_allocator *const a = &scan->allocator;
    size_t num = 0;
    for (uint32_t w = 0; w < scan->options.num_threads; w++)
        num += scan->workers[w].edges.len;
    nd_key_value *const items = nd_alloc(a, num, sizeof *items);
    nd_key_value *const scratch = nd_alloc(a, num, sizeof *scratch);
    scan->edges = nd_alloc(a, num, sizeof *scan->edges);
    nd_status status = ND_ERR_NO_MEMORY;
    if (items && scratch && scan->edges) {
        size_t at = 0;
        for (uint32_t w = 0; w < scan->options.num_threads; w++) {
            nd_edge_vec *const edges = &scan->workers[w].edges;
            for (size_t i = 0; i < edges->len; i++)
                items[at++] = pack(&edges->items[i]);
            ND_VEC_RELEASE(a, edges);
        }
        nd_radix_sort_pairs(items, scratch, num);
        for (size_t i = 0; i < num; i++)
            if (i == 0 || items[i].key != items[i - 1].key)
                scan->edges[scan->num_edges++] = unpack(&items[i]);
        status = ND_OK;
    }
    nd_release(a, items);
    nd_release(a, scratch);
    return status;
}
