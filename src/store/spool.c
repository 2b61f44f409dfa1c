#include "store/spool.h"

#include <string.h>

void nd_spool_init(nd_spool *spool, nd_temp_file *file, size_t block_bytes,
                   const nd_allocator *allocator)
{
    *spool = (nd_spool){.file = file, .allocator = allocator, .block_bytes = block_bytes};
}

static nd_status have_buffer(nd_spool *s)
{
    if (!s->buffer)
        s->buffer = nd_alloc(s->allocator, s->block_bytes, 1);
    return s->buffer ? ND_OK : ND_ERR_NO_MEMORY;
}

static nd_status write_block(nd_spool *s)
{
    uint64_t at;
    nd_status status = ND_VEC_RESERVE(s->allocator, &s->blocks, 1);
    if (status == ND_OK)
        status = nd_temp_file_append(s->file, s->buffer, s->len, &at, NULL);
    if (status != ND_OK)
        return status;
    s->blocks.items[s->blocks.len++] = at;
    s->last_block_len = s->len;
    s->len = 0;
    return ND_OK;
}

nd_status nd_spool_put(nd_spool *spool, const void *bytes, size_t len)
{
    const char *p = bytes;
    nd_status status = have_buffer(spool);
    while (len > 0 && status == ND_OK) {
        const size_t room = spool->block_bytes - spool->len;
        const size_t some = len < room ? len : room;
        memcpy(spool->buffer + spool->len, p, some);
        spool->len += some;
        p += some;
        len -= some;
        if (spool->len == spool->block_bytes)
            status = write_block(spool);
    }
    return status;
}

void nd_spool_rewind(nd_spool *spool)
{
    nd_release(spool->allocator, spool->buffer);
    spool->buffer = NULL;
    spool->at = spool->len = spool->next = 0;
}

nd_status nd_spool_end(nd_spool *spool)
{
    const nd_status status = spool->len > 0 ? write_block(spool) : ND_OK;
    nd_spool_rewind(spool);
    return status;
}

/* Brings the next block into the buffer. */
static nd_status read_block(nd_spool *s)
{
    if (s->next == s->blocks.len)
        return ND_ERR_FORMAT;
    const nd_status status = have_buffer(s);
    if (status != ND_OK)
        return status;
    const bool is_last = s->next + 1 == s->blocks.len;
    s->at = 0;
    s->len = is_last ? s->last_block_len : s->block_bytes;
    return nd_temp_file_read(s->file, s->blocks.items[s->next++], s->buffer, s->len, NULL);
}

nd_status nd_spool_get(nd_spool *spool, void *bytes, size_t len)
{
    char *p = bytes;
    nd_status status = ND_OK;
    while (len > 0 && status == ND_OK) {
        if (spool->at == spool->len)
            status = read_block(spool);
        if (status != ND_OK)
            return status;
        const size_t left = spool->len - spool->at, some = len < left ? len : left;
        memcpy(p, spool->buffer + spool->at, some);
        spool->at += some;
        p += some;
        len -= some;
    }
    return status;
}

void nd_spool_release(nd_spool *spool)
{
    nd_release(spool->allocator, spool->buffer);
    ND_VEC_RELEASE(spool->allocator, &spool->blocks);
    spool->buffer = NULL;
}

/* ---- sorted runs ---- */

enum {
    SHARE = 16, /* of the limit */
    MIN_RUN_ITEMS = 64,
    MAX_RUN_ITEMS = 1 << 22,
    BUFFER_BYTES = 1 << 16,
    MIN_BUFFER_BYTES = 1 << 10,
};

nd_status nd_sorted_runs_init(nd_sorted_runs *runs, nd_budget *budget,
                              const nd_allocator *allocator)
{
    *runs = (nd_sorted_runs){.budget = budget, .allocator = allocator};
    return pthread_mutex_init(&runs->lock, NULL) == 0 ? ND_OK : ND_ERR_NO_MEMORY;
}

