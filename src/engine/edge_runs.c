#include "engine/edge_runs.h"

#include "util/sort.h"

enum {
    SHARE = 8,           /* of the limit, for what all workers hold */
    BYTES_AN_EDGE = 100, /* in lists that grow, and while a run is sorted */
    MIN_RUN_EDGES = 64,
    MAX_RUN_EDGES = 1 << 20,
    WRITE_EDGES = 1 << 12,
    BUFFER_BYTES = 1 << 16,
    MIN_BUFFER_BYTES = 1 << 10,
};

nd_status nd_edge_runs_init(nd_edge_runs *runs, nd_budget *budget, uint32_t num_threads,
                            const nd_allocator *allocator)
{
    const uint64_t share = nd_budget_limit(budget) / SHARE / BYTES_AN_EDGE / num_threads;
    *runs = (nd_edge_runs){.allocator = allocator, .budget = budget};
    runs->run_edges = share < MIN_RUN_EDGES   ? MIN_RUN_EDGES
                      : share > MAX_RUN_EDGES ? MAX_RUN_EDGES
                                              : (size_t)share;
    return pthread_mutex_init(&runs->lock, NULL) == 0 ? ND_OK : ND_ERR_NO_MEMORY;
}

void nd_edge_runs_release(nd_edge_runs *runs)
{
    nd_temp_file_free(runs->file);
    ND_VEC_RELEASE(runs->allocator, &runs->runs);
    pthread_mutex_destroy(&runs->lock);
}

/* ---- writing ---- */

/* A place for a run of so many edges. */
static nd_status reserve(nd_edge_runs *runs, size_t num, uint64_t *at)
{
    pthread_mutex_lock(&runs->lock);
    nd_status status = ND_VEC_RESERVE(runs->allocator, &runs->runs, 1);
    if (status == ND_OK && !runs->file)
        status = nd_temp_file_new(runs->budget, &runs->file, NULL);
    if (status == ND_OK) {
        *at = nd_temp_file_reserve(runs->file, num * sizeof(nd_edge));
        runs->runs.items[runs->runs.len++] = (nd_edge_run){*at, num};
    }
    pthread_mutex_unlock(&runs->lock);
    return status;
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
    nd_edge *const buffer = nd_alloc(runs->allocator, WRITE_EDGES, sizeof *buffer);
    nd_status status = buffer ? ND_OK : ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num && status == ND_OK; i += WRITE_EDGES) {
        const size_t some = num - i < WRITE_EDGES ? num - i : WRITE_EDGES;
        for (size_t k = 0; k < some; k++)
            buffer[k] = seen_from(&edges[items[i + k].value / 2], items[i + k].value % 2);
        status = nd_temp_file_write(runs->file, at + i * sizeof *buffer, buffer,
                                    some * sizeof *buffer, NULL);
    }
    nd_release(runs->allocator, buffer);
    return status;
}

nd_status nd_edge_runs_add(nd_edge_runs *runs, nd_edge_vec *edges)
{
    const size_t num = edges->len * 2;
    if (num == 0)
        return ND_OK;
    nd_key_value *const items = nd_alloc(runs->allocator, num, sizeof *items);
    nd_key_value *const scratch = nd_alloc(runs->allocator, num, sizeof *scratch);
    uint64_t at = 0;
    nd_status status = items && scratch ? reserve(runs, num, &at) : ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        for (size_t i = 0; i < num; i++) {
            const nd_edge edge = seen_from(&edges->items[i / 2], i % 2);
            items[i] = (nd_key_value){(uint64_t)edge.from << 32 | edge.to, i};
        }
        nd_radix_sort_pairs(items, scratch, num);
        status = write_sorted(runs, edges->items, items, num, at);
        edges->len = 0;
    }
    nd_release(runs->allocator, items);
    nd_release(runs->allocator, scratch);
    return status;
}

/* ---- merging ---- */

