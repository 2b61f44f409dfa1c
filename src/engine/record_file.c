/* External merge sort of records by their ids (Knuth, The Art of Computer Programming, volume 3,
 * section 5.4): what a thread has room for is sorted in memory and written as a run, then all runs
 * are merged at once through a buffer each. Records are written as record_file.h draws them, padded
 * to 8 bytes:
 *
 *   run:  | record, id, text | record, id, text | ...                                           */
#include "engine/record_file.h"

#include <stdbool.h>
#include <string.h>

#include "util/sort.h"

enum {
    BUFFER_BYTES = 1 << 18, /* of what is written, and at most of a run that is read */
    MIN_BUFFER_BYTES = 1 << 12,
    BUFFERS_SHARE = 8, /* of the budget: for all runs that are merged */
};

/* Without the padding. */
static uint64_t own_bytes(const nd_record *record, nd_texts texts)
{
    uint64_t size = sizeof *record + (uint64_t)record->id_len_bytes;
    if (texts == ND_TEXTS_KEEP) {
        uint64_t text_len;
        (void)nd_record_text(record, &text_len);
        size += sizeof text_len + text_len;
    }
    return size;
}

uint64_t nd_record_bytes(const nd_record *record, nd_texts texts)
{
    return (own_bytes(record, texts) + 7) & ~UINT64_C(7);
}

/* ---- runs ---- */

nd_status nd_record_runs_init(nd_record_runs *runs, nd_budget *budget, nd_texts texts,
                              const nd_allocator *allocator)
{
    *runs = (nd_record_runs){.allocator = allocator, .budget = budget, .texts = texts};
    return pthread_mutex_init(&runs->lock, NULL) == 0 ? ND_OK : ND_ERR_NO_MEMORY;
}

void nd_record_runs_release(nd_record_runs *runs)
{
    if (!runs->allocator)
        return;
    nd_temp_file_free(runs->file);
    ND_VEC_RELEASE(runs->allocator, &runs->runs);
    pthread_mutex_destroy(&runs->lock);
    *runs = (nd_record_runs){0};
}

/* A place in the file for a run of so many bytes. */
static nd_status begin_run(nd_record_runs *runs, uint64_t len, size_t num, nd_record_run *run)
{
    pthread_mutex_lock(&runs->lock);
    nd_status status = runs->file ? ND_OK : nd_temp_file_new(runs->budget, &runs->file, NULL);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(runs->allocator, &runs->runs, 1);
    if (status == ND_OK) {
        run->at = nd_temp_file_reserve(runs->file, len);
        run->end = run->at + len;
        runs->runs.items[runs->runs.len++] = *run;
        runs->num_records += num;
    }
    pthread_mutex_unlock(&runs->lock);
    return status;
}

/* Collects bytes that are written to one place after the other. */
typedef struct run_writer {
    const nd_temp_file *file;
    char *buffer;
    size_t len;
    uint64_t at;
} run_writer;

static nd_status flush(run_writer *w)
{
    const nd_status status = nd_temp_file_write(w->file, w->at, w->buffer, w->len, NULL);
    w->at += w->len;
    w->len = 0;
    return status;
}

static nd_status write_record(run_writer *w, const nd_record *record, nd_texts texts)
{
    static const char zeros[8];
    const size_t size = (size_t)own_bytes(record, texts);
    const size_t padded = (size_t)nd_record_bytes(record, texts);
    nd_status status = padded > BUFFER_BYTES - w->len ? flush(w) : ND_OK;
    if (status != ND_OK)
        return status;
    if (padded <= BUFFER_BYTES) {
        memcpy(w->buffer + w->len, record, size);
        memset(w->buffer + w->len + size, 0, padded - size);
        w->len += padded;
        return ND_OK;
    }
    status = nd_temp_file_write(w->file, w->at, record, size, NULL);
    if (status == ND_OK)
        status = nd_temp_file_write(w->file, w->at + size, zeros, padded - size, NULL);
    w->at += padded;
    return status;
}

nd_status nd_record_runs_add(nd_record_runs *runs, nd_record **records, size_t num)
{
    if (num == 0)
        return ND_OK;
    uint64_t len = 0;
    for (size_t i = 0; i < num; i++)
        len += nd_record_bytes(records[i], runs->texts);
    nd_record_run run;
    nd_status status = nd_sort_by_id(records, num, 1, runs->allocator);
    if (status == ND_OK)
        status = begin_run(runs, len, num, &run);
    if (status != ND_OK)
        return status;
    run_writer w = {runs->file, nd_alloc(runs->allocator, BUFFER_BYTES, 1), 0, run.at};
    status = w.buffer ? ND_OK : ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num && status == ND_OK; i++)
        status = write_record(&w, records[i], runs->texts);
    if (status == ND_OK)
        status = flush(&w);
    nd_release(runs->allocator, w.buffer);
    return status;
}

