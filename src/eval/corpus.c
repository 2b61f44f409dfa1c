#include "eval/evaluator.h"

#include <stdlib.h>
#include <string.h>

#include "neardup/repair.h"
#include "neardup/text.h"
#include "util/alloc.h"
#include "util/sort.h"
#include "util/threads.h"

/* --- documents --- */

enum { CHUNK_BYTES = 1 << 20, DOCUMENTS_A_BLOCK = 64 };

void nd_corpus_init(nd_corpus *corpus, nd_texts texts, const nd_allocator *allocator)
{
    *corpus = (nd_corpus){.allocator = nd_allocator_or_default(allocator), .texts = texts};
}

/* Makes sure of `num` parts, which keep what they hold. */
static nd_status reserve_parts(nd_corpus *corpus, uint32_t num)
{
    if (num <= corpus->num_parts)
        return ND_OK;
    nd_corpus_part *const parts = nd_alloc_zeroed(&corpus->allocator, num, sizeof *parts);
    if (!parts)
        return ND_ERR_NO_MEMORY;
    if (corpus->num_parts > 0)
        memcpy(parts, corpus->parts, corpus->num_parts * sizeof *parts);
    for (uint32_t i = corpus->num_parts; i < num; i++)
        nd_arena_init(&parts[i].bytes, &corpus->allocator, CHUNK_BYTES);
    nd_release(&corpus->allocator, corpus->parts);
    corpus->parts = parts;
    corpus->num_parts = num;
    return ND_OK;
}

static nd_status add_to_part(nd_corpus *corpus, nd_corpus_part *part, const nd_document *document)
{
    const size_t text_bytes = corpus->texts == ND_TEXTS_KEEP ? document->text_len_bytes : 0;
    const nd_status status = ND_VEC_RESERVE(&corpus->allocator, &part->documents, 1);
    if (status != ND_OK)
        return status;
    char *const copy = nd_arena_alloc(&part->bytes, document->id_len_bytes + text_bytes + 1);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    if (document->id_len_bytes > 0)
        memcpy(copy, document->id, document->id_len_bytes);
    if (text_bytes > 0)
        memcpy(copy + document->id_len_bytes, document->text, text_bytes);
    nd_document held = *document;
    held.id = copy;
    held.text = copy + document->id_len_bytes;
    held.text_len_bytes = text_bytes;
    held.is_lasting = 0; /* it is held here, whatever its source does */
    part->documents.items[part->documents.len++] = held;
    return ND_OK;
}

nd_status nd_corpus_add(nd_corpus *corpus, const nd_document *document)
{
    if (corpus->is_sealed)
        return ND_ERR_INVALID_ARGUMENT;
    const nd_status status = reserve_parts(corpus, 1);
    return status == ND_OK ? add_to_part(corpus, &corpus->parts[0], document) : status;
}

/* An nd_document_map_fn. */
static nd_status hold(void *ctx, uint32_t worker, const nd_document *document)
{
    nd_corpus *const corpus = ctx;
    return add_to_part(corpus, &corpus->parts[worker], document);
}

nd_status nd_corpus_add_source(nd_corpus *corpus, const nd_source *source,
                               const nd_document_map_options *options, nd_error *error)
{
    if (corpus->is_sealed)
        return ND_ERR_INVALID_ARGUMENT;
    const nd_status status = reserve_parts(corpus, options->num_threads);
    return status == ND_OK ? nd_document_map(source, options, hold, corpus, error) : status;
}

static int compare_ids(const nd_document *a, const nd_document *b)
{
    return nd_compare_bytes(a->id, a->id_len_bytes, b->id, b->id_len_bytes);
}

/* Of one id by text, so that the first depends on the documents alone. */
static int compare_documents(const void *left, const void *right)
{
    const nd_document *const a = left, *const b = right;
    const int order = compare_ids(a, b);
    return order != 0 ? order
                      : nd_compare_bytes(a->text, a->text_len_bytes, b->text, b->text_len_bytes);
}

