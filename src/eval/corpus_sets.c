#include "eval/corpus_sets.h"

#include <string.h>

#include "neardup/repair.h"
#include "neardup/text.h"
#include "util/alloc.h"
#include "util/threads.h"

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
