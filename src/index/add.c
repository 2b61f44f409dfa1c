/* Documents into the index: one, a batch, a source. Threads make them ready, in any order; they
 * are added in theirs, by one. */
#include <stdatomic.h>
#include <string.h>

#include "index/query.h"
#include "index/writer.h"
#include "util/error.h"
#include "util/threads.h"

enum {
    TEXTS_A_TASK = 32,
    SLOTS_A_THREAD = 8,
    WANTED = ND_PREPARE_STORED | ND_PREPARE_LOOKED_UP,
};

/* Documents being made ready by several threads. The first failure tells why. */
typedef struct crew {
    nd_index *index;
    nd_prepared_list *lists; /* num_slots of them */
    size_t num_slots;
    unsigned wanted;
    nd_error error;
    atomic_flag has_failed;
} crew;

static nd_status crew_init(crew *c, nd_index *index, size_t num_slots, unsigned wanted)
{
    *c = (crew){
        .index = index, .num_slots = num_slots, .wanted = wanted, .has_failed = ATOMIC_FLAG_INIT};
    c->lists = nd_alloc_zeroed(&index->allocator, num_slots, sizeof *c->lists);
    return c->lists ? nd_preparers_make(index, index->num_threads) : ND_ERR_NO_MEMORY;
}

/* Any thread's failure; returns `status`. */
static nd_status crew_fail(crew *c, nd_status status, const nd_error *error)
{
    if (status != ND_OK && !atomic_flag_test_and_set(&c->has_failed))
        c->error = *error;
    return status;
}

/* Releases it, and leaves its failure in *error. */
static nd_status crew_end(crew *c, nd_status status, nd_error *error)
{
    for (size_t i = 0; c->lists && i < c->num_slots; i++)
        nd_prepared_list_release(&c->lists[i], &c->index->allocator);
    nd_release(&c->index->allocator, c->lists);
    if (status != ND_OK && error && c->error.code == status)
        *error = c->error;
    return nd_index_fail(error, status);
}

/* --- one --- */

nd_status nd_index_add(nd_index *index, const nd_index_document *document, nd_index_mode mode,
                       nd_index_outcome *outcome, nd_error *error)
{
    const unsigned wanted = WANTED | (mode == ND_INDEX_IF_UNMATCHED ? ND_PREPARE_SET : 0u);
    nd_prepared_list list = {0};
    nd_index_outcome came_to = ND_INDEX_ADDED;
    nd_status status = nd_writer_begin(index, error);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    status = nd_preparers_make(index, 1);
    if (status == ND_OK)
        status = nd_prepare(index->preparers, document, wanted, &list, error);
    if (status == ND_OK)
        status = nd_writer_add(index, &list, list.items.items, mode, &came_to, error);
    nd_prepared_list_release(&list, &index->allocator);
    if (status != ND_OK)
        return nd_index_fail(error, nd_writer_give_up(index, status));
    if (outcome)
        *outcome = came_to;
    else if (came_to == ND_INDEX_OVER_LIMIT)
        return nd_error_set(error, ND_ERR_LIMIT, "a text, an id or a source is too long");
    return ND_OK;
}

/* --- a batch --- */

typedef struct batch_run {
    crew crew;
    const nd_index_batch *batch;
    nd_index_mode mode;
    nd_index_outcome *outcomes;
    size_t num_taken;
    nd_error *error;
} batch_run;

static nd_index_document document_of(const nd_index_batch *b, size_t i)
{
    const nd_batch_text text = nd_text_batch_get(b->texts, i), id = nd_text_batch_get(b->ids, i);
    const nd_batch_text source =
        b->sources ? nd_text_batch_get(b->sources, i) : (nd_batch_text){NULL, 0};
    return (nd_index_document){
        .id = id.p,
        .id_len_bytes = id.len_bytes,
        .text = text.p,
        .text_len_bytes = text.len_bytes,
        .source = source.p,
        .source_len_bytes = source.len_bytes,
        .time = b->times ? b->times[i] : 0,
        .tag = b->tags ? b->tags[i] : 0,
    };
}

/* An nd_slot_task_fn. */
static nd_status prepare_texts(void *ctx, uint32_t worker, size_t task, size_t slot)
{
    batch_run *const r = ctx;
    nd_prepared_list *const list = &r->crew.lists[slot];
    const size_t end = (task + 1) * TEXTS_A_TASK;
    nd_error error = {0};
    nd_status status = ND_OK;
    nd_prepared_list_clear(list);
    for (size_t i = task * TEXTS_A_TASK; status == ND_OK && i < end && i < r->batch->texts->num;
         i++) {
        const nd_index_document document = document_of(r->batch, i);
        status =
            nd_prepare(&r->crew.index->preparers[worker], &document, r->crew.wanted, list, &error);
    }
    return crew_fail(&r->crew, status, &error);
}

