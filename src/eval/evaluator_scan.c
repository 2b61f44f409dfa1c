/* Scans of an evaluator's documents: what they find, the exact join, and the pairs they get wrong.
 */
#include <stdlib.h>

#include "eval/evaluator.h"
#include "neardup/exact_join.h"
#include "util/error.h"

/* An nd_pair_fn. The tags are the numbers of the ids, whatever the scan calls documents of one id.
 */
static nd_status take_pair(void *ctx, const nd_pair *pair)
{
    nd_evaluator *const e = ctx;
    return nd_pair_list_add(&e->found, (uint32_t)pair->a.tag, (uint32_t)pair->b.tag);
}

typedef struct group_taking {
    nd_evaluator *evaluator;
    ND_VEC(uint32_t) numbers; /* of the group at work */
} group_taking;

/* An nd_group_fn. */
static nd_status take_group(void *ctx, const nd_group *group)
{
    group_taking *const t = ctx;
    nd_evaluator *const e = t->evaluator;
    t->numbers.len = 0;
    const nd_status status = ND_VEC_RESERVE(&e->allocator, &t->numbers, group->num_members + 1);
    if (status != ND_OK)
        return status;
    t->numbers.items[t->numbers.len++] = (uint32_t)group->representative.tag;
    for (size_t i = 0; i < group->num_members; i++)
        t->numbers.items[t->numbers.len++] = (uint32_t)group->members[i].id.tag;
    return nd_evaluator_add_group(e, t->numbers.items, t->numbers.len);
}

static nd_status take_found(nd_evaluator *e, nd_scan *scan, nd_scan_output output)
{
    if (output == ND_SCAN_PAIRS)
        return nd_scan_each_pair(scan, take_pair, e);
    nd_evaluator_begin_groups(e);
    group_taking taking = {.evaluator = e};
    const nd_status status = nd_scan_each_group(scan, take_group, &taking);
    ND_VEC_RELEASE(&e->allocator, &taking.numbers);
    return status;
}

static nd_status scan_corpus(nd_evaluator *e, const nd_scan_options *options, nd_evaluation *out,
                             nd_error *error)
{
    nd_scan *scan = NULL;
    nd_corpus_reading reading;
    const nd_source source = nd_corpus_source(&e->corpus, &reading);
    nd_evaluator_clear_found(e);
    nd_status status = nd_scan_new(options, &e->allocator, &scan, error);
    if (status == ND_OK)
        status = nd_scan_add_source(scan, &source, error);
    if (status == ND_OK)
        status = nd_scan_finish(scan, error);
    if (status == ND_OK)
        status = take_found(e, scan, options->output);
    if (status == ND_OK)
        out->stats = nd_scan_stats_get(scan);
    nd_scan_free(scan);
    return status;
}

typedef struct join_collector {
    const nd_corpus *corpus;
    nd_pair_list *lists; /* one a thread */
} join_collector;

/* An nd_joined_pair_fn. */
static nd_status take_joined(void *ctx, uint32_t worker, size_t i, size_t j,
                             const nd_similarity *similarity)
{
    (void)similarity;
    const join_collector *const c = ctx;
    return nd_pair_list_add(&c->lists[worker], c->corpus->id_of[i], c->corpus->id_of[j]);
}

/* Fills e->joined with every pair of documents that reaches a threshold. */
static nd_status join_corpus(nd_evaluator *e, const nd_exact_join_options *options)
{
    join_collector c = {.corpus = &e->corpus};
    nd_pair_list_clear(&e->joined);
    c.lists = nd_alloc_zeroed(&e->allocator, options->num_threads, sizeof *c.lists);
    if (!c.lists)
        return ND_ERR_NO_MEMORY;
    for (uint32_t w = 0; w < options->num_threads; w++)
        c.lists[w].allocator = &e->allocator;
    nd_status status = nd_exact_join(&e->sets.list, options, take_joined, &c);
    for (uint32_t w = 0; w < options->num_threads; w++) {
        if (status == ND_OK)
            status = nd_pair_list_append(&e->joined, &c.lists[w]);
        nd_pair_list_release(&c.lists[w]);
    }
    nd_release(&e->allocator, c.lists);
    if (status == ND_OK)
        status = nd_pair_list_sort(&e->joined);
    if (status == ND_OK)
        nd_pair_list_subtract(&e->joined, &e->told.ignored);
    return status;
}

static nd_status find_truth(nd_evaluator *e, const nd_scan_options *options)
{
    const uint32_t num_threads = options->num_threads ? options->num_threads : nd_num_processors();
    nd_exact_join_options join;
    nd_exact_join_options_init(&join);
    join.jaccard = options->rule.jaccard;
    join.containment = options->rule.containment;
    join.num_threads = num_threads;
    join.progress = options->progress;
    join.progress_ctx = options->progress_ctx;
    join.allocator = &e->allocator;
    nd_status status = nd_truth_store_settle(&e->told);
    if (status == ND_OK)
        status = nd_corpus_sets_make(&e->sets, &e->corpus, options, num_threads);
    if (status == ND_OK && e->truth_kind == ND_TRUTH_EXACT)
        status = join_corpus(e, &join);
    return status;
}