size_t nd_sorted_runs_most(const nd_sorted_runs *runs, uint32_t num_threads)
{
    const uint64_t most =
        nd_budget_limit(runs->budget) / SHARE / (2 * sizeof(nd_key_value)) / num_threads;
    return most < MIN_RUN_ITEMS   ? MIN_RUN_ITEMS
           : most > MAX_RUN_ITEMS ? MAX_RUN_ITEMS
                                  : (size_t)most;
}

/* A place for a run of so many items. */
static nd_status reserve(nd_sorted_runs *runs, size_t num, uint64_t *at)
{
    pthread_mutex_lock(&runs->lock);
    nd_status status = ND_VEC_RESERVE(runs->allocator, &runs->runs, 1);
    if (status == ND_OK && !runs->file)
        status = nd_temp_file_new(runs->budget, &runs->file, NULL);
    if (status == ND_OK) {
        *at = nd_temp_file_reserve(runs->file, num * sizeof(nd_key_value));
        runs->runs.items[runs->runs.len++] = (nd_sorted_run){*at, num};
    }
    pthread_mutex_unlock(&runs->lock);
    return status;
}

nd_status nd_sorted_runs_add(nd_sorted_runs *runs, nd_key_value_vec *items)
{
    if (items->len == 0)
        return ND_OK;
    uint64_t at = 0;
    nd_key_value *const scratch = nd_alloc(runs->allocator, items->len, sizeof *scratch);
    nd_status status = scratch ? reserve(runs, items->len, &at) : ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        nd_radix_sort_pairs(items->items, scratch, items->len);
        status = nd_temp_file_write(runs->file, at, items->items, items->len * sizeof *items->items,
                                    NULL);
    }
    nd_release(runs->allocator, scratch);
    items->len = 0;
    return status;
}

/* A run being read: buffer[place] is the item at hand. */
typedef struct run_stream {
    uint64_t at, left; /* of what is not in the buffer yet */
    nd_key_value *buffer;
    size_t place, num;
} run_stream;

/* The streams that have not ended are a heap, the one whose item comes first at its top. */
typedef struct merging {
    const nd_sorted_runs *runs;
    run_stream *streams;
    uint32_t *heap;
    size_t num, capacity; /* of a buffer */
} merging;

/* nd_compare_fn, the other way round: a heap has what comes last at its top. */
static int compare_streams(void *ctx, const void *a, const void *b)
{
    const merging *const m = ctx;
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    const uint64_t key_left = m->streams[left].buffer[m->streams[left].place].key;
    const uint64_t key_right = m->streams[right].buffer[m->streams[right].place].key;
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
    const nd_status status =
        nd_temp_file_read(m->runs->file, s->at, s->buffer, s->num * sizeof *s->buffer, NULL);
    s->at += s->num * sizeof *s->buffer;
    s->left -= s->num;
    return status;
}

static nd_status open_streams(merging *m, nd_key_value *buffers)
{
    nd_status status = ND_OK;
    for (size_t i = 0; i < m->runs->runs.len && status == ND_OK; i++) {
        const nd_sorted_run run = m->runs->runs.items[i];
        m->streams[i] =
            (run_stream){.at = run.at, .left = run.num, .buffer = buffers + i * m->capacity};
        m->heap[m->num++] = (uint32_t)i; /* no run is empty */
        status = load(m, &m->streams[i]);
    }
    if (status == ND_OK)
        nd_heap_make(m->heap, m->num, sizeof *m->heap, compare_streams, m);
    return status;
}

nd_status nd_sorted_runs_merge(const nd_sorted_runs *runs, nd_key_value_fn each, void *ctx)
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
                 .capacity = (size_t)bytes / sizeof(nd_key_value)};
    nd_key_value *const buffers = nd_alloc(a, num_runs * m.capacity, sizeof *buffers);
    nd_status status =
        m.streams && m.heap && buffers ? open_streams(&m, buffers) : ND_ERR_NO_MEMORY;
    while (m.num > 0 && status == ND_OK) {
        run_stream *const s = &m.streams[m.heap[0]];
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

void nd_sorted_runs_release(nd_sorted_runs *runs)
{
    nd_temp_file_free(runs->file);
    ND_VEC_RELEASE(runs->allocator, &runs->runs);
    pthread_mutex_destroy(&runs->lock);
}