/* An nd_slot_fn. */
static nd_status add_texts(void *ctx, size_t slot)
{
    batch_run *const r = ctx;
    const nd_prepared_list *const list = &r->crew.lists[slot];
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && i < list->items.len; i++) {
        nd_index_outcome outcome;
        status =
            nd_writer_add(r->crew.index, list, &list->items.items[i], r->mode, &outcome, r->error);
        if (r->outcomes)
            r->outcomes[r->num_taken++] = outcome;
    }
    return status;
}

nd_status nd_index_add_batch(nd_index *index, const nd_index_batch *batch, nd_index_mode mode,
                             nd_index_outcome *outcomes, nd_error *error)
{
    const unsigned wanted = WANTED | (mode == ND_INDEX_IF_UNMATCHED ? ND_PREPARE_SET : 0u);
    const size_t num_tasks = (batch->texts->num + TEXTS_A_TASK - 1) / TEXTS_A_TASK;
    batch_run r = {.batch = batch, .mode = mode, .outcomes = outcomes, .error = error};
    nd_status status = nd_writer_begin(index, error);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    status = crew_init(&r.crew, index, (size_t)index->num_threads * SLOTS_A_THREAD, wanted);
    if (status == ND_OK)
        status = nd_threads_in_order(&index->allocator, index->num_threads, num_tasks,
                                     r.crew.num_slots, prepare_texts, add_texts, &r);
    status = crew_end(&r.crew, status, error);
    return status == ND_OK ? ND_OK : nd_writer_give_up(index, status);
}

/* --- a source --- */

typedef struct source_run {
    crew crew;
    const nd_source *source;
    nd_index_source_options options;
    void **blocks; /* of this round */
    size_t num_blocks;
    uint64_t num_documents, num_uncommitted;
    nd_error *error;
} source_run;

typedef struct emission {
    source_run *run;
    nd_preparer *preparer;
    nd_prepared_list *list;
    nd_error error;
} emission;

/* An nd_document_fn. */
static nd_status prepare_document(void *ctx, const nd_document *document)
{
    emission *const e = ctx;
    const nd_index_document d = {
        .id = document->id,
        .id_len_bytes = document->id_len_bytes,
        .text = document->text,
        .text_len_bytes = document->text_len_bytes,
        .source = document->source,
        .source_len_bytes = document->source_len_bytes,
        .time = document->time,
        .tag = document->tag,
    };
    return nd_prepare(e->preparer, &d, e->run->crew.wanted, e->list, &e->error);
}

/* An nd_slot_task_fn: a block. */
static nd_status decode_block(void *ctx, uint32_t worker, size_t task, size_t slot)
{
    source_run *const r = ctx;
    emission e = {r, &r->crew.index->preparers[worker], &r->crew.lists[slot], {0}};
    nd_error error = {0};
    void *const block = r->blocks[task];
    nd_prepared_list_clear(e.list);
    r->blocks[task] = NULL;
    const nd_status status = r->source->decode(r->source->ctx, block, prepare_document, &e, &error);
    return crew_fail(&r->crew, status, e.error.code ? &e.error : &error);
}

static nd_status add_one(source_run *r, const nd_prepared_list *list, const nd_prepared *item)
{
    nd_index *const index = r->crew.index;
    const nd_index_document document = nd_prepared_document(list, item);
    nd_index_addition addition = {
        .id = document.id, .id_len_bytes = document.id_len_bytes, .tag = document.tag};
    nd_status status = ND_OK;
    if (r->options.query)
        status = nd_query_prepared(index, list, item, r->options.query, &addition.matches,
                                   &addition.num_matches, r->error);
    /* Asking again, for the mode, would take the matches' place. */
    nd_index_mode mode = r->options.mode;
    const bool is_matched = mode == ND_INDEX_IF_UNMATCHED && addition.num_matches > 0;
    if (mode == ND_INDEX_IF_UNMATCHED && r->options.query)
        mode = ND_INDEX_IF_NEW;
    addition.outcome = ND_INDEX_MATCHED;
    if (status == ND_OK && !is_matched)
        status = nd_writer_add(index, list, item, mode, &addition.outcome, r->error);
    if (status == ND_OK && r->options.added)
        status = r->options.added(r->options.ctx, &addition);
    return status;
}

static nd_status commit(source_run *r)
{
    nd_status status = nd_index_commit(r->crew.index, r->error);
    r->num_uncommitted = 0;
    if (status == ND_OK && r->options.committed)
        status = r->options.committed(r->options.ctx);
    return status;
}

