/* Candidates of a batch and what a scan reports of them, for those who make a scan from its parts.
 * As in a scan, copies are one text first; texts are numbered by size, for the buckets by tokens
 * and for rare shingles by shingles:
 *
 *   order    | 7  2 | 4 | 0  9  3 | ...      documents; those of one digest stand together
 *   starts     0      2   3                  text t is order[starts[t] .. starts[t + 1])      */
#include "neardup/candidates.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "coverage/coverage.h"
#include "coverage/verdict.h"
#include "engine/scan_state.h"
#include "lsh/buckets.h"
#include "neardup/batch.h"
#include "neardup/document_map.h"
#include "neardup/verdict.h"
#include "neardup/verify.h"
#include "util/error.h"
#include "util/sort.h"
#include "util/threads.h"

/* --- candidates --- */

enum { TEXTS_A_TASK = 256 };

/* One worker's pairs of documents, | a, 32 bits | b, 32 |. */
typedef struct finding_worker {
    nd_mate_finder mates;
    nd_posting_walk walk;
    nd_candidate_finder rare;
    ND_VEC(uint64_t) pairs;
} finding_worker;

typedef struct finding {
    const nd_candidate_texts *texts;
    nd_allocator allocator;
    uint32_t num_threads;
    uint32_t *order;
    size_t *starts;
    size_t num_texts;
    nd_bucket_index buckets;
    nd_shared_shingles shared;
    finding_worker *workers;
} finding;

static size_t size_of(const nd_candidate_texts *t, uint32_t d)
{
    return t->bands ? t->num_tokens[d]
                    : t->sequences->starts[d + (size_t)1] - t->sequences->starts[d];
}

static int compare_digests(const nd_candidate_texts *t, uint32_t a, uint32_t b)
{
    const uint64_t *const x = t->digests + a * (size_t)2, *const y = t->digests + b * (size_t)2;
    const int order = (x[0] > y[0]) - (x[0] < y[0]);
    return order != 0 ? order : (x[1] > y[1]) - (x[1] < y[1]);
}

/* An nd_compare_fn of document numbers: the larger first, then by digest, then by number. */
static int compare_documents(void *ctx, const void *left, const void *right)
{
    const nd_candidate_texts *const t = ctx;
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const size_t size_a = size_of(t, a), size_b = size_of(t, b);
    int order = (size_a < size_b) - (size_a > size_b);
    order = order != 0 ? order : compare_digests(t, a, b);
    return order != 0 ? order : (a > b) - (a < b);
}

/* Fills in order and starts. */
static nd_status order_texts(finding *f)
{
    const nd_candidate_texts *const t = f->texts;
    size_t num = 0;
    f->order = nd_alloc(&f->allocator, t->num, sizeof *f->order);
    f->starts = nd_alloc(&f->allocator, t->num + 1, sizeof *f->starts);
    if (!f->order || !f->starts)
        return ND_ERR_NO_MEMORY;
    for (size_t d = 0; d < t->num; d++)
        if (t->num_tokens[d] > 0)
            f->order[num++] = (uint32_t)d;
    nd_candidate_texts ctx = *t;
    nd_heap_sort(f->order, num, sizeof *f->order, compare_documents, &ctx);
    for (size_t i = 0; i < num; i++)
        if (i == 0 || compare_digests(t, f->order[i - 1], f->order[i]) != 0)
            f->starts[f->num_texts++] = i;
    f->starts[f->num_texts] = num;
    return ND_OK;
}

static nd_status fill_buckets(finding *f)
{
    const nd_candidate_texts *const t = f->texts;
    uint32_t *const keys = nd_alloc(&f->allocator, f->num_texts, t->bands * sizeof *keys);
    if (!keys)
        return ND_ERR_NO_MEMORY;
    for (size_t x = 0; x < f->num_texts; x++) {
        const uint64_t *const own = t->band_keys + f->order[f->starts[x]] * (size_t)t->bands;
        for (uint32_t band = 0; band < t->bands; band++)
            keys[band * f->num_texts + x] = nd_band_key_short(own[band]);
    }
    return nd_bucket_index_init(&f->buckets, keys, f->num_texts, t->bands, f->num_threads,
                                &f->allocator);
}

