#include "engine/edge_runs.h"

enum {
    SHARE = 8,           /* of the limit, for what all workers hold */
    BYTES_AN_EDGE = 100, /* in lists that grow, and while a run is sorted */
    MIN_RUN_EDGES = 64,
    MAX_RUN_EDGES = 1 << 20,
    WRITE_EDGES = 1 << 12,
};

static uint64_t key_of(const void *item)
{
    const nd_edge *const edge = item;
    return (uint64_t)edge->from << 32 | edge->to;
}

nd_status nd_edge_runs_init(nd_edge_runs *runs, nd_budget *budget, uint32_t num_threads,
                            const nd_allocator *allocator)
{
    const uint64_t share = nd_budget_limit(budget) / SHARE / BYTES_AN_EDGE / num_threads;
    runs->run_edges = share < MIN_RUN_EDGES   ? MIN_RUN_EDGES
                      : share > MAX_RUN_EDGES ? MAX_RUN_EDGES
                                              : (size_t)share;
    return nd_sorted_runs_init(&runs->sorted, sizeof(nd_edge), key_of, budget, allocator);
}

void nd_edge_runs_release(nd_edge_runs *runs)
{
    nd_sorted_runs_release(&runs->sorted);
}

/* The edge as its end sees it that is called `from` then. */
static nd_edge seen_from(const nd_edge *edge, bool is_turned)
{
    return is_turned ? (nd_edge){edge->to,         edge->from,         edge->common,
                                 edge->to_covered, edge->from_covered, edge->score}
                     : *edge;
}

/* Writes the edges in the order of the items, whose values are twice their numbers, and one more
 * where they are turned. */
static nd_status write_sorted(nd_edge_runs *runs, const nd_edge *edges, const nd_key_value *items,
                              size_t num, uint64_t at)
{
    const nd_allocator *const a = runs->sorted.allocator;
    nd_edge *const buffer = nd_alloc(a, WRITE_EDGES, sizeof *buffer);
    nd_status status = buffer ? ND_OK : ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num && status == ND_OK; i += WRITE_EDGES) {
        const size_t some = num - i < WRITE_EDGES ? num - i : WRITE_EDGES;
        for (size_t k = 0; k < some; k++)
            buffer[k] = seen_from(&edges[items[i + k].value / 2], items[i + k].value % 2);
        status = nd_temp_file_write(runs->sorted.file, at + i * sizeof *buffer, buffer,
                                    some * sizeof *buffer, NULL);
    }
    nd_release(a, buffer);
    return status;
}

nd_status nd_edge_runs_add(nd_edge_runs *runs, nd_edge_vec *edges)
{
    const nd_allocator *const a = runs->sorted.allocator;
    const size_t num = edges->len * 2;
    if (num == 0)
        return ND_OK;
    nd_key_value *const items = nd_alloc(a, num, sizeof *items);
    nd_key_value *const scratch = nd_alloc(a, num, sizeof *scratch);
    uint64_t at = 0;
    nd_status status =
        items && scratch ? nd_sorted_runs_reserve(&runs->sorted, num, &at) : ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        for (size_t i = 0; i < num; i++) {
            const nd_edge edge = seen_from(&edges->items[i / 2], i % 2);
            items[i] = (nd_key_value){key_of(&edge), i};
        }
        nd_radix_sort_pairs(items, scratch, num);
        status = write_sorted(runs, edges->items, items, num, at);
        edges->len = 0;
    }
    nd_release(a, items);
    nd_release(a, scratch);
    return status;
}

/* ---- merging ---- */

typedef struct edge_reader {
    nd_edge_fn each;
    void *ctx;
} edge_reader;

static nd_status take_edge(void *ctx, const void *item)
{
    const edge_reader *const r = ctx;
    return r->each(r->ctx, item);
}

nd_status nd_edge_runs_merge(const nd_edge_runs *runs, nd_edge_fn each, void *ctx)
{
    edge_reader r = {each, ctx};
    return nd_sorted_runs_merge(&runs->sorted, take_edge, &r);
}
