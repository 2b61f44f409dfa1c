#include "store/sorted_runs.h"

enum {
    SHARE = 16, /* of the limit */
    MIN_RUN_ITEMS = 64,
    MAX_RUN_ITEMS = 1 << 22,
    BUFFER_BYTES = 1 << 16,
    MIN_BUFFER_BYTES = 1 << 10,
};

nd_status nd_sorted_runs_init(nd_sorted_runs *runs, size_t item_bytes, nd_item_key_fn key_of,
                              nd_budget *budget, const nd_allocator *allocator)
{
    *runs = (nd_sorted_runs){
        .budget = budget, .allocator = allocator, .item_bytes = item_bytes, .key_of = key_of};
    return pthread_mutex_init(&runs->lock, NULL) == 0 ? ND_OK : ND_ERR_NO_MEMORY;
}

nd_status nd_sorted_runs_reserve(nd_sorted_runs *runs, size_t num, uint64_t *at)
{
    pthread_mutex_lock(&runs->lock);
    nd_status status = ND_VEC_RESERVE(runs->allocator, &runs->runs, 1);
    if (status == ND_OK && !runs->file)
        status = nd_temp_file_new(runs->budget, &runs->file, NULL);
    if (status == ND_OK) {
        *at = nd_temp_file_reserve(runs->file, num * runs->item_bytes);
        runs->runs.items[runs->runs.len++] = (nd_sorted_run){*at, num};
    }
    pthread_mutex_unlock(&runs->lock);
    return status;
}

void nd_sorted_runs_release(nd_sorted_runs *runs)
{
    nd_temp_file_free(runs->file);
    ND_VEC_RELEASE(runs->allocator, &runs->runs);
    pthread_mutex_destroy(&runs->lock);
}

/* ---- merging ---- */

/* A run being read: the item at hand is number `place` in the buffer. */
typedef struct run_stream {
    uint64_t at, left; /* of what is not in the buffer yet */
    char *buffer;
    size_t place, num;
} run_stream;

/* The streams that have not ended are a heap, the one whose item comes first at its top. */
typedef struct merging {
    const nd_sorted_runs *runs;
    run_stream *streams;
    uint32_t *heap;
    size_t num, capacity; /* of a buffer, in items */
} merging;

static const void *item_at_hand(const merging *m, uint32_t stream)
{
    const run_stream *const s = &m->streams[stream];
    return s->buffer + s->place * m->runs->item_bytes;
}

/* nd_compare_fn, the other way round: a heap has what comes last at its top. */
static int compare_streams(void *ctx, const void *a, const void *b)
{
    const merging *const m = ctx;
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    const uint64_t key_left = m->runs->key_of(item_at_hand(m, left));
    const uint64_t key_right = m->runs->key_of(item_at_hand(m, right));
    if (key_left != key_right)
        return key_left < key_right ? 1 : -1;
    return (left < right) - (left > right);
}

/* Brings the next items into the buffer; num is 0 at the end. */
static nd_status load(const merging *m, run_stream *s)
{
    s->place = 0;
    s->num = s->left < m->capacity ? (size_t)s->left : m->capacity;
    if (s->num == 0)
        return ND_OK;
    const size_t bytes = s->num * m->runs->item_bytes;
    const nd_status status = nd_temp_file_read(m->runs->file, s->at, s->buffer, bytes, NULL);
    s->at += bytes;
    s->left -= s->num;
    return status;
}

static nd_status open_streams(merging *m, char *buffers)
{
    nd_status status = ND_OK;
    for (size_t i = 0; i < m->runs->runs.len && status == ND_OK; i++) {
        const nd_sorted_run run = m->runs->runs.items[i];
        m->streams[i] = (run_stream){.at = run.at,
                                     .left = run.num,
                                     .buffer = buffers + i * m->capacity * m->runs->item_bytes};
        m->heap[m->num++] = (uint32_t)i; /* no run is empty */
        status = load(m, &m->streams[i]);
    }
    if (status == ND_OK)
        nd_heap_make(m->heap, m->num, sizeof *m->heap, compare_streams, m);
    return status;
}

nd_status nd_sorted_runs_merge(const nd_sorted_runs *runs, nd_sorted_item_fn each, void *ctx)
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
                 .capacity = (size_t)bytes / runs->item_bytes};
    char *const buffers = nd_alloc(a, num_runs * m.capacity, runs->item_bytes);
    nd_status status =
        m.streams && m.heap && buffers ? open_streams(&m, buffers) : ND_ERR_NO_MEMORY;
    while (m.num > 0 && status == ND_OK) {
        run_stream *const s = &m.streams[m.heap[0]];
        status = each(ctx, item_at_hand(&m, m.heap[0]));
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

/* ---- keys and values ---- */

static uint64_t key_of(const void *item)
{
    return ((const nd_key_value *)item)->key;
}

nd_status nd_key_value_runs_init(nd_sorted_runs *runs, nd_budget *budget,
                                 const nd_allocator *allocator)
{
    return nd_sorted_runs_init(runs, sizeof(nd_key_value), key_of, budget, allocator);
}

size_t nd_key_value_runs_most(const nd_sorted_runs *runs, uint32_t num_threads)
{
    const uint64_t most =
        nd_budget_limit(runs->budget) / SHARE / (2 * sizeof(nd_key_value)) / num_threads;
    return most < MIN_RUN_ITEMS   ? MIN_RUN_ITEMS
           : most > MAX_RUN_ITEMS ? MAX_RUN_ITEMS
                                  : (size_t)most;
}

nd_status nd_key_value_runs_add(nd_sorted_runs *runs, nd_key_value_vec *items)
{
    if (items->len == 0)
        return ND_OK;
    uint64_t at = 0;
    nd_key_value *const scratch = nd_alloc(runs->allocator, items->len, sizeof *scratch);
    nd_status status = scratch ? nd_sorted_runs_reserve(runs, items->len, &at) : ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        nd_radix_sort_pairs(items->items, scratch, items->len);
        status = nd_temp_file_write(runs->file, at, items->items, items->len * sizeof *items->items,
                                    NULL);
    }
    nd_release(runs->allocator, scratch);
    items->len = 0;
    return status;
}