static nd_status share_shingles(finding *f)
{
    const nd_set_list *const sets = f->texts->sequences;
    nd_sampled_text *const sampled = nd_alloc(&f->allocator, f->num_texts, sizeof *sampled);
    if (!sampled)
        return ND_ERR_NO_MEMORY;
    for (size_t x = 0; x < f->num_texts; x++) {
        const uint32_t d = f->order[f->starts[x]];
        sampled[x] =
            nd_sampled_text_of(sets->elements + sets->starts[d], (uint32_t)size_of(f->texts, d));
    }
    return nd_shared_shingles_init(&f->shared, sampled, f->num_texts, f->num_threads,
                                   &f->allocator);
}

/* Adds the pairs of each document of text x with each of text y, or within x itself. */
static nd_status add_pairs(const finding *f, finding_worker *w, size_t x, size_t y)
{
    const size_t num_x = f->starts[x + 1] - f->starts[x], num_y = f->starts[y + 1] - f->starts[y];
    const nd_status status = ND_VEC_RESERVE(&f->allocator, &w->pairs, num_x * num_y);
    if (status != ND_OK)
        return status;
    for (size_t i = f->starts[x]; i < f->starts[x + 1]; i++)
        for (size_t j = x == y ? i + 1 : f->starts[y]; j < f->starts[y + 1]; j++) {
            const uint32_t a = f->order[i], b = f->order[j];
            w->pairs.items[w->pairs.len++] = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
        }
    return ND_OK;
}

/* Adds the pairs of text x with the texts that it is proposed with, some of them twice, and within
 * itself. */
static nd_status add_mates(const finding *f, finding_worker *w, size_t x, const uint32_t *mates,
                           size_t num)
{
    nd_status status = ND_OK;
    for (size_t i = 0; i < num && status == ND_OK; i++)
        status = add_pairs(f, w, x, mates[i]);
    return status == ND_OK ? add_pairs(f, w, x, x) : status;
}

static nd_status find_by_bands(void *ctx, uint32_t worker, size_t task)
{
    const finding *const f = ctx;
    finding_worker *const w = &f->workers[worker];
    const size_t end = (task + 1) * TEXTS_A_TASK;
    nd_status status = ND_OK;
    for (size_t x = task * TEXTS_A_TASK; x < end && x < f->num_texts && status == ND_OK; x++) {
        status =
            nd_mate_finder_find(&w->mates, &f->buckets, (uint32_t)x, ND_MATES_LATER, &f->allocator);
        if (status == ND_OK)
            status = add_mates(f, w, x, w->mates.mates.items, w->mates.mates.len);
    }
    return status;
}

static nd_status find_by_rare(void *ctx, uint32_t worker, size_t chunk)
{
    const finding *const f = ctx;
    finding_worker *const w = &f->workers[worker];
    nd_status status = nd_posting_walk_begin(&w->walk, &f->shared, chunk, &f->allocator);
    while (status == ND_OK && nd_posting_walk_has_next(&w->walk)) {
        size_t x;
        status = nd_posting_walk_next(&w->walk, &f->allocator, &x);
        if (status == ND_OK)
            status = nd_candidate_finder_find(&w->rare, &f->shared, (uint32_t)x,
                                              w->walk.samples.items, &f->allocator);
        if (status == ND_OK)
            status = add_mates(f, w, x, w->rare.candidates.items, w->rare.candidates.len);
    }
    return status;
}

