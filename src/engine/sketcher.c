/* Batches of texts to what a spec says of them: what a scan does with a document, into arrays of
 * the caller's. Texts are dealt to threads by the task; each has its own tokeniser. */
#include "neardup/batch.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "coverage/coverage.h"
#include "lsh/buckets.h"
#include "neardup/document_map.h"
#include "neardup/sketch.h"
#include "neardup/version.h"
#include "util/alloc.h"
#include "util/digest.h"
#include "util/error.h"
#include "util/threads.h"

enum { TEXTS_A_TASK = 64 };

typedef struct sketch_worker {
    nd_repairer *repairer;
    nd_text *text;
    ND_VEC(uint64_t) hashes;  /* of the text at work */
    ND_VEC(uint64_t) scratch; /* to sort them */
    uint64_t *slots;          /* of the text at work, where the caller does not want them */
    nd_position_index positions;
} sketch_worker;

/* How the elements of a set are ordered. */
typedef enum element_order { ORDER_ASCENDING = 0, ORDER_OF_TEXT, NUM_ORDERS } element_order;

/* Sets of all texts, which the caller borrows. */
typedef struct made_sets {
    uint64_t *elements;
    size_t *starts;
} made_sets;

/* Sets of consecutive texts, made as one task. */
typedef struct set_block {
    uint64_t *elements;
    size_t num;
} set_block;

struct nd_sketcher {
    nd_allocator allocator;
    nd_spec spec;
    uint32_t num_threads;
    sketch_worker *workers;
    made_sets made[NUM_ORDERS];
};

nd_batch_text nd_text_batch_get(const nd_text_batch *batch, size_t i)
{
    const size_t at = batch->first + i;
    if (batch->validity && !(batch->validity[at / 8] >> (at % 8) & 1))
        return (nd_batch_text){NULL, 0};
    if (batch->layout == ND_LAYOUT_VIEWS) {
        /*  | length, 4 bytes | the text, up to 12 |
         *  | length, 4 | prefix, 4 | buffer, 4 | offset, 4 |      longer ones */
        const char *const view = (const char *)batch->views + at * 16;
        uint32_t len, buffer, offset;
        memcpy(&len, view, sizeof len);
        if (len <= 12)
            return (nd_batch_text){view + 4, len};
        memcpy(&buffer, view + 8, sizeof buffer);
        memcpy(&offset, view + 12, sizeof offset);
        return (nd_batch_text){batch->view_data[buffer] + offset, len};
    }
    int64_t start, end;
    if (batch->layout == ND_LAYOUT_OFFSETS_64) {
        start = ((const int64_t *)batch->offsets)[at];
        end = ((const int64_t *)batch->offsets)[at + 1];
    } else {
        start = ((const int32_t *)batch->offsets)[at];
        end = ((const int32_t *)batch->offsets)[at + 1];
    }
    return (nd_batch_text){end > start ? batch->data + start : "",
                           end > start ? (size_t)(end - start) : 0};
}

static nd_status init_worker(sketch_worker *w, const nd_spec *spec, const nd_allocator *allocator)
{
    nd_status status = nd_repairer_new(spec->repairs, spec->folds, allocator, &w->repairer);
    if (status == ND_OK)
        status = nd_text_new(allocator, &w->text);
    if (status == ND_OK && spec->slots > 0) {
        w->slots = nd_alloc(allocator, spec->slots, sizeof *w->slots);
        status = w->slots ? ND_OK : ND_ERR_NO_MEMORY;
    }
    return status;
}

/* Whether this library makes such hashes. */
static nd_status check_spec(const nd_spec *spec, nd_error *error)
{
    char line[ND_SPEC_LINE_BYTES];
    nd_spec own;
    nd_spec_print(spec, line);
    nd_status status = nd_spec_parse(line, strlen(line), &own, error);
    if (status != ND_OK)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "no spec is like this: %s", line);
    own.hash_spec_version = (uint32_t)nd_hash_spec_version();
    strncpy(own.unicode, nd_unicode_version(), sizeof own.unicode - 1);
    return nd_spec_check(&own, spec, error);
}

