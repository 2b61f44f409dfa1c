#include "engine/edge_collection.h"

#include "util/radix_sort.h"

/*  key:    | from, 32 bits | to, 32 |
 *  value:  | covered of from, 16 | of to, 16 | common, 32 |
 */
static nd_key_value pack(const nd_edge *edge, nd_covered covered)
{
    return (nd_key_value){(uint64_t)edge->from << 32 | edge->to,
                          (uint64_t)covered.from << 48 | (uint64_t)covered.to << 32 | edge->common};
}

/* Empties the workers. */
static void gather(nd_scan *scan, nd_key_value *items)
{
    for (uint32_t w = 0; w < scan->options.num_threads; w++) {
        nd_scan_worker *const worker = &scan->workers[w];
        for (size_t i = 0; i < worker->edges.len; i++) {
            const nd_covered none = {0, 0};
            *items++ = pack(&worker->edges.items[i],
                            worker->covered.len ? worker->covered.items[i] : none);
        }
        ND_VEC_RELEASE(&scan->allocator, &worker->edges);
        ND_VEC_RELEASE(&scan->allocator, &worker->covered);
    }
}

static void keep(nd_scan *scan, const nd_key_value *item)
{
    if (scan->covered)
        scan->covered[scan->num_edges] =
            (nd_covered){(uint16_t)(item->value >> 48), (uint16_t)(item->value >> 32)};
    scan->edges[scan->num_edges++] =
        (nd_edge){(uint32_t)(item->key >> 32), (uint32_t)item->key, (uint32_t)item->value};
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
    if (nd_scan_asks_coverage(scan))
        scan->covered = nd_alloc(a, num, sizeof *scan->covered);
    nd_status status = ND_ERR_NO_MEMORY;
    if (items && scratch && scan->edges && (scan->covered || !nd_scan_asks_coverage(scan))) {
        gather(scan, items);
        nd_radix_sort_pairs(items, scratch, num);
        for (size_t i = 0; i < num; i++)
            if (i == 0 || items[i].key != items[i - 1].key)
                keep(scan, &items[i]);
        status = ND_OK;
    }
    nd_release(a, items);
    nd_release(a, scratch);
    return status;
}