static nd_status gather(nd_corpus *corpus)
{
    size_t num = 0;
    for (uint32_t w = 0; w < corpus->num_parts; w++)
        num += corpus->parts[w].documents.len;
    if (num >= UINT32_MAX)
        return ND_ERR_LIMIT;
    corpus->documents = nd_alloc(&corpus->allocator, num, sizeof *corpus->documents);
    corpus->id_of = nd_alloc(&corpus->allocator, num, sizeof *corpus->id_of);
    corpus->first_of = nd_alloc(&corpus->allocator, num, sizeof *corpus->first_of);
    if (!corpus->documents || !corpus->id_of || !corpus->first_of)
        return ND_ERR_NO_MEMORY;
    for (uint32_t w = 0; w < corpus->num_parts; w++) {
        const nd_corpus_part *const part = &corpus->parts[w];
        for (size_t i = 0; i < part->documents.len; i++)
            corpus->documents[corpus->num_documents++] = part->documents.items[i];
        ND_VEC_RELEASE(&corpus->allocator, &corpus->parts[w].documents);
    }
    if (num > 1)
        qsort(corpus->documents, num, sizeof *corpus->documents, compare_documents);
    return ND_OK;
}

nd_status nd_corpus_seal(nd_corpus *corpus)
{
    if (corpus->is_sealed)
        return ND_OK;
    const nd_status status = gather(corpus);
    if (status != ND_OK)
        return status;
    corpus->is_sealed = true;
    for (size_t d = 0; d < corpus->num_documents; d++) {
        const nd_document *const document = &corpus->documents[d];
        if (d == 0 || compare_ids(document - 1, document) != 0)
            corpus->first_of[corpus->num_ids++] = (uint32_t)d;
        corpus->id_of[d] = (uint32_t)corpus->num_ids - 1;
        corpus->text_bytes += document->text_len_bytes;
    }
    return ND_OK;
}