static void count_bands(const nd_evaluator *e, nd_evaluation *out)
{
    const nd_pair_list *const truth = nd_evaluator_true_pairs(e);
    for (size_t i = 0, at = 0; i < truth->pairs.len; i++) {
        const uint64_t pair = truth->pairs.items[i];
        const nd_similarity similarity =
            nd_corpus_sets_compare(&e->sets, &e->corpus, nd_pair_low(pair), nd_pair_high(pair));
        nd_band_count *const band = &out->bands[nd_band_of(similarity.jaccard)];
        band->pairs_true++;
        band->true_positives += nd_pair_list_meets(&e->found, pair, &at);
    }
}

static const char *why_not_scanned(const nd_evaluator *e, const nd_scan_options *options)
{
    if (!e->found_label)
        return "the evaluator is not sealed";
    if (e->corpus.texts != ND_TEXTS_KEEP)
        return "the evaluator does not keep texts";
    if (e->truth_kind == ND_TRUTH_EXACT && nd_scan_options_has_coverage(options))
        return "the exact join knows no coverage and no score";
    return NULL;
}

/* What the scan said of it, or else what the status means here. */
static nd_status tell_failure(nd_error *error, nd_status status, const nd_error *failure)
{
    if (failure->message[0])
        return nd_error_set(error, status, "%s", failure->message);
    if (status == ND_ERR_LIMIT)
        return nd_error_set(error, status, "more than %zu pairs, true or found, cannot be compared",
                            ND_EVALUATION_MAX_PAIRS);
    return nd_error_set(error, status, "%s", nd_status_message(status));
}

nd_status nd_evaluator_scan(nd_evaluator *evaluator, const nd_scan_options *options,
                            nd_evaluation *out, nd_error *error)
{
    nd_evaluator *const e = evaluator;
    *out = (nd_evaluation){0};
    const char *const reason = why_not_scanned(e, options);
    if (reason)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "%s", reason);
    nd_error failure = {0};
    nd_status status = scan_corpus(e, options, out, &failure);
    if (status == ND_OK)
        status = find_truth(e, options);
    if (status == ND_OK)
        status = nd_evaluator_compare(e, out);
    if (status != ND_OK) {
        nd_evaluation_release(e, out);
        return tell_failure(error, status, &failure);
    }
    count_bands(e, out);
    e->compares_containment =
        options->rule.containment > 0 || nd_scan_options_has_coverage(options);
    e->is_scanned = true;
    return ND_OK;
}

/* --- what was wrong --- */

typedef struct wrong_pair {
    uint64_t pair;
    double badness; /* the larger, the worse */
} wrong_pair;

typedef ND_VEC(wrong_pair) wrong_vec;

/* The pairs of one list that are not in the other. */
static nd_status collect_wrong(const nd_evaluator *e, nd_wrong which, wrong_vec *wrong)
{
    const nd_pair_list *const from =
        which == ND_WRONG_FALSE ? &e->found : nd_evaluator_true_pairs(e);
    const nd_pair_list *const other =
        which == ND_WRONG_FALSE ? nd_evaluator_true_pairs(e) : &e->found;
    for (size_t i = 0, at = 0; i < from->pairs.len; i++) {
        const uint64_t pair = from->pairs.items[i];
        if (nd_pair_list_meets(other, pair, &at))
            continue;
        const nd_status status = ND_VEC_RESERVE(&e->allocator, wrong, 1);
        if (status != ND_OK)
            return status;
        const nd_similarity s =
            nd_corpus_sets_compare(&e->sets, &e->corpus, nd_pair_low(pair), nd_pair_high(pair));
        const double similarity = !e->compares_containment ? s.jaccard
                                  : s.a_in_b > s.b_in_a    ? s.a_in_b
                                                           : s.b_in_a;
        wrong->items[wrong->len++] =
            (wrong_pair){pair, which == ND_WRONG_FALSE ? -similarity : similarity};
    }
    return ND_OK;
}

static int compare_badness(const void *left, const void *right)
{
    const wrong_pair *const a = left, *const b = right;
    if (a->badness != b->badness)
        return (a->badness < b->badness) - (a->badness > b->badness);
    return (a->pair > b->pair) - (a->pair < b->pair);
}

static nd_wrong_pair shown_pair(const nd_evaluator *e, uint64_t pair)
{
    const uint32_t a = nd_pair_low(pair), b = nd_pair_high(pair);
    const nd_label *const label = nd_truth_store_label(&e->told, pair);
    nd_wrong_pair shown = {.a = nd_corpus_document(&e->corpus, a),
                           .b = nd_corpus_document(&e->corpus, b),
                           .similarity = nd_corpus_sets_compare(&e->sets, &e->corpus, a, b)};
    if (label && label->kind != (uint32_t)ND_NO_KIND) {
        shown.kind = e->told.kinds.items[label->kind].p;
        shown.kind_len_bytes = e->told.kinds.items[label->kind].len_bytes;
    }
    return shown;
}

nd_status nd_evaluator_each_wrong(const nd_evaluator *evaluator, nd_wrong which, size_t most,
                                  nd_wrong_pair_fn each, void *ctx)
{
    const nd_evaluator *const e = evaluator;
    if (!e->is_scanned)
        return ND_ERR_INVALID_ARGUMENT;
    wrong_vec wrong = {0};
    nd_status status = collect_wrong(e, which, &wrong);
    if (status == ND_OK && wrong.len > 1)
        qsort(wrong.items, wrong.len, sizeof *wrong.items, compare_badness);
    for (size_t i = 0; i < wrong.len && i < most && status == ND_OK; i++) {
        const nd_wrong_pair shown = shown_pair(e, wrong.items[i].pair);
        status = each(ctx, &shown);
    }
    ND_VEC_RELEASE(&e->allocator, &wrong);
    return status;
}