nd_status nd_sketcher_new(const nd_spec *spec, uint32_t num_threads, const nd_allocator *allocator,
                          nd_sketcher **out, nd_error *error)
{
    *out = NULL;
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_status status = check_spec(spec, error);
    if (status != ND_OK)
        return status;
    nd_sketcher *const s = nd_alloc_zeroed(&a, 1, sizeof *s);
    if (!s)
        return nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory");
    s->allocator = a;
    s->spec = *spec;
    s->num_threads = num_threads ? num_threads : nd_num_processors();
    s->workers = nd_alloc_zeroed(&a, s->num_threads, sizeof *s->workers);
    status = s->workers ? ND_OK : ND_ERR_NO_MEMORY;
    for (uint32_t w = 0; w < s->num_threads && status == ND_OK; w++)
        status = init_worker(&s->workers[w], spec, &a);
    if (status != ND_OK) {
        nd_sketcher_free(s);
        return nd_error_set(error, status, "%s", nd_status_message(status));
    }
    *out = s;
    return ND_OK;
}

static nd_status read_text(sketch_worker *w, nd_batch_text text)
{
    const char *repaired;
    size_t len_bytes;
    const nd_status status =
        nd_repairer_apply(w->repairer, text.p ? text.p : "", text.len_bytes, &repaired, &len_bytes);
    return status == ND_OK ? nd_text_set(w->text, repaired, len_bytes, ND_TEXT_NO_OFFSETS) : status;
}

/* The hashes of the text that was read, in text order. */
static nd_status hash_text(nd_sketcher *s, sketch_worker *w)
{
    const size_t num = nd_shingle_count(w->text, s->spec.shingle);
    w->hashes.len = 0;
    const nd_status status = ND_VEC_RESERVE(&s->allocator, &w->hashes, num);
    if (status != ND_OK || num == 0)
        return status;
    w->hashes.len = num;
    return nd_shingle_hashes(w->text, s->spec.shingle, w->hashes.items);
}

/* Texts at work. */
typedef struct sketch_run {
    nd_sketcher *sketcher;
    const nd_text_batch *batch;
    const nd_batch_output *output;
    element_order order;
    set_block *blocks; /* one a task */
    size_t *starts;    /* [texts + 1]: sizes of the sets, before they are summed up */
    _Atomic size_t first_over_limit;
} sketch_run;

/* A text over a limit counts as one without tokens, where the caller wants to know. */
static nd_status read_or_leave_out(sketch_run *r, sketch_worker *w, size_t i)
{
    const nd_batch_output *const out = r->output;
    nd_status status = read_text(w, nd_text_batch_get(r->batch, i));
    const bool is_over = status == ND_ERR_LIMIT;
    if (out && out->left_out)
        out->left_out[i] = is_over;
    if (is_over && out && out->left_out)
        return nd_text_set(w->text, "", 0, ND_TEXT_NO_OFFSETS);
    size_t first = atomic_load(&r->first_over_limit);
    while (is_over && i < first && !atomic_compare_exchange_weak(&r->first_over_limit, &first, i))
        ;
    return status;
}

static void write_digest(const sketch_worker *w, uint64_t *digest)
{
    size_t len_bytes;
    const char *const normalised = nd_text_normalised(w->text, &len_bytes);
    const nd_digest128 whole = nd_digest128_of(normalised, len_bytes);
    digest[0] = len_bytes ? whole.low : 0;
    digest[1] = len_bytes ? whole.high : 0;
}

static nd_status write_sketch(const nd_sketcher *s, sketch_worker *w, const nd_batch_output *out,
                              size_t i)
{
    const nd_spec *const spec = &s->spec;
    uint64_t *const slots = out->slots ? out->slots + i * spec->slots : w->slots;
    const nd_status status = nd_sketch_compute(w->hashes.items, w->hashes.len, spec->slots, slots);
    if (status != ND_OK || !out->band_keys)
        return status;
    uint64_t *const keys = out->band_keys + i * spec->bands;
    if (w->hashes.len > 0)
        nd_band_keys(slots, spec->bands, spec->rows, keys);
    else
        memset(keys, 0, spec->bands * sizeof *keys);
    return ND_OK;
}

