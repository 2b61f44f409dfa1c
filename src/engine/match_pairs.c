/* What a scan reports of pairs of texts, for those who make a scan from its parts. */
#include <stdbool.h>

#include "engine/scan_options.h"
#include "neardup/batch.h"
#include "neardup/document_map.h"
#include "neardup/verdict.h"
#include "neardup/verify.h"
#include "util/error.h"
#include "util/threads.h"

enum {
    PAIRS_A_TASK = 256,
    LEAST_SHARE = 10, /* as of engine/coverage_matcher.c */
};

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

/* As is_worth_judging of engine/coverage_matcher.c says. */
static bool is_judged(const matching *m, size_t i)
{
    const nd_similarity *const s = &m->out[i].similarity;
    const uint64_t smaller = s->size_a < s->size_b ? s->size_a : s->size_b;
    return s->common > 0 && !is_copy(m, i) &&
           (s->common * LEAST_SHARE >= smaller ||
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