/* An nd_slot_fn: the documents of a block. */
static nd_status add_block(void *ctx, size_t slot)
{
    source_run *const r = ctx;
    const nd_prepared_list *const list = &r->crew.lists[slot];
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && i < list->items.len; i++)
        status = add_one(r, list, &list->items.items[i]);
    r->num_documents += list->items.len;
    r->num_uncommitted += list->items.len;
    if (status == ND_OK && r->options.progress)
        status = r->options.progress(r->options.progress_ctx, ND_PHASE_READ, r->num_documents, 0);
    return status;
}

/* Takes the next blocks; *is_last where there are no more. */
static nd_status take_blocks(source_run *r, bool *is_last)
{
    nd_status status = ND_OK;
    void *block = NULL;
    r->num_blocks = 0;
    do {
        status = r->source->next(r->source->ctx, &block, r->error);
        if (status == ND_OK && block)
            r->blocks[r->num_blocks++] = block;
    } while (status == ND_OK && block && r->num_blocks < r->crew.num_slots);
    *is_last = !block;
    return status;
}

/* Blocks that a failure left undecoded. */
static void discard_blocks(source_run *r)
{
    for (size_t i = 0; i < r->num_blocks; i++)
        if (r->blocks[i])
            r->source->discard(r->source->ctx, r->blocks[i]);
    r->num_blocks = 0;
}

static nd_status add_all(source_run *r)
{
    nd_index *const index = r->crew.index;
    const uint64_t most = r->options.commit_documents;
    bool is_last = false;
    nd_status status = ND_OK;
    while (status == ND_OK && !is_last) {
        status = take_blocks(r, &is_last);
        if (status == ND_OK)
            status = nd_threads_in_order(&index->allocator, index->num_threads, r->num_blocks,
                                         r->crew.num_slots, decode_block, add_block, r);
        discard_blocks(r);
        const bool is_due =
            is_last || r->options.blocks_at_once == 1 || (most > 0 && r->num_uncommitted >= most);
        if (status == ND_OK && is_due)
            status = commit(r);
    }
    return status;
}

void nd_index_source_options_init_sized(nd_index_source_options *options, size_t size_bytes)
{
    const nd_index_source_options full = {.size_bytes = sizeof full, .commit_documents = 10000};
    nd_option_struct_init(options, size_bytes, &full);
}

nd_status nd_index_add_source(nd_index *index, const nd_source *source,
                              const nd_index_source_options *options, nd_error *error)
{
    source_run r = {.source = source, .error = error};
    nd_index_source_options_init(&r.options);
    nd_status status = options ? nd_option_struct_copy(&r.options, options) : ND_OK;
    if (status == ND_OK)
        status = nd_writer_begin(index, error);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    const bool asks = r.options.query || r.options.mode == ND_INDEX_IF_UNMATCHED;
    const size_t num_slots = r.options.blocks_at_once ? r.options.blocks_at_once
                                                      : (size_t)index->num_threads * SLOTS_A_THREAD;
    status = crew_init(&r.crew, index, num_slots, WANTED | (asks ? ND_PREPARE_SET : 0u));
    r.blocks = nd_alloc_zeroed(&index->allocator, num_slots, sizeof *r.blocks);
    if (status == ND_OK)
        status = r.blocks ? add_all(&r) : ND_ERR_NO_MEMORY;
    nd_release(&index->allocator, r.blocks);
    status = crew_end(&r.crew, status, error);
    return status == ND_OK ? ND_OK : nd_writer_give_up(index, status);
}

/* --- removing --- */

nd_status nd_index_remove(nd_index *index, const char *id, size_t id_len_bytes, nd_error *error)
{
    uint32_t number = ND_NO_NUMBER;
    nd_status status = nd_writer_begin(index, error);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    status =
        nd_index_find_id(index, (nd_bytes_view){id, id_len_bytes}, &index->record, &number, error);
    if (status == ND_OK && number == ND_NO_NUMBER)
        return nd_index_no_document(index, id, id_len_bytes, error);
    if (status == ND_OK)
        status = nd_writer_remove(index, number, error);
    return status == ND_OK ? ND_OK : nd_index_fail(error, nd_writer_give_up(index, status));
}

nd_status nd_index_remove_before(nd_index *index, int64_t time, uint64_t *num, nd_error *error)
{
    *num = 0;
    nd_status status = nd_writer_begin(index, error);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    for (uint32_t i = 0; status == ND_OK && i < index->num_documents; i++) {
        nd_document_entry entry;
        if (nd_bits_has(&index->removals.documents, i))
            continue;
        status = nd_index_document_entry(index, i, &entry, error);
        if (status != ND_OK || entry.time == 0 || entry.time >= time)
            continue;
        status = nd_writer_remove(index, i, error);
        *num += status == ND_OK;
    }
    return status == ND_OK ? ND_OK : nd_index_fail(error, nd_writer_give_up(index, status));
}