static nd_status sketch_text(sketch_run *r, sketch_worker *w, size_t i)
{
    const nd_batch_output *const out = r->output;
    nd_status status = read_or_leave_out(r, w, i);
    if (status != ND_OK)
        return status;
    if (out->num_tokens)
        out->num_tokens[i] = (uint32_t)nd_text_num_tokens(w->text);
    if (out->invalid_bytes)
        out->invalid_bytes[i] = nd_text_num_invalid_bytes(w->text);
    if (out->digests)
        write_digest(w, out->digests + i * 2);
    if (!out->slots && !out->band_keys)
        return ND_OK;
    status = hash_text(r->sketcher, w);
    return status == ND_OK ? write_sketch(r->sketcher, w, out, i) : status;
}

static nd_status sketch_task(void *ctx, uint32_t worker, size_t task)
{
    sketch_run *const r = ctx;
    const size_t end = (task + 1) * TEXTS_A_TASK;
    nd_status status = ND_OK;
    for (size_t i = task * TEXTS_A_TASK; i < end && i < r->batch->num && status == ND_OK; i++)
        status = sketch_text(r, &r->sketcher->workers[worker], i);
    return status;
}

static nd_status run(sketch_run *r, nd_task_fn task, nd_error *error)
{
    const nd_sketcher *const s = r->sketcher;
    atomic_init(&r->first_over_limit, SIZE_MAX);
    const nd_status status = nd_threads_for(
        &s->allocator, s->num_threads, (r->batch->num + TEXTS_A_TASK - 1) / TEXTS_A_TASK, task, r);
    if (status == ND_OK || !error)
        return status;
    nd_error_set(error, status, "%s", nd_status_message(status));
    if (status == ND_ERR_LIMIT)
        error->offset = atomic_load(&r->first_over_limit);
    return status;
}

nd_status nd_sketcher_run(nd_sketcher *sketcher, const nd_text_batch *batch,
                          const nd_batch_output *output, nd_error *error)
{
    if (sketcher->spec.slots == 0 && (output->slots || output->band_keys))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "the spec has no sketches");
    sketch_run r = {.sketcher = sketcher, .batch = batch, .output = output};
    return run(&r, sketch_task, error);
}

/* Drops repeats of the text's hashes, in that order; *size is what remains of them. */
static nd_status drop_repeats(const nd_sketcher *s, sketch_worker *w, element_order order,
                              size_t *size)
{
    if (order == ORDER_OF_TEXT)
        return nd_position_index_distinct(&w->positions, &s->allocator, w->hashes.items,
                                          w->hashes.len, size, NULL);
    w->scratch.len = 0;
    const nd_status status = ND_VEC_RESERVE(&s->allocator, &w->scratch, w->hashes.len);
    if (status == ND_OK)
        *size = nd_shingle_set(w->hashes.items, w->hashes.len, w->scratch.items);
    return status;
}

static nd_status make_set(sketch_run *r, sketch_worker *w, size_t i, set_block *block,
                          size_t *capacity)
{
    nd_status status = read_or_leave_out(r, w, i);
    if (status == ND_OK)
        status = hash_text(r->sketcher, w);
    size_t size = 0;
    if (status == ND_OK)
        status = drop_repeats(r->sketcher, w, r->order, &size);
    if (status != ND_OK)
        return status;
    status = nd_reserve(&r->sketcher->allocator, (void **)&block->elements, capacity,
                        block->num + size, sizeof *block->elements);
    if (status != ND_OK)
        return status;
    if (size > 0)
        memcpy(block->elements + block->num, w->hashes.items, size * sizeof *block->elements);
    block->num += size;
    r->starts[i + 1] = size;
    return ND_OK;
}