/* ---- reading in order ---- */

/* Bytes [at, end) of a file as records; the one at hand stands in the buffer from `place`. */
typedef struct record_stream {
    const nd_temp_file *file;
    nd_texts texts;
    uint64_t at, end; /* of what is not in the buffer yet */
    char *buffer;
    size_t place, len, capacity;
} record_stream;

static const nd_record *at_hand(const record_stream *s)
{
    return (const nd_record *)(const void *)(s->buffer + s->place);
}

/* Brings so many bytes from `place` on into the buffer, if the run has them. */
static nd_status fill(record_stream *s, uint64_t need, const nd_allocator *allocator)
{
    if (s->len - s->place >= need)
        return ND_OK;
    memmove(s->buffer, s->buffer + s->place, s->len - s->place);
    s->len -= s->place;
    s->place = 0;
    if (need > SIZE_MAX || need - s->len > s->end - s->at)
        return ND_ERR_FORMAT;
    nd_status status = nd_reserve(allocator, (void **)&s->buffer, &s->capacity, (size_t)need, 1);
    if (status != ND_OK)
        return status;
    const uint64_t left = s->end - s->at;
    const size_t room = s->capacity - s->len, more = left < room ? (size_t)left : room;
    status = nd_temp_file_read(s->file, s->at, s->buffer + s->len, more, NULL);
    s->at += more;
    s->len += more;
    return status;
}

static bool has_ended(const record_stream *s)
{
    return s->place == s->len && s->at == s->end;
}

/* Has the record at `place` in the buffer as a whole; there is one. */
static nd_status load(record_stream *s, const nd_allocator *allocator)
{
    nd_status status = fill(s, sizeof(nd_record), allocator);
    if (status != ND_OK)
        return status;
    uint64_t need = sizeof(nd_record) + (uint64_t)at_hand(s)->id_len_bytes;
    if (s->texts == ND_TEXTS_KEEP) {
        status = fill(s, need + sizeof(uint64_t), allocator);
        if (status != ND_OK)
            return status;
    }
    need = nd_record_bytes(at_hand(s), s->texts);
    return fill(s, need, allocator);
}

static nd_status open_stream(record_stream *s, const nd_temp_file *file, nd_texts texts,
                             nd_record_run run, size_t capacity, const nd_allocator *allocator)
{
    *s = (record_stream){.file = file, .texts = texts, .at = run.at, .end = run.end};
    const nd_status status = nd_reserve(allocator, (void **)&s->buffer, &s->capacity, capacity, 1);
    return status == ND_OK && !has_ended(s) ? load(s, allocator) : status;
}

static nd_status advance(record_stream *s, const nd_allocator *allocator)
{
    s->place += (size_t)nd_record_bytes(at_hand(s), s->texts);
    return has_ended(s) ? ND_OK : load(s, allocator);
}

/* ---- merging ---- */

/* The streams that have not ended are a heap, the one whose record comes first at its top. */
typedef struct merging {
    const nd_record_runs *runs;
    record_stream *streams;
    uint32_t *heap;
    size_t num;
} merging;

/* nd_compare_fn, the other way round: a heap has what comes last at its top. */
static int compare_streams(void *ctx, const void *a, const void *b)
{
    const merging *const m = ctx;
    const record_stream *const stream_a = &m->streams[*(const uint32_t *)a];
    const record_stream *const stream_b = &m->streams[*(const uint32_t *)b];
    return nd_compare_records(at_hand(stream_b), at_hand(stream_a));
}

static nd_status open_streams(merging *m)
{
    const nd_record_runs *const runs = m->runs;
    const uint64_t share = nd_budget_limit(runs->budget) / BUFFERS_SHARE / (runs->runs.len + 1);
    const size_t capacity = share > BUFFER_BYTES       ? BUFFER_BYTES
                            : share < MIN_BUFFER_BYTES ? MIN_BUFFER_BYTES
                                                       : (size_t)share;
    nd_status status = ND_OK;
    for (size_t i = 0; i < runs->runs.len && status == ND_OK; i++) {
        status = open_stream(&m->streams[i], runs->file, runs->texts, runs->runs.items[i], capacity,
                             runs->allocator);
        m->heap[m->num++] = (uint32_t)i;
    }
    if (status == ND_OK)
        nd_heap_make(m->heap, m->num, sizeof *m->heap, compare_streams, m);
    return status;
}