bool nd_corpus_find(const nd_corpus *corpus, const char *id, size_t id_len_bytes, uint32_t *number)
{
    const nd_document wanted = {.id = id, .id_len_bytes = id_len_bytes};
    size_t low = 0, high = corpus->num_ids;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_ids(nd_corpus_document(corpus, (uint32_t)middle), &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *number = (uint32_t)low;
    return low < corpus->num_ids &&
           compare_ids(nd_corpus_document(corpus, (uint32_t)low), &wanted) == 0;
}

/* Reads ID#N, N being 2 or more as a scan writes it; returns the length of ID, or 0. */
static size_t split_name(const char *name, size_t len_bytes, uint64_t *n)
{
    size_t at = len_bytes;
    *n = 0;
    while (at > 0 && name[at - 1] >= '0' && name[at - 1] <= '9')
        at--;
    if (at < 2 || at == len_bytes || len_bytes - at > 10 || name[at - 1] != '#' || name[at] == '0')
        return 0;
    for (size_t i = at; i < len_bytes; i++)
        *n = *n * 10 + (uint64_t)(name[i] - '0');
    return *n >= 2 ? at - 1 : 0;
}

bool nd_corpus_find_name(const nd_corpus *corpus, const char *name, size_t name_len_bytes,
                         uint32_t *number, uint64_t *rank)
{
    uint64_t n, other;
    uint32_t at;
    const size_t id_len = split_name(name, name_len_bytes, &n);
    if (id_len == 0 || !nd_corpus_find(corpus, name, id_len, number))
        return false;
    *rank = n - 1;
    (void)nd_corpus_find(corpus, name, id_len + 1, &at); /* where ids that begin with ID# begin */
    for (size_t looked = 0; at < corpus->num_ids; at++) {
        const nd_document *const d = nd_corpus_document(corpus, at);
        if (d->id_len_bytes <= id_len || memcmp(d->id, name, id_len + 1) != 0)
            return true;
        if (looked++ == ND_CORPUS_MOST_SUCH_IDS)
            return false;
        *rank -= split_name(d->id, d->id_len_bytes, &other) == id_len && other < n;
    }
    return true;
}

/* A block is the first of its documents. */
static nd_status next_block(void *ctx, void **block, nd_error *error)
{
    (void)error;
    nd_corpus_reading *const reading = ctx;
    *block = NULL;
    if (reading->next < reading->corpus->num_documents)
        *block = &reading->corpus->documents[reading->next];
    reading->next += DOCUMENTS_A_BLOCK;
    return ND_OK;
}

static nd_status decode_block(void *ctx, void *block, nd_document_fn emit, void *emit_ctx,
                              nd_error *error)
{
    (void)error;
    const nd_corpus *const corpus = ((const nd_corpus_reading *)ctx)->corpus;
    const size_t first = (size_t)((const nd_document *)block - corpus->documents);
    const size_t left = corpus->num_documents - first;
    nd_status status = ND_OK;
    for (size_t i = first; i < first + (left < DOCUMENTS_A_BLOCK ? left : DOCUMENTS_A_BLOCK); i++) {
        nd_document document = corpus->documents[i];
        document.tag = corpus->id_of[i];
        status = emit(emit_ctx, &document);
        if (status != ND_OK)
            return status;
    }
    return status;
}

static void discard_block(void *ctx, void *block)
{
    (void)ctx;
    (void)block;
}

nd_source nd_corpus_source(const nd_corpus *corpus, nd_corpus_reading *reading)
{
    *reading = (nd_corpus_reading){.corpus = corpus};
    return (nd_source){
        .ctx = reading, .next = next_block, .decode = decode_block, .discard = discard_block};
}

void nd_corpus_release(nd_corpus *corpus)
{
    for (uint32_t w = 0; w < corpus->num_parts; w++) {
        nd_arena_release(&corpus->parts[w].bytes);
        ND_VEC_RELEASE(&corpus->allocator, &corpus->parts[w].documents);
    }
    nd_release(&corpus->allocator, corpus->parts);
    nd_release(&corpus->allocator, corpus->documents);
    nd_release(&corpus->allocator, corpus->id_of);
    nd_release(&corpus->allocator, corpus->first_of);
    *corpus = (nd_corpus){.allocator = corpus->allocator};
}

/* --- shingle sets --- */

enum { DOCUMENTS_A_TASK = 64 };

/* What one thread made: the set of document d is elements[place[d] ..]. */
typedef struct maker {
    nd_repairer *repairer;
    nd_text *text;
    ND_VEC(uint64_t) elements;
    uint64_t *scratch;
    size_t scratch_capacity;
} maker;

typedef struct making {
    const nd_corpus *corpus;
    nd_corpus_sets *sets;
    maker *makers;
    uint32_t num_makers;
    uint32_t *maker_of; /* [documents] */
    size_t *place;
} making;

static nd_status make_set(making *m, uint32_t worker, size_t d)
{
    maker *const w = &m->makers[worker];
    const nd_allocator *const a = m->sets->allocator;
    const nd_document *const document = &m->corpus->documents[d];
    const char *bytes;
    size_t len_bytes;
    nd_status status = nd_repairer_apply(w->repairer, document->text, document->text_len_bytes,
                                         &bytes, &len_bytes);
    if (status == ND_OK)
        status = nd_text_set(w->text, bytes, len_bytes, ND_TEXT_NO_OFFSETS);
    if (status == ND_ERR_LIMIT) /* a text that a scan leaves out matches nothing */
        status = nd_text_set(w->text, "", 0, ND_TEXT_NO_OFFSETS);
    if (status != ND_OK)
        return status;
    const size_t num = nd_shingle_count(w->text, m->sets->shingle);
    status = ND_VEC_RESERVE(a, &w->elements, num + 1); /* never NULL, even for an empty set */
    if (status == ND_OK)
        status = nd_reserve(a, (void **)&w->scratch, &w->scratch_capacity, num, sizeof *w->scratch);
    if (status != ND_OK)
        return status;
    uint64_t *const set = w->elements.items + w->elements.len;
    status = nd_shingle_hashes(w->text, m->sets->shingle, set);
    if (status != ND_OK)
        return status;
    m->maker_of[d] = worker;
    m->place[d] = w->elements.len;
    m->sets->starts[d + 1] = nd_shingle_set(set, num, w->scratch); /* its size, for now */
    w->elements.len += m->sets->starts[d + 1];
    return ND_OK;
}

/* An nd_task_fn. */
static nd_status make_some(void *ctx, uint32_t worker, size_t task)
{
    making *const m = ctx;
    const size_t begin = task * DOCUMENTS_A_TASK;
    const size_t left = m->corpus->num_documents - begin;
    const size_t end = begin + (left < DOCUMENTS_A_TASK ? left : DOCUMENTS_A_TASK);
    nd_status status = ND_OK;
    for (size_t d = begin; d < end && status == ND_OK; d++)
        status = make_set(m, worker, d);
    return status;
}

static nd_status put_together(making *m)
{
    nd_corpus_sets *const sets = m->sets;
    const size_t num = m->corpus->num_documents;
    sets->starts[0] = 0;
    for (size_t d = 0; d < num; d++)
        sets->starts[d + 1] += sets->starts[d];
    sets->elements = nd_alloc(sets->allocator, sets->starts[num], sizeof *sets->elements);
    if (!sets->elements)
        return ND_ERR_NO_MEMORY;
    for (size_t d = 0; d < num; d++)
        memcpy(sets->elements + sets->starts[d],
               m->makers[m->maker_of[d]].elements.items + m->place[d],
               (sets->starts[d + 1] - sets->starts[d]) * sizeof *sets->elements);
    sets->list = (nd_set_list){sets->elements, sets->starts, num};
    return ND_OK;
}

static nd_status begin(making *m)
{
    const nd_allocator *const a = m->sets->allocator;
    const size_t num = m->corpus->num_documents;
    m->makers = nd_alloc_zeroed(a, m->num_makers, sizeof *m->makers);
    m->maker_of = nd_alloc(a, num, sizeof *m->maker_of);
    m->place = nd_alloc(a, num, sizeof *m->place);
    m->sets->starts = nd_alloc(a, num + 1, sizeof *m->sets->starts);
    if (!m->makers || !m->maker_of || !m->place || !m->sets->starts)
        return ND_ERR_NO_MEMORY;
    nd_status status = ND_OK;
    for (uint32_t w = 0; w < m->num_makers && status == ND_OK; w++) {
        status = nd_repairer_new(m->sets->repairs, m->sets->folds, a, &m->makers[w].repairer);
        if (status == ND_OK)
            status = nd_text_new(a, &m->makers[w].text);
    }
    return status;
}

static void end(making *m)
{
    const nd_allocator *const a = m->sets->allocator;
    for (uint32_t w = 0; m->makers && w < m->num_makers; w++) {
        nd_repairer_free(m->makers[w].repairer);
        nd_text_free(m->makers[w].text);
        ND_VEC_RELEASE(a, &m->makers[w].elements);
        nd_release(a, m->makers[w].scratch);
    }
    nd_release(a, m->makers);
    nd_release(a, m->maker_of);
    nd_release(a, m->place);
}

nd_status nd_corpus_sets_make(nd_corpus_sets *sets, const nd_corpus *corpus,
                              const nd_scan_options *options, uint32_t num_threads)
{
    if (sets->elements && sets->shingle.kind == options->shingle.kind &&
        sets->shingle.width == options->shingle.width && sets->repairs == options->repairs &&
        sets->folds == options->folds)
        return ND_OK;
    nd_corpus_sets_release(sets);
    *sets = (nd_corpus_sets){.allocator = &corpus->allocator,
                             .shingle = options->shingle,
                             .repairs = options->repairs,
                             .folds = options->folds};
    making m = {.corpus = corpus, .sets = sets, .num_makers = num_threads};
    const size_t num_tasks = (corpus->num_documents + DOCUMENTS_A_TASK - 1) / DOCUMENTS_A_TASK;
    nd_status status = begin(&m);
    if (status == ND_OK)
        status = nd_threads_for(&corpus->allocator, num_threads, num_tasks, make_some, &m);
    if (status == ND_OK)
        status = put_together(&m);
    end(&m);
    return status;
}

nd_similarity nd_corpus_sets_compare(const nd_corpus_sets *sets, const nd_corpus *corpus,
                                     uint32_t a, uint32_t b)
{
    const size_t d = corpus->first_of[a], e = corpus->first_of[b];
    return nd_similarity_compute(
        sets->elements + sets->starts[d], sets->starts[d + 1] - sets->starts[d],
        sets->elements + sets->starts[e], sets->starts[e + 1] - sets->starts[e]);
}

void nd_corpus_sets_release(nd_corpus_sets *sets)
{
    if (sets->allocator) {
        nd_release(sets->allocator, sets->elements);
        nd_release(sets->allocator, sets->starts);
    }
    *sets = (nd_corpus_sets){0};
}