static nd_status set_task(void *ctx, uint32_t worker, size_t task)
{
    sketch_run *const r = ctx;
    const size_t end = (task + 1) * TEXTS_A_TASK;
    size_t capacity = 0;
    nd_status status = ND_OK;
    for (size_t i = task * TEXTS_A_TASK; i < end && i < r->batch->num && status == ND_OK; i++)
        status = make_set(r, &r->sketcher->workers[worker], i, &r->blocks[task], &capacity);
    return status;
}

/* Puts the blocks of all tasks side by side. */
static nd_status join_blocks(const nd_sketcher *s, const sketch_run *r, size_t num_tasks,
                             made_sets *made)
{
    size_t num = 0;
    for (size_t task = 0; r->blocks && task < num_tasks; task++)
        num += r->blocks[task].num;
    made->elements = nd_alloc(&s->allocator, num, sizeof *made->elements);
    if (!made->elements)
        return ND_ERR_NO_MEMORY;
    num = 0;
    for (size_t task = 0; r->blocks && task < num_tasks; task++) {
        const set_block *const block = &r->blocks[task];
        if (block->num > 0)
            memcpy(made->elements + num, block->elements, block->num * sizeof *made->elements);
        num += block->num;
    }
    for (size_t i = 0; i < r->batch->num; i++)
        made->starts[i + 1] += made->starts[i];
    return ND_OK;
}

static void release_sets(const nd_sketcher *s, made_sets *made)
{
    nd_release(&s->allocator, made->elements);
    nd_release(&s->allocator, made->starts);
    *made = (made_sets){0};
}

static nd_status make_all(nd_sketcher *s, const nd_text_batch *batch, element_order order,
                          nd_set_list *sets, nd_error *error)
{
    const size_t num_tasks = (batch->num + TEXTS_A_TASK - 1) / TEXTS_A_TASK;
    made_sets *const made = &s->made[order];
    *sets = (nd_set_list){0};
    release_sets(s, made);
    made->starts = nd_alloc_zeroed(&s->allocator, batch->num + 1, sizeof *made->starts);
    sketch_run r = {.sketcher = s, .batch = batch, .order = order, .starts = made->starts};
    r.blocks = nd_alloc_zeroed(&s->allocator, num_tasks, sizeof *r.blocks);
    nd_status status = r.blocks && made->starts
                           ? run(&r, set_task, error)
                           : nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory");
    if (status == ND_OK)
        status = join_blocks(s, &r, num_tasks, made);
    for (size_t task = 0; r.blocks && task < num_tasks; task++)
        nd_release(&s->allocator, r.blocks[task].elements);
    nd_release(&s->allocator, r.blocks);
    if (status == ND_OK)
        *sets = (nd_set_list){made->elements, made->starts, batch->num};
    else
        release_sets(s, made);
    return status;
}

nd_status nd_sketcher_sets(nd_sketcher *sketcher, const nd_text_batch *batch, nd_set_list *sets,
                           nd_error *error)
{
    return make_all(sketcher, batch, ORDER_ASCENDING, sets, error);
}

nd_status nd_sketcher_sequences(nd_sketcher *sketcher, const nd_text_batch *batch,
                                nd_set_list *sequences, nd_error *error)
{
    return make_all(sketcher, batch, ORDER_OF_TEXT, sequences, error);
}

void nd_sketcher_free(nd_sketcher *sketcher)
{
    if (!sketcher)
        return;
    const nd_allocator a = sketcher->allocator;
    for (uint32_t w = 0; sketcher->workers && w < sketcher->num_threads; w++) {
        nd_repairer_free(sketcher->workers[w].repairer);
        nd_text_free(sketcher->workers[w].text);
        ND_VEC_RELEASE(&a, &sketcher->workers[w].hashes);
        ND_VEC_RELEASE(&a, &sketcher->workers[w].scratch);
        nd_release(&a, sketcher->workers[w].slots);
        nd_position_index_release(&sketcher->workers[w].positions, &a);
    }
    nd_release(&a, sketcher->workers);
    for (int order = 0; order < NUM_ORDERS; order++)
        release_sets(sketcher, &sketcher->made[order]);
    nd_release(&a, sketcher);
}