/* A run being read: buffer[place] is the edge at hand. */
typedef struct edge_stream {
    uint64_t at, left; /* of what is not in the buffer yet */
    nd_edge *buffer;
    size_t place, num;
} edge_stream;

/* The streams that have not ended are a heap, the one whose edge comes first at its top. */
typedef struct merging {
    const nd_edge_runs *runs;
    edge_stream *streams;
    uint32_t *heap;
    size_t num, capacity; /* of a buffer */
} merging;

static uint64_t key_at_hand(const merging *m, uint32_t stream)
{
    const edge_stream *const s = &m->streams[stream];
    return (uint64_t)s->buffer[s->place].from << 32 | s->buffer[s->place].to;
}

/* nd_compare_fn, the other way round: a heap has what comes last at its top. */
static int compare_streams(void *ctx, const void *a, const void *b)
{
    const uint64_t key_a = key_at_hand(ctx, *(const uint32_t *)a);
    const uint64_t key_b = key_at_hand(ctx, *(const uint32_t *)b);
    return (key_a < key_b) - (key_a > key_b);
}

/* Brings the next edges into the buffer; num is 0 at the end. */
static nd_status load(const merging *m, edge_stream *s)
{
    s->place = 0;
    s->num = s->left < m->capacity ? (size_t)s->left : m->capacity;
    if (s->num == 0)
        return ND_OK;
    const nd_status status =
        nd_temp_file_read(m->runs->file, s->at, s->buffer, s->num * sizeof *s->buffer, NULL);
    s->at += s->num * sizeof *s->buffer;
    s->left -= s->num;
    return status;
}

static nd_status open_streams(merging *m, nd_edge *buffers)
{
    nd_status status = ND_OK;
    for (size_t i = 0; i < m->runs->runs.len && status == ND_OK; i++) {
        const nd_edge_run run = m->runs->runs.items[i];
        m->streams[i] =
            (edge_stream){.at = run.at, .left = run.num, .buffer = buffers + i * m->capacity};
        m->heap[m->num++] = (uint32_t)i; /* no run is empty */
        status = load(m, &m->streams[i]);
    }
    if (status == ND_OK)
        nd_heap_make(m->heap, m->num, sizeof *m->heap, compare_streams, m);
    return status;
}

nd_status nd_edge_runs_merge(const nd_edge_runs *runs, nd_edge_fn each, void *ctx)
{
    const nd_allocator *const a = runs->allocator;
    const size_t num_runs = runs->runs.len;
    const uint64_t share = nd_budget_limit(runs->budget) / SHARE / (num_runs + 1);
    const uint64_t bytes = share > BUFFER_BYTES       ? BUFFER_BYTES
                           : share < MIN_BUFFER_BYTES ? MIN_BUFFER_BYTES
                                                      : share;
    merging m = {.runs = runs,
                 .streams = nd_alloc(a, num_runs, sizeof *m.streams),
                 .heap = nd_alloc(a, num_runs, sizeof *m.heap),
                 .capacity = (size_t)bytes / sizeof(nd_edge)};
    nd_edge *const buffers = nd_alloc(a, num_runs * m.capacity, sizeof *buffers);
    nd_status status =
        m.streams && m.heap && buffers ? open_streams(&m, buffers) : ND_ERR_NO_MEMORY;
    while (m.num > 0 && status == ND_OK) {
        edge_stream *const s = &m.streams[m.heap[0]];
        status = each(ctx, &s->buffer[s->place]);
        if (status == ND_OK && ++s->place == s->num)
            status = load(&m, s);
        if (s->num == 0)
            m.heap[0] = m.heap[--m.num];
        if (status == ND_OK)
            nd_heap_settle(m.heap, m.num, sizeof *m.heap, compare_streams, &m);
    }
    nd_release(a, buffers);
    nd_release(a, m.streams);
    nd_release(a, m.heap);
    return status;
}