nd_status nd_record_runs_merge(const nd_record_runs *runs, nd_record_fn each, void *ctx)
{
    const nd_allocator *const a = runs->allocator;
    merging m = {.runs = runs,
                 .streams = nd_alloc_zeroed(a, runs->runs.len, sizeof *m.streams),
                 .heap = nd_alloc(a, runs->runs.len, sizeof *m.heap)};
    nd_status status = m.streams && m.heap ? open_streams(&m) : ND_ERR_NO_MEMORY;
    while (m.num > 0 && status == ND_OK) {
        record_stream *const first = &m.streams[m.heap[0]];
        status = each(ctx, at_hand(first));
        if (status == ND_OK)
            status = advance(first, a);
        if (status == ND_OK && has_ended(first))
            m.heap[0] = m.heap[--m.num];
        if (status == ND_OK)
            nd_heap_settle(m.heap, m.num, sizeof *m.heap, compare_streams, &m);
    }
    for (size_t i = 0; m.streams && i < runs->runs.len; i++)
        nd_release(a, m.streams[i].buffer);
    nd_release(a, m.streams);
    nd_release(a, m.heap);
    return status;
}

/* ---- one file ---- */

nd_status nd_record_file_init(nd_record_file *file, nd_budget *budget, nd_texts texts,
                              const nd_allocator *allocator)
{
    *file = (nd_record_file){.allocator = allocator, .texts = texts};
    nd_status status = nd_temp_file_new(budget, &file->file, NULL);
    if (status == ND_OK)
        status = nd_reserve(allocator, (void **)&file->buffer.items, &file->buffer.capacity,
                            BUFFER_BYTES, 1);
    return status;
}

static nd_status write_through(nd_record_file *file, const nd_record *record)
{
    run_writer w = {file->file, file->buffer.items, file->buffer.len, file->end - file->buffer.len};
    const nd_status status = record ? write_record(&w, record, file->texts) : flush(&w);
    file->buffer.len = w.len;
    return status;
}

nd_status nd_record_file_append(nd_record_file *file, const nd_record *record)
{
    nd_status status = ND_OK;
    if (file->num % ND_RECORD_BLOCK == 0) {
        status = ND_VEC_RESERVE(file->allocator, &file->block_at, 1);
        if (status == ND_OK)
            file->block_at.items[file->block_at.len++] = file->end;
    }
    if (status == ND_OK)
        status = write_through(file, record);
    if (status != ND_OK)
        return status;
    file->end = nd_temp_file_reserve(file->file, nd_record_bytes(record, file->texts)) +
                nd_record_bytes(record, file->texts);
    file->num++;
    return ND_OK;
}

nd_status nd_record_file_end(nd_record_file *file)
{
    const nd_status status = write_through(file, NULL);
    ND_VEC_RELEASE(file->allocator, &file->buffer);
    return status;
}

nd_status nd_record_file_each(const nd_record_file *file, nd_record_fn each, void *ctx)
{
    record_stream s;
    const nd_record_run all = {0, file->end};
    nd_status status = open_stream(&s, file->file, file->texts, all, BUFFER_BYTES, file->allocator);
    while (status == ND_OK && !has_ended(&s)) {
        status = each(ctx, at_hand(&s));
        if (status == ND_OK)
            status = advance(&s, file->allocator);
    }
    nd_release(file->allocator, s.buffer);
    return status;
}

void nd_record_file_release(nd_record_file *file)
{
    if (!file->allocator)
        return;
    nd_temp_file_free(file->file);
    ND_VEC_RELEASE(file->allocator, &file->block_at);
    ND_VEC_RELEASE(file->allocator, &file->buffer);
    *file = (nd_record_file){0};
}

/* ---- one record ---- */

static nd_status read_block(nd_record_reader *reader, const nd_record_file *file, size_t number)
{
    const uint64_t at = file->block_at.items[number];
    const uint64_t end =
        number + 1 < file->block_at.len ? file->block_at.items[number + 1] : file->end;
    reader->number = 0;
    nd_status status = nd_reserve(file->allocator, (void **)&reader->block, &reader->capacity,
                                  (size_t)(end - at), 1);
    if (status == ND_OK)
        status = nd_temp_file_read(file->file, at, reader->block, (size_t)(end - at), NULL);
    if (status != ND_OK)
        return status;
    size_t place = 0;
    for (size_t i = 0; i < ND_RECORD_BLOCK && place < end - at; i++) {
        reader->places[i] = place;
        place += (size_t)nd_record_bytes((const nd_record *)(const void *)(reader->block + place),
                                         file->texts);
    }
    reader->number = number + 1;
    return ND_OK;
}

nd_status nd_record_reader_get(nd_record_reader *reader, const nd_record_file *file, size_t i,
                               const nd_record **record)
{
    const size_t number = i / ND_RECORD_BLOCK;
    const nd_status status =
        reader->number == number + 1 ? ND_OK : read_block(reader, file, number);
    if (status == ND_OK)
        *record =
            (const nd_record *)(const void *)(reader->block + reader->places[i % ND_RECORD_BLOCK]);
    return status;
}

void nd_record_reader_release(nd_record_reader *reader, const nd_allocator *allocator)
{
    nd_release(allocator, reader->block);
    *reader = (nd_record_reader){0};
}