/* The pairs of all workers, sorted, none twice. */
static nd_status gather(const finding *f, nd_document_pair **pairs, size_t *num_pairs)
{
    size_t num = 0, at = 0;
    for (uint32_t w = 0; w < f->num_threads; w++)
        num += f->workers[w].pairs.len;
    uint64_t *const all = nd_alloc(&f->allocator, num, sizeof *all);
    uint64_t *const scratch = nd_alloc(&f->allocator, num, sizeof *scratch);
    nd_document_pair *const out = nd_alloc(&f->allocator, num, sizeof *out);
    const bool has_room = all && scratch && out;
    for (uint32_t w = 0; w < f->num_threads && has_room; w++) {
        const finding_worker *const worker = &f->workers[w];
        if (worker->pairs.len)
            memcpy(all + at, worker->pairs.items, worker->pairs.len * sizeof *all);
        at += worker->pairs.len;
    }
    if (has_room) {
        nd_radix_sort_u64(all, scratch, num);
        for (size_t i = 0; i < num; i++)
            if (i == 0 || all[i] != all[i - 1])
                out[(*num_pairs)++] =
                    (nd_document_pair){(uint32_t)(all[i] >> 32), (uint32_t)all[i]};
        *pairs = out;
    } else {
        nd_release(&f->allocator, out);
    }
    nd_release(&f->allocator, all);
    nd_release(&f->allocator, scratch);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}

static void release(finding *f)
{
    for (uint32_t w = 0; w < f->num_threads && f->workers; w++) {
        nd_mate_finder_release(&f->workers[w].mates, &f->allocator);
        nd_posting_walk_release(&f->workers[w].walk, &f->allocator);
        nd_candidate_finder_release(&f->workers[w].rare, &f->allocator);
        ND_VEC_RELEASE(&f->allocator, &f->workers[w].pairs);
    }
    nd_release(&f->allocator, f->workers);
    nd_bucket_index_release(&f->buckets, &f->allocator);
    nd_shared_shingles_release(&f->shared, &f->allocator);
    nd_release(&f->allocator, f->order);
    nd_release(&f->allocator, f->starts);
}

nd_status nd_candidates_find(const nd_candidate_texts *texts, uint32_t num_threads,
                             const nd_allocator *allocator, nd_document_pair **pairs,
                             size_t *num_pairs)
{
    finding f = {.texts = texts,
                 .allocator = nd_allocator_or_default(allocator),
                 .num_threads = num_threads ? num_threads : nd_num_processors()};
    *pairs = NULL;
    *num_pairs = 0;
    if (texts->bands ? !texts->band_keys : !texts->sequences || texts->sequences->num != texts->num)
        return ND_ERR_INVALID_ARGUMENT;
    if (texts->num >= UINT32_MAX)
        return ND_ERR_LIMIT;
    f.workers = nd_alloc_zeroed(&f.allocator, f.num_threads, sizeof *f.workers);
    nd_status status = f.workers ? order_texts(&f) : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = texts->bands ? fill_buckets(&f) : share_shingles(&f);
    const size_t num_tasks =
        texts->bands ? (f.num_texts + TEXTS_A_TASK - 1) / TEXTS_A_TASK : ND_SHARED_CHUNKS;
    if (status == ND_OK)
        status = nd_threads_for(&f.allocator, f.num_threads, num_tasks,
                                texts->bands ? find_by_bands : find_by_rare, &f);
    if (status == ND_OK)
        status = gather(&f, pairs, num_pairs);
    release(&f);
    return status;
}

void nd_candidates_free(nd_document_pair *pairs, const nd_allocator *allocator)
{
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_release(&a, pairs);
}

/* --- verdicts on pairs --- */

enum { PAIRS_A_TASK = 256 };

typedef struct matching {
    const nd_matched_texts *texts;
    const nd_scan_options *options;
    const nd_document_pair *pairs;
    size_t num;
    nd_matched_pair *out;
} matching;

static nd_status compare_task(void *ctx, uint32_t worker, size_t task)
{
    (void)worker;
    const matching *const m = ctx;
    const nd_set_list *const sets = m->texts->sets;
    const size_t end = (task + 1) * PAIRS_A_TASK;
    for (size_t i = task * PAIRS_A_TASK; i < end && i < m->num; i++) {
        const size_t a = m->pairs[i].a, b = m->pairs[i].b;
        if (a >= sets->num || b >= sets->num)
            return ND_ERR_INVALID_ARGUMENT;
        m->out[i] = (nd_matched_pair){
            .similarity = nd_similarity_compute(
                sets->elements + sets->starts[a], sets->starts[a + 1] - sets->starts[a],
                sets->elements + sets->starts[b], sets->starts[b + 1] - sets->starts[b])};
    }
    return ND_OK;
}

/* Whether the texts are copies; without words they are none. */
static bool is_copy(const matching *m, size_t i)
{
    const uint64_t *const a = m->texts->digests + m->pairs[i].a * (size_t)2;
    const uint64_t *const b = m->texts->digests + m->pairs[i].b * (size_t)2;
    return a[0] == b[0] && a[1] == b[1] && m->out[i].similarity.common > 0;
}

static bool is_judged(const matching *m, size_t i)
{
    const nd_similarity *const s = &m->out[i].similarity;
    return s->common > 0 && !is_copy(m, i) &&
           (nd_is_worth_judging(s->common, s->size_a, s->size_b) ||
            nd_match_classify(s, &m->options->rule) != ND_MATCH_NONE);
}

/* Coverage and score of each pair that is worth it. */
static nd_status judge(const matching *m, const nd_allocator *a)
{
    size_t num = 0;
    nd_document_pair *const judged = nd_alloc(a, m->num, sizeof *judged);
    nd_verdict *const verdicts = nd_alloc(a, m->num, sizeof *verdicts);
    nd_status status = judged && verdicts ? ND_OK : ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < m->num && status == ND_OK; i++)
        if (is_judged(m, i))
            judged[num++] = m->pairs[i];
    if (status == ND_OK)
        status = nd_judge_pairs(m->texts->batch, m->options->repairs, m->options->folds, judged,
                                num, m->options->num_threads, a, verdicts);
    for (size_t i = 0, at = 0; i < m->num && status == ND_OK; i++) {
        nd_matched_pair *const out = &m->out[i];
        if (is_copy(m, i)) {
            out->coverage = (nd_coverage){1, 1};
            out->score = 1;
        } else if (is_judged(m, i)) {
            out->coverage = (nd_coverage){verdicts[at].a_covered, verdicts[at].b_covered};
            out->score = verdicts[at++].score;
        }
    }
    nd_release(a, judged);
    nd_release(a, verdicts);
    return status;
}

nd_status nd_match_pairs(const nd_matched_texts *texts, const nd_scan_options *options,
                         const nd_document_pair *pairs, size_t num, const nd_allocator *allocator,
                         nd_matched_pair *matched, nd_error *error)
{
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_scan_options full;
    nd_plan plan;
    nd_status status = nd_scan_settle(options, &full, &plan, error);
    if (status != ND_OK)
        return status;
    if (full.coverage > 0)
        return nd_error_set(error, ND_ERR_UNSUPPORTED,
                            "'coverage' depends on all documents of a scan");
    if (full.score > 0 && (!texts->batch || !texts->digests))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'score' needs texts and digests");
    if (full.num_threads == 0)
        full.num_threads = nd_num_processors();
    const matching m = {texts, &full, pairs, num, matched};
    status = nd_threads_for(&a, full.num_threads, (num + PAIRS_A_TASK - 1) / PAIRS_A_TASK,
                            compare_task, (void *)&m);
    if (status == ND_OK && full.score > 0)
        status = judge(&m, &a);
    if (status != ND_OK)
        return nd_error_set(error, status, "%s", nd_status_message(status));
    for (size_t i = 0; i < num; i++) {
        nd_matched_pair *const out = &matched[i];
        out->kind = full.score > 0 && out->score >= full.score
                        ? nd_match_classify_covered(&out->similarity, &full.rule, &out->coverage, 0)
                        : nd_match_classify(&out->similarity, &full.rule);
    }
    return ND_OK;
}

nd_matched_pair nd_matched_pair_reversed(const nd_matched_pair *pair)
{
    const nd_similarity *const s = &pair->similarity;
    return (nd_matched_pair){.kind = nd_match_kind_reversed(pair->kind),
                             .similarity =
                                 nd_similarity_from_counts(s->size_b, s->size_a, s->common),
                             .coverage = {pair->coverage.b_in_a, pair->coverage.a_in_b},
                             .score = pair->score};
}
